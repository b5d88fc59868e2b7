/** Gathers the status of an open store from its parts. */
import { levelTargetBytes } from '../compaction/leveled-picker.ts'
import type { Segment } from '../segment/segment.ts'
import type { StoreEngine } from './store-engine.ts'
import type { LevelStatus, SegmentStatus, StoreStatus } from './store-status.ts'

export function statusOf<K, V>(
  engine: StoreEngine<K, V>,
  keyEncoding: string,
  valueEncoding: string,
  isClosed: boolean,
): StoreStatus {
  const {
    settings,
    tables,
    pipeline,
    maintenance,
    health,
    views,
    logs,
    gate,
    live,
    arenas,
    blocks,
    indexes,
  } = engine
  const { version } = engine.manifest.state
  const segments = version.segments
  const sealed = tables.sealed
  const { statistics } = pipeline
  const flushes = maintenance.flushes
  const compactions = maintenance.compactions
  const written = statistics.logBytes + flushes.bytesWritten + compactions.bytesWritten
  return {
    path: engine.path,
    state: isClosed ? 'closed' : health.state,
    recovering: !isClosed && maintenance.isRecovering,
    error: health.error?.message,
    durability: settings.durability,
    keyEncoding,
    valueEncoding,
    compaction: settings.compaction,
    compression: settings.compression,
    maintenance: engine.runsInWorker ? 'worker' : 'inline',
    sequenceNumber: pipeline.publishedSequence,
    levels: levelsOf(engine),
    memTables: {
      activeEntryCount: tables.active.entryCount,
      activeBytes: tables.active.sizeBytes,
      sealedCount: sealed.length,
      sealedEntryCount: sum(sealed, (table) => table.entryCount),
      sealedBytes: sum(sealed, (table) => table.sizeBytes),
    },
    memory: {
      budgetBytes: settings.memoryBudgetBytes,
      arenaBytes: arenas.takenBytes,
      indexBytes: indexes.usedBytes,
      indexBudgetBytes: indexes.limitBytes,
      cacheBytes: blocks.sizeBytes,
      cacheBudgetBytes: settings.tuning.cacheBudgetBytes,
      oversizeBatchBytes: arenas.ownBytes,
    },
    cache: { hits: blocks.hitCount, misses: blocks.missCount },
    disk: {
      logCount: logs.logs.length,
      logBytes: sum(logs.logs, (log) => log.file.sizeBytes),
      segmentCount: segments.length,
      segmentBytes: version.sizeBytes,
      manifestBytes: engine.manifest.sizeBytes,
      obsoleteBytes: engine.obsolete.sizeBytes,
    },
    amplification: {
      write: statistics.payloadBytes === 0 ? 0 : written / statistics.payloadBytes,
      readRuns: views.current.runs.length + sealed.length + 1,
    },
    writes: { ...statistics, syncCount: engine.syncer.syncCount },
    sync: {
      ageMs: engine.syncer.ageMs,
      intervalMs: settings.syncIntervalMs,
      syncedSequence: engine.syncer.syncedSequence,
    },
    stalls: {
      count: gate.stallCount,
      totalMs: gate.stalledMs,
      cause: gate.stallCause,
      slowedMs: gate.slowedMs,
    },
    eventLoop: engine.loopBlocks.status,
    flushes,
    compactions,
    scrub: engine.scrubber.status,
    snapshots: {
      snapshotCount: live.snapshotCount,
      iteratorCount: live.iteratorCount,
      oldestSequence: live.oldest,
    },
  }
}

function levelsOf<K, V>(engine: StoreEngine<K, V>): LevelStatus[] {
  const { version } = engine.manifest.state
  const opened = new Map<number, Segment>(
    engine.views.current.segments.map((segment) => [segment.number, segment]),
  )
  const isLeveled = engine.settings.compaction === 'leveled'
  return version.levels.map((level) => {
    const segments = level.runs.flatMap((run) =>
      run.segments.map(
        (meta): SegmentStatus => ({
          number: meta.number,
          run: run.number,
          sizeBytes: meta.sizeBytes,
          entryBytes: meta.keyBytes + meta.valueBytes,
          entryCount: meta.entryCount,
          tombstoneCount: meta.tombstoneCount,
          smallestKey: meta.smallestKey,
          largestKey: meta.largestKey,
          smallestSequence: meta.smallestSequence,
          largestSequence: meta.largestSequence,
          index: opened.get(meta.number)?.indexState ?? 'not loaded',
        }),
      ),
    )
    return {
      level: level.number,
      runCount: level.runs.length,
      sizeBytes: level.sizeBytes,
      entryBytes: sum(segments, (segment) => segment.entryBytes),
      targetBytes:
        isLeveled && level.number > 0 ? levelTargetBytes(engine.settings.tuning, level.number) : undefined,
      entryCount: sum(segments, (segment) => segment.entryCount),
      tombstoneCount: sum(segments, (segment) => segment.tombstoneCount),
      segments,
    }
  })
}

function sum<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((total, item) => total + amountOf(item), 0)
}
