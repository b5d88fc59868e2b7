/**
 * Runs and levels: how the segments of a store lie. A run is a list of segments that do not overlap, sorted by
 * key; a level is a list of runs, newest first. Everything here is immutable plain data, so that a picture of
 * the store can be kept by a reader for as long as it likes.
 *
 * Age decides what a reader sees. For one user key, all that a shallower level holds is newer than all that a
 * deeper one holds, and within a level all that a run with a higher number holds is newer.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import { describeBytes } from '../bytes/describe-bytes.ts'
import { invariant } from '../invariant.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'

/** All keys from one to another, both included. A `SegmentMeta` is one. */
export interface KeyInterval {
  readonly smallestKey: Uint8Array
  readonly largestKey: Uint8Array
}

/** An interval that may be open at either end; an absent bound means "from the first" or "to the last". */
export type KeyBounds = Partial<KeyInterval>

/** Whether two intervals have a key in common, or could have one. */
export function overlaps(a: KeyBounds, b: KeyBounds): boolean {
  return !liesBefore(a, b) && !liesBefore(b, a)
}

function liesBefore(a: KeyBounds, b: KeyBounds): boolean {
  if (a.largestKey === undefined || b.smallestKey === undefined) return false
  return compareBytes(a.largestKey, b.smallestKey) < 0
}

/** The least interval that holds all of `intervals`; `undefined` when there are none. */
export function hullOf(intervals: readonly KeyInterval[]): KeyInterval | undefined {
  const first = intervals[0]
  if (first === undefined) return undefined
  let { smallestKey, largestKey } = first
  for (const each of intervals) {
    if (compareBytes(each.smallestKey, smallestKey) < 0) smallestKey = each.smallestKey
    if (compareBytes(each.largestKey, largestKey) > 0) largestKey = each.largestKey
  }
  return { smallestKey, largestKey }
}

export class Run {
  /** Higher is newer, within a level. */
  readonly number: number
  /** By key, not overlapping, never empty. */
  readonly segments: readonly SegmentMeta[]
  readonly sizeBytes: number

  /** `segments` in any order. Throws `InvariantError` when two of them overlap in user keys. */
  constructor(number: number, segments: readonly SegmentMeta[]) {
    invariant(segments.length > 0, `run ${number} has segments`)
    this.number = number
    this.segments = [...segments].sort((a, b) => compareBytes(a.smallestKey, b.smallestKey))
    this.sizeBytes = sizeOf(segments)
    checkDisjoint(this)
  }

  /** The segments that have a key of `bounds` in their interval, by key. */
  overlapping(bounds: KeyBounds): readonly SegmentMeta[] {
    const first = this.#firstReaching(bounds.smallestKey)
    let end = first
    while (end < this.segments.length && overlaps(this.segments[end] as SegmentMeta, bounds)) end += 1
    return this.segments.slice(first, end)
  }

  /** The index of the first segment that ends at or after `key`. */
  #firstReaching(key: Uint8Array | undefined): number {
    if (key === undefined) return 0
    let low = 0
    let high = this.segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes((this.segments[middle] as SegmentMeta).largestKey, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

export class Level {
  /** 0 is where flushes arrive. */
  readonly number: number
  /** Newest first. */
  readonly runs: readonly Run[]
  readonly sizeBytes: number

  /** `runs` in any order. Throws `InvariantError` when two bear one number. */
  constructor(number: number, runs: readonly Run[]) {
    this.number = number
    this.runs = [...runs].sort((a, b) => b.number - a.number)
    this.sizeBytes = runs.reduce((sum, run) => sum + run.sizeBytes, 0)
    const numbers = new Set(runs.map((run) => run.number))
    invariant(numbers.size === runs.length, `the runs of level ${number} bear different numbers`)
  }

  /** All segments, those of the newest run first. */
  get segments(): SegmentMeta[] {
    return this.runs.flatMap((run) => run.segments)
  }
}

/** Bytes on disk of some segments. */
export function sizeOf(segments: readonly SegmentMeta[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
}

function checkDisjoint(run: Run): void {
  for (let i = 0; i < run.segments.length; i += 1) {
    const segment = run.segments[i] as SegmentMeta
    const { smallestKey, largestKey } = segment
    invariant(compareBytes(smallestKey, largestKey) <= 0, `segment ${segment.number} ends after it begins`)
    const before = run.segments[i - 1]
    if (before === undefined) continue
    invariant(
      compareBytes(before.largestKey, smallestKey) < 0,
      `segments ${before.number} (to ${describeBytes(before.largestKey)}) and ${segment.number} ` +
        `(from ${describeBytes(smallestKey)}) of run ${run.number} do not overlap`,
    )
  }
}
