/**
 * A flush or a compaction as plain data, so that it can be carried out in this thread or sent to another: both
 * read sorted entries from several places, drop what nobody can see, and write segments.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { SegmentSettings } from '../segment/segment-settings.ts'
import type { Grandparent } from './compaction-plan.ts'
import type { DeeperIntervals } from './deeper-runs.ts'

interface MergeJobBase {
  /** The store's folder, where inputs are and outputs go. */
  readonly directory: string
  /** Ascending, each once; the published sequence number at the start of the job is the last. */
  readonly liveSequences: readonly SequenceNumber[]
  /**
   * What is older than the output and may hold its keys. For a flush: all segments, and nothing but segments
   * may be older, so that older MemTables are flushed before it or with it.
   */
  readonly deeperIntervals: DeeperIntervals
  readonly segmentSettings: SegmentSettings
  /** File numbers for the outputs, never used for anything else whatever comes of the job. */
  readonly outputNumbers: NumberRange
}

export interface NumberRange {
  readonly first: number
  readonly count: number
}

/** Writes MemTables, of which nobody appends to any more, as one run. */
export interface FlushJob extends MergeJobBase {
  readonly kind: 'flush'
  /** Newest first; each holds a MemTable with a visible limit of its own. */
  readonly arenas: readonly Arena[]
}

export interface CompactionJob extends MergeJobBase {
  readonly kind: 'compaction'
  /** For each run its segments by key; newest run first. */
  readonly inputs: readonly (readonly SegmentMeta[])[]
  /** Segments of the level below the output, by key: outputs are cut so that none overlaps many of them. */
  readonly grandparents: readonly Grandparent[]
}

export type MergeJob = FlushJob | CompactionJob

export interface MergeResult {
  /** The new segments by key, synced and closed; none when nothing outlived the merge. */
  readonly added: readonly SegmentMeta[]
  /** Size of the segments read; of a flush, the bytes of the entries. */
  readonly bytesRead: number
  /** Size of the segments written. */
  readonly bytesWritten: number
  readonly entriesRead: number
  readonly entriesDropped: number
}

/** How far a job is. */
export interface MergeProgress {
  /** Bytes of keys and values looked at. */
  readonly entryBytes: number
  readonly bytesWritten: number
}

/** More than what a single entry takes in a plain segment besides its bytes: its block, its places in the indexes. */
const entryOverheadBytesMax = 64

/** What the segments would take at most if nothing in them was compressed; keys may stand in the block index, too. */
export function plainBytesMax(segments: readonly SegmentMeta[]): number {
  let bytes = 0
  for (const { keyBytes, valueBytes, entryCount } of segments) {
    bytes += 2 * keyBytes + valueBytes + entryCount * entryOverheadBytesMax
  }
  return bytes
}

/**
 * How many file numbers a job over `inputBytes` needs at most; these are bytes of plain blocks, since entries that
 * were compressed may be written as they are. Generous, because numbers cost nothing.
 */
export function outputNumberCount(
  inputBytes: number,
  { segmentSizeBytes, blockSizeBytes, blockCountMax }: SegmentSettings,
  grandparentCount: number = 0,
): number {
  // A block is closed before an entry that would not fit: two neighbours are more than one full block.
  const leastSegmentBytes = Math.min(segmentSizeBytes, (blockCountMax * blockSizeBytes) / 2)
  return Math.ceil((4 * inputBytes) / leastSegmentBytes) + grandparentCount + 8
}
