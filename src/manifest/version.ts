/**
 * An immutable picture of all levels. Every flush and compaction makes the next one out of the last and an
 * edit; readers keep the one they began with. It knows segments by their metadata alone: opening files is the
 * business of the store.
 */
import { invariant } from '../invariant.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { type KeyBounds, Level, Run } from './level.ts'

/** What {@link Version.apply} reads of a VersionEdit. */
export interface SegmentChanges {
  readonly added: readonly AddedSegment[]
  /** Numbers of segments. */
  readonly removed: readonly number[]
}

/** A segment and its place. */
export interface AddedSegment {
  readonly level: number
  readonly run: number
  readonly meta: SegmentMeta
}

/** A run with the level that it lies on. */
export interface PlacedRun {
  readonly level: number
  readonly run: Run
}

export class Version {
  static readonly empty: Version = new Version([])

  /** `levels[n].number` is n; the last one is not empty. */
  readonly levels: readonly Level[]

  private constructor(levels: readonly Level[]) {
    this.levels = levels
  }

  /**
   * The picture after `changes`; this one stays as it is. What is removed goes first, so that one edit can move
   * a segment. Runs that nothing changes are the same objects in both.
   *
   * @throws {InvariantError} when segments of a run would overlap, a removed segment is not there, or a number
   * appears twice.
   */
  apply(changes: SegmentChanges): Version {
    const removed = new Set(changes.removed)
    invariant(removed.size === changes.removed.length, 'an edit removes a segment once')
    const table = new RunTable()
    for (const level of this.levels) {
      for (const run of level.runs) table.keep(level.number, run, removed)
    }
    invariant(removed.size === 0, `removed segments are there: ${[...removed].join(', ')}`)
    for (const { level, run, meta } of changes.added) table.add(level, run, meta)
    return new Version(table.levels())
  }

  /** The level, empty when nothing lies there. */
  level(number: number): Level {
    return this.levels[number] ?? new Level(number, [])
  }

  get segmentCount(): number {
    return this.levels.reduce((sum, level) => sum + level.segments.length, 0)
  }

  get sizeBytes(): number {
    return this.levels.reduce((sum, level) => sum + level.sizeBytes, 0)
  }

  /** Every run, newest first: the order in which a get looks. */
  get runs(): PlacedRun[] {
    return this.levels.flatMap((level) => level.runs.map((run) => ({ level: level.number, run })))
  }

  /** Every segment, those of newer runs first. */
  get segments(): SegmentMeta[] {
    return this.levels.flatMap((level) => level.segments)
  }

  /** The segments that may hold a key of `bounds`, those of newer runs first. */
  overlapping(bounds: KeyBounds): SegmentMeta[] {
    return this.levels.flatMap((level) => level.runs.flatMap((run) => run.overlapping(bounds)))
  }
}

/** The next picture while it is put together. */
class RunTable {
  readonly #levels: Map<number, Run | SegmentMeta[]>[] = []
  readonly #numbers = new Set<number>()

  /** Takes over a run less the segments in `removed`, whose numbers it takes out of the set. */
  keep(level: number, run: Run, removed: Set<number>): void {
    const left = run.segments.filter((segment) => !removed.delete(segment.number))
    for (const segment of left) this.#claim(segment)
    if (left.length === 0) return
    this.#level(level).set(run.number, left.length === run.segments.length ? run : left)
  }

  add(level: number, run: number, meta: SegmentMeta): void {
    this.#claim(meta)
    const runs = this.#level(level)
    const found = runs.get(run)
    if (found === undefined) runs.set(run, [meta])
    else if (found instanceof Run) runs.set(run, [...found.segments, meta])
    else found.push(meta)
  }

  levels(): Level[] {
    const levels = this.#levels.map((runs, number) => {
      const built = [...runs].map(([run, content]) =>
        content instanceof Run ? content : new Run(run, content),
      )
      return new Level(number, built)
    })
    while (levels.at(-1)?.runs.length === 0) levels.pop()
    return levels
  }

  #claim(meta: SegmentMeta): void {
    invariant(!this.#numbers.has(meta.number), `segment ${meta.number} is there once`)
    this.#numbers.add(meta.number)
  }

  #level(number: number): Map<number, Run | SegmentMeta[]> {
    while (this.#levels.length <= number) this.#levels.push(new Map())
    return this.#levels[number] as Map<number, Run | SegmentMeta[]>
  }
}
