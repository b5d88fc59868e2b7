/**
 * Leaves all logs behind: one edit puts everything that is in memory in segments, drops the logs, and goes beyond all
 * sequence numbers given out; then the store goes on with one empty table and no log. So ends a recovery, and so a
 * store resumes after a full disk, when nobody knows where its logs end.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import type { ManifestState } from '../manifest/manifest-state.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import { MemTable } from '../memtable/mem-table.ts'
import type { ArenaSupply } from './arena-supply.ts'
import type { FileNumbers } from './file-numbers.ts'
import type { LogSet } from './log-set.ts'
import type { LogSyncer } from './log-syncer.ts'
import type { TableFlush } from './maintenance-planner.ts'
import type { MemTables } from './mem-tables.ts'
import type { ObsoleteFiles } from './obsolete-files.ts'
import type { RecoveryJob } from './recovery-job.ts'
import type { StoreHealth } from './store-health.ts'
import type { ViewKeeper } from './view-keeper.ts'

/** The parts of a store that take part in it. */
export interface StartOverParts {
  readonly fileNumbers: FileNumbers
  readonly arenas: ArenaSupply
  readonly tables: MemTables
  readonly views: ViewKeeper
  readonly syncer: LogSyncer
  readonly logs: LogSet
  readonly obsolete: ObsoleteFiles
  readonly recovery: RecoveryJob
  readonly pipeline: { restart(nextSequence: SequenceNumber): void }
  readonly health: StoreHealth
}

/** The part of an edit that drops all logs there are. */
export type LogsDropped = Required<Pick<VersionEdit, 'restartSequence' | 'lowestLiveLog' | 'nextFileNumber'>>

/** The flush of these tables, which hold all that no segment does, and the start after it. */
export function flushToStartOver(
  parts: StartOverParts,
  tables: readonly MemTable[],
  restartSequence: SequenceNumber,
): TableFlush {
  return {
    tables,
    more: editBeyondLogs(parts.fileNumbers, restartSequence),
    install: (state) => startOver(parts, state, restartSequence),
  }
}

/** Drops all logs, and makes the next sequence number one behind all that were given out. */
export function editBeyondLogs(fileNumbers: FileNumbers, restartSequence: SequenceNumber): LogsDropped {
  const lowestLiveLog = fileNumbers.next()
  return { restartSequence, lowestLiveLog, nextFileNumber: lowestLiveLog + 1 }
}

function startOver(parts: StartOverParts, state: ManifestState, restartSequence: SequenceNumber): void {
  const { arenas, tables, obsolete } = parts
  const { active } = tables
  const isFresh = active.entryCount === 0 && active.arena.sizeBytes === arenas.arenaSizeBytes
  for (const table of isFresh ? tables.sealed : tables.all) arenas.giveBack(table.arena)
  tables.startOver(isFresh ? active : MemTable.create(arenas.takeAnyway(), restartSequence))
  parts.views.setVersion(state.version, tables.all)
  parts.syncer.advanceTo(restartSequence - 1)
  obsolete.addLogs(parts.logs.abandon())
  obsolete.addPaths(parts.recovery.end())
  parts.pipeline.restart(restartSequence)
  parts.health.resume()
}
