/**
 * What reads look at: the MemTables and the segments, newest first. An immutable picture; every rotation, flush
 * and compaction puts another in its place, with a higher generation. Reads work synchronously on the current
 * one and let it go at the end of each step; those that wait for the disk in between hold theirs.
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { Segment } from '../segment/segment.ts'

/** Segments that do not overlap, by key. */
export class SegmentRun {
  readonly level: number
  readonly segments: readonly Segment[]

  constructor(level: number, segments: readonly Segment[]) {
    this.level = level
    this.segments = segments
  }

  /** The one segment that may hold the key. */
  segmentFor(key: Uint8Array, keyStart: number, keyLength: number): Segment | undefined {
    const { segments } = this
    const keyEnd = keyStart + keyLength
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      const { largestKey } = segments[middle] as Segment
      if (compareRanges(largestKey, 0, largestKey.length, key, keyStart, keyEnd) < 0) low = middle + 1
      else high = middle
    }
    const segment = segments[low] as Segment
    const { smallestKey, largestKey } = segment
    if (compareRanges(smallestKey, 0, smallestKey.length, key, keyStart, keyEnd) > 0) return undefined
    if (compareRanges(largestKey, 0, largestKey.length, key, keyStart, keyEnd) < 0) return undefined
    return segment
  }
}

export class ReadView {
  /** Goes up with each picture. */
  readonly generation: number
  /** Newest first; the first one is active. */
  readonly tables: readonly MemTable[]
  /** Newest first. */
  readonly runs: readonly SegmentRun[]
  /** Reads that wait for the disk and go on with this picture. */
  holdCount = 0

  constructor(generation: number, tables: readonly MemTable[], runs: readonly SegmentRun[]) {
    this.generation = generation
    this.tables = tables
    this.runs = runs
  }

  get active(): MemTable {
    return this.tables[0] as MemTable
  }

  get segments(): Segment[] {
    return this.runs.flatMap((run) => run.segments)
  }
}
