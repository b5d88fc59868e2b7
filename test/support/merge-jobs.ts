/** Flush and compaction jobs over a folder, with plain entries going in and coming out. */
import { DeeperRuns } from '../../src/compaction/deeper-runs.ts'
import type { CompactionJob, FlushJob, MergeJob, MergeResult } from '../../src/compaction/merge-job.ts'
import type { StepBudget } from '../../src/compaction/merge-runner.ts'
import { startMerge } from '../../src/compaction/start-merge.ts'
import { Survivors } from '../../src/compaction/survivors.ts'
import { joinPath, segmentFileName } from '../../src/fs/file-names.ts'
import type { FileSystem } from '../../src/fs/file-system.ts'
import { type Arena, createOwnArena } from '../../src/kernel/memory-pool.ts'
import { MemTable } from '../../src/memtable/mem-table.ts'
import { BlockCache } from '../../src/segment/block-cache.ts'
import { IndexBudget } from '../../src/segment/index-budget.ts'
import { Segment } from '../../src/segment/segment.ts'
import type { SegmentMeta } from '../../src/segment/segment-meta.ts'
import { systemClock } from '../../src/time/clock.ts'
import { collect, loadBlocking, type PlainEntry, sortEntries, viewOf } from './entries.ts'
import { tinyBlocks } from './segments.ts'
import { putIntoTable } from './table-model.ts'

export const directory = '/store'
export const unlimited: StepBudget = { durationMs: Infinity, bytes: Infinity }
/** Segments of a few hundred bytes. */
export const tinySegments: MergeJob['segmentSettings'] = { ...tinyBlocks, segmentSizeBytes: 600 }

/** A sealed MemTable with these entries. */
export function arenaOf(entries: readonly PlainEntry[]): Arena {
  const bySequence = [...entries].sort((a, b) => a.sequenceNumber - b.sequenceNumber)
  const table = MemTable.create(createOwnArena(1024 * 1024), bySequence[0]?.sequenceNumber ?? 1)
  for (const entry of bySequence) putIntoTable(table, entry)
  return table.arena
}

export function flushJob(arenas: readonly Arena[], rest: Partial<FlushJob> = {}): FlushJob {
  return {
    kind: 'flush',
    arenas,
    directory,
    liveSequences: [2 ** 47],
    deeperIntervals: [],
    segmentSettings: tinySegments,
    outputNumbers: { first: 100, count: 1000 },
    ...rest,
  }
}

export function compactionJob(
  inputs: readonly (readonly SegmentMeta[])[],
  rest: Partial<CompactionJob> = {},
): CompactionJob {
  return {
    kind: 'compaction',
    inputs,
    grandparents: [],
    directory,
    liveSequences: [2 ** 47],
    deeperIntervals: [],
    segmentSettings: tinySegments,
    outputNumbers: { first: 5000, count: 1000 },
    ...rest,
  }
}

/** Carries the job out in one go. */
export function runWhole(job: MergeJob, fs: FileSystem): MergeResult {
  const runner = startMerge(job, fs, systemClock)
  while (!runner.step(unlimited)) {}
  return runner.result()
}

/** Every entry of the segments, one segment behind the other. */
export async function entriesIn(
  fs: FileSystem,
  metas: readonly SegmentMeta[],
  folder: string = directory,
): Promise<PlainEntry[]> {
  const entries: PlainEntry[] = []
  for (const meta of metas) {
    const caches = { blocks: new BlockCache(0), indexes: new IndexBudget(0) }
    const segment = Segment.open(fs, joinPath(folder, segmentFileName(meta.number)), meta, caches)
    const cursor = segment.cursor({ reverse: false, sequenceLimit: Infinity, allVersions: true })
    entries.push(...(await collect(cursor, () => cursor.rewind(), loadBlocking)))
    await segment.close()
  }
  return entries
}

/** What a merge of these entries leaves. */
export function survivorsOf(entries: readonly PlainEntry[], job: MergeJob): PlainEntry[] {
  const survivors = new Survivors(job.liveSequences, new DeeperRuns(job.deeperIntervals))
  return sortEntries(entries).filter((entry) => survivors.keeps(viewOf(entry)))
}

export async function namesIn(fs: FileSystem, folder: string = directory): Promise<string[]> {
  return (await fs.list(folder)).map(({ name }) => name).sort()
}
