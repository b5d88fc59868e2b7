/** Where the entries of a merge come from: one cursor over all MemTables or runs of a job. */
import { sequenceNumberMax } from '../entry/entry.ts'
import type { CursorOptions, EntryCursor } from '../entry/entry-cursor.ts'
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { Files } from '../fs/file-system.ts'
import { ConcatCursor, type CursorSource } from '../iterate/concat-cursor.ts'
import { MergeCursor } from '../iterate/merge-cursor.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { BlockCache } from '../segment/block-cache.ts'
import { IndexBudget } from '../segment/index-budget.ts'
import { Segment } from '../segment/segment.ts'
import type { SegmentCaches } from '../segment/segment-caches.ts'
import { scanAccess } from '../segment/segment-cursor.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { MergeJob } from './merge-job.ts'

/** Every entry of every source; what a MemTable hides from all readers stays hidden. */
const allEntries: CursorOptions = { reverse: false, sequenceLimit: sequenceNumberMax, allVersions: true }

export interface MergeSource {
  readonly cursor: EntryCursor
  /** Lets go of all files; the cursor must not move any more. */
  close(): void
}

/** Reads nothing yet: files are opened by the cursor's moves. */
export function openMergeSource(job: MergeJob, fs: Files): MergeSource {
  if (job.kind === 'flush') {
    const cursors = job.arenas.map((arena) => MemTable.attach(arena).cursor(allEntries))
    return { cursor: merged(cursors), close: () => {} }
  }
  const runs = job.inputs.map((segments) => new InputRun(fs, job.directory, segments))
  return {
    cursor: merged(runs.map((run) => new ConcatCursor(run.sources, allEntries))),
    close: () => {
      for (const run of runs) run.close()
    },
  }
}

function merged(cursors: readonly EntryCursor[]): EntryCursor {
  const [only] = cursors
  return only !== undefined && cursors.length === 1 ? only : new MergeCursor(cursors, allEntries)
}

/** The segments of a run, read once from first to last: one at a time is open, without cache and hash index. */
class InputRun {
  readonly sources: readonly CursorSource[]
  readonly #fs: Files
  readonly #directory: string
  readonly #caches: SegmentCaches = { blocks: new BlockCache(0), indexes: new IndexBudget(0) }
  #open: Segment | undefined

  constructor(fs: Files, directory: string, segments: readonly SegmentMeta[]) {
    this.#fs = fs
    this.#directory = directory
    this.sources = segments.map((meta) => ({
      smallestKey: meta.smallestKey,
      largestKey: meta.largestKey,
      cursor: (options: CursorOptions): EntryCursor => this.#openNext(meta).cursor(options, scanAccess),
    }))
  }

  close(): void {
    this.#open?.closeSync()
    this.#open = undefined
  }

  #openNext(meta: SegmentMeta): Segment {
    this.close()
    const path = joinPath(this.#directory, segmentFileName(meta.number))
    this.#open = Segment.open(this.#fs, path, meta, this.#caches)
    return this.#open
  }
}
