/**
 * Keeps the current ReadView, makes the next one at each change, and knows which segments nothing needs any
 * more: those of no current and no held picture.
 */
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import type { Version } from '../manifest/version.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import { Segment } from '../segment/segment.ts'
import type { SegmentCaches } from '../segment/segment-caches.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { ReadView, SegmentRun } from './read-view.ts'

export interface ViewKeeperParts {
  readonly fs: FileSystem
  readonly directory: string
  readonly caches: SegmentCaches
  /** Segments that no picture names any more: close and remove them. */
  readonly onObsolete: (segments: readonly Segment[]) => void
}

export class ViewKeeper {
  readonly #parts: ViewKeeperParts
  #current: ReadView
  /** Pictures that are no longer current but still held, oldest first. */
  #held: ReadView[] = []
  /** Segments that the current picture does not name, until no held one does. */
  #retired: Segment[] = []

  constructor(parts: ViewKeeperParts, tables: readonly MemTable[], version: Version) {
    this.#parts = parts
    this.#current = new ReadView(0, tables, this.#openRuns(version, new Map()))
  }

  get current(): ReadView {
    return this.#current
  }

  /** Puts other MemTables in the picture. */
  setTables(tables: readonly MemTable[]): void {
    this.#replace(new ReadView(this.#current.generation + 1, tables, this.#current.runs))
  }

  /** Puts another Version, and the MemTables that are left, in the picture. */
  setVersion(version: Version, tables: readonly MemTable[]): void {
    const before = this.#current
    const open = new Map(before.segments.map((segment) => [segment.number, segment]))
    const next = new ReadView(before.generation + 1, tables, this.#openRuns(version, open))
    const kept = new Set(next.segments)
    this.#retired.push(...before.segments.filter((segment) => !kept.has(segment)))
    this.#replace(next)
  }

  /** Keeps the current picture's segments open until `release`. */
  hold(): ReadView {
    this.#current.holdCount++
    return this.#current
  }

  release(view: ReadView): void {
    view.holdCount--
    if (view.holdCount === 0) this.#sweep()
  }

  #replace(next: ReadView): void {
    if (this.#current.holdCount > 0) this.#held.push(this.#current)
    this.#current = next
    this.#sweep()
  }

  /** Hands over what no picture names any more. */
  #sweep(): void {
    this.#held = this.#held.filter((view) => view.holdCount > 0)
    if (this.#retired.length === 0) return
    const needed = new Set(this.#held.flatMap((view) => view.segments))
    const obsolete = this.#retired.filter((segment) => !needed.has(segment))
    if (obsolete.length === 0) return
    this.#retired = this.#retired.filter((segment) => needed.has(segment))
    this.#parts.onObsolete(obsolete)
  }

  #openRuns(version: Version, open: ReadonlyMap<number, Segment>): SegmentRun[] {
    return version.runs.map(
      ({ level, run }) =>
        new SegmentRun(
          level,
          run.segments.map((meta) => open.get(meta.number) ?? this.#open(meta)),
        ),
    )
  }

  #open(meta: SegmentMeta): Segment {
    const { fs, directory, caches } = this.#parts
    return Segment.open(fs, joinPath(directory, segmentFileName(meta.number)), meta, caches)
  }
}
