/** What all edits of a manifest add up to: the Version, and the numbers that must survive a crash. */
import { Version } from './version.ts'
import type { VersionEdit } from './version-edit.ts'

export interface ManifestState {
  readonly version: Version
  /** Above every file number ever given out, as far as the manifest knows. */
  readonly nextFileNumber: number
  /** Everything up to this sequence number is in segments; logs replay what lies beyond. */
  readonly flushedSequence: number
  /** The least sequence number that a write may get; numbers below it may have been seen by somebody. */
  readonly restartSequence: number
  /** Logs that must be there: acknowledged writes may be in them. Ascending. */
  readonly logNumbers: readonly number[]
  /** Logs below it are no longer needed. */
  readonly lowestLiveLog: number
}

export const emptyManifestState: ManifestState = {
  version: Version.empty,
  nextFileNumber: 1,
  flushedSequence: 0,
  restartSequence: 1,
  logNumbers: [],
  lowestLiveLog: 0,
}

/** The state after an edit. Throws `InvariantError` when the edit does not fit the state. */
export function applyEdit(state: ManifestState, edit: VersionEdit): ManifestState {
  const lowestLiveLog = Math.max(state.lowestLiveLog, edit.lowestLiveLog ?? 0)
  const logNumbers = [...state.logNumbers, ...(edit.logNumbersAdded ?? [])]
  return {
    version: state.version.apply(edit),
    nextFileNumber: Math.max(state.nextFileNumber, edit.nextFileNumber ?? 0),
    flushedSequence: Math.max(state.flushedSequence, edit.flushedSequence ?? 0),
    restartSequence: Math.max(state.restartSequence, edit.restartSequence ?? 0),
    logNumbers: logNumbers.filter((number) => number >= lowestLiveLog).sort((a, b) => a - b),
    lowestLiveLog,
  }
}

/** The one edit that makes the state out of nothing: the first record of a manifest. */
export function wholeStateEdit(state: ManifestState): VersionEdit {
  return {
    added: state.version.levels.flatMap((level) =>
      level.runs.flatMap((run) =>
        run.segments.map((meta) => ({ level: level.number, run: run.number, meta })),
      ),
    ),
    removed: [],
    nextFileNumber: state.nextFileNumber,
    flushedSequence: state.flushedSequence,
    restartSequence: state.restartSequence,
    logNumbersAdded: state.logNumbers,
    lowestLiveLog: state.lowestLiveLog,
  }
}
