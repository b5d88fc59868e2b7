/** What `status()` tells: plain data, one moment, no I/O. Sizes in bytes, times in milliseconds. */
import type { Durability } from './key-value-store.ts'

export interface SegmentStatus {
  readonly number: number
  readonly run: number
  readonly sizeBytes: number
  /** Of all keys and values in it; more than `sizeBytes` where they compress well. */
  readonly entryBytes: number
  readonly entryCount: number
  readonly tombstoneCount: number
  readonly smallestKey: Uint8Array
  readonly largestKey: Uint8Array
  readonly smallestSequence: number
  readonly largestSequence: number
  /** What of its index is in memory. */
  readonly index: 'not loaded' | 'hash' | 'filter' | 'blocks'
}

export interface LevelStatus {
  readonly level: number
  readonly runCount: number
  readonly sizeBytes: number
  /** Of all keys and values in it; more than `sizeBytes` where they compress well. */
  readonly entryBytes: number
  /** The size past which the level is compacted, or `undefined` where runs are counted instead. */
  readonly targetBytes: number | undefined
  readonly entryCount: number
  readonly tombstoneCount: number
  /** Newest run first; by key within a run. */
  readonly segments: readonly SegmentStatus[]
}

export interface JobStatus {
  readonly count: number
  readonly running: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly totalMs: number
  /** Failed attempts; each was, or will be, retried. */
  readonly failures: number
}

/** How long the store kept the event loop from turning; calls that block by their name do not count. */
export interface LoopStatus {
  readonly longestMs: number
  /** How many pieces of work took up to so long, and longer than the bucket before; the last one has no limit. */
  readonly buckets: readonly { readonly upToMs: number | undefined; readonly count: number }[]
}

export interface StoreStatus {
  readonly path: string
  /** `full`: no room on the disk, reads go on, writing resumes by itself. `failed`: reopen the store. */
  readonly state: 'open' | 'full' | 'failed' | 'closed'
  /** What a crash left is being put in segments: it is read already, and writes wait for the end of that. */
  readonly recovering: boolean
  /** The first cause of `full` or `failed`. */
  readonly error: string | undefined
  readonly durability: Durability
  readonly keyEncoding: string
  readonly valueEncoding: string
  readonly compaction: 'leveled' | 'size-tiered'
  /** Of new blocks below the first level. */
  readonly compression: 'lz4' | 'none'
  /** Where flush and compaction run. */
  readonly maintenance: 'worker' | 'inline'
  /** The newest visible place in the order of writes. */
  readonly sequenceNumber: number
  readonly levels: readonly LevelStatus[]
  readonly memTables: {
    readonly activeEntryCount: number
    readonly activeBytes: number
    readonly sealedCount: number
    readonly sealedEntryCount: number
    readonly sealedBytes: number
  }
  readonly memory: {
    readonly budgetBytes: number
    readonly arenaBytes: number
    readonly indexBytes: number
    readonly indexBudgetBytes: number
    readonly cacheBytes: number
    readonly cacheBudgetBytes: number
    /** Arenas of batches too large for the usual ones; outside the budget. */
    readonly oversizeBatchBytes: number
  }
  readonly cache: { readonly hits: number; readonly misses: number }
  readonly disk: {
    readonly logCount: number
    readonly logBytes: number
    readonly segmentCount: number
    readonly segmentBytes: number
    readonly manifestBytes: number
    /** Files that nothing needs but a reader still holds, or whose removal failed and will be retried. */
    readonly obsoleteBytes: number
  }
  readonly amplification: {
    /** Bytes written to logs and segments for each byte of keys and values put, since opening. */
    readonly write: number
    /** Runs that a read may have to look at. */
    readonly readRuns: number
  }
  readonly writes: {
    readonly entryCount: number
    readonly payloadBytes: number
    readonly groupCount: number
    readonly logBytes: number
    readonly syncCount: number
  }
  readonly sync: {
    /** How long writes may have been waiting to be synced, in milliseconds; 0 when all that was written is. */
    readonly ageMs: number
    readonly intervalMs: number
    /** Every write up to this place survives power loss. */
    readonly syncedSequence: number
  }
  readonly stalls: {
    readonly count: number
    readonly totalMs: number
    readonly cause: string | undefined
    /** How long writes were held back a little at a time, so that they need not stop. */
    readonly slowedMs: number
  }
  readonly eventLoop: LoopStatus
  readonly flushes: JobStatus
  readonly compactions: JobStatus
  /** The reading of all segments in the background, when `scrubIntervalMs` asks for it. */
  readonly scrub: {
    readonly intervalMs: number
    /** How often all segments have been read. */
    readonly roundCount: number
    readonly bytesRead: number
    /** What the last reading of each present segment found. */
    readonly problems: readonly CheckProblem[]
  }
  readonly snapshots: {
    readonly snapshotCount: number
    readonly iteratorCount: number
    /** The oldest place that some reader still needs. */
    readonly oldestSequence: number | undefined
  }
}

/** One damage that `check()` found. */
export interface CheckProblem {
  readonly path: string
  /** Bytes from the start of the file, where known. */
  readonly offset: number | undefined
  readonly message: string
}

/** What `check()` did and found. */
export interface CheckReport {
  readonly ok: boolean
  readonly fileCount: number
  readonly byteCount: number
  readonly entryCount: number
  readonly problems: readonly CheckProblem[]
}
