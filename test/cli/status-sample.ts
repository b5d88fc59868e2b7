/** A status with something in every field, for the commands that draw it. */
import type { SegmentStatus, StoreStatus } from '../../src/store/store-status.ts'

const job = { count: 3, running: 0, bytesRead: 4_000, bytesWritten: 2_000, totalMs: 40, failures: 0 }

function segment(
  number: number,
  run: number,
  smallest: Buffer,
  largest: Buffer,
  sizeBytes: number,
): SegmentStatus {
  return {
    number,
    run,
    sizeBytes,
    entryBytes: 2 * sizeBytes,
    entryCount: 10,
    tombstoneCount: 1,
    smallestKey: smallest,
    largestKey: largest,
    smallestSequence: 1,
    largestSequence: 20,
    index: 'hash',
  }
}

export function statusOf(path: string): StoreStatus {
  const level0 = [
    segment(7, 2, Buffer.from('a'), Buffer.from('m'), 1_000_000),
    segment(5, 1, Buffer.of(0xff), Buffer.of(0xff, 0x01), 500_000),
  ]
  const level1 = [segment(3, 0, Buffer.from('a'), Buffer.from('z'), 2_500_000)]
  const total = { entryCount: 10, entryBytes: 5_000_000, tombstoneCount: 1 }
  return {
    path,
    state: 'open',
    recovering: false,
    error: undefined,
    durability: 'os',
    keyEncoding: 'bytes',
    valueEncoding: 'bytes',
    compaction: 'leveled',
    compression: 'lz4',
    maintenance: 'worker',
    sequenceNumber: 1_234,
    levels: [
      { level: 0, runCount: 2, sizeBytes: 1_500_000, targetBytes: undefined, ...total, segments: level0 },
      { level: 1, runCount: 1, sizeBytes: 2_500_000, targetBytes: 10_000_000, ...total, segments: level1 },
      { level: 2, runCount: 0, sizeBytes: 0, targetBytes: 100_000_000, ...total, segments: [] },
    ],
    memTables: {
      activeEntryCount: 5,
      activeBytes: 500,
      sealedCount: 1,
      sealedEntryCount: 2,
      sealedBytes: 100,
    },
    memory: {
      budgetBytes: 128_000_000,
      arenaBytes: 64_000_000,
      indexBytes: 1_000,
      indexBudgetBytes: 32_000_000,
      cacheBytes: 2_000,
      cacheBudgetBytes: 32_000_000,
      oversizeBatchBytes: 0,
    },
    cache: { hits: 10, misses: 1 },
    disk: {
      logCount: 1,
      logBytes: 600,
      segmentCount: 3,
      segmentBytes: 4_000_000,
      manifestBytes: 300,
      obsoleteBytes: 0,
    },
    amplification: { write: 2.5, readRuns: 3 },
    writes: { entryCount: 1_234, payloadBytes: 100_000, groupCount: 12, logBytes: 120_000, syncCount: 2 },
    sync: { ageMs: 20, intervalMs: 1_000, syncedSequence: 1_200 },
    stalls: { count: 0, totalMs: 0, cause: undefined, slowedMs: 7 },
    eventLoop: {
      longestMs: 6.5,
      buckets: [
        { upToMs: 4, count: 100 },
        { upToMs: 8, count: 2 },
        { upToMs: undefined, count: 1 },
      ],
    },
    flushes: job,
    compactions: job,
    scrub: { intervalMs: 0, roundCount: 0, bytesRead: 0, problems: [] },
    snapshots: { snapshotCount: 0, iteratorCount: 0, oldestSequence: undefined },
  }
}
