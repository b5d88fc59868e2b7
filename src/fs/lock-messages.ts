/** What people read when a folder is locked: who has it, since when, and what they can do. */
import { LockedError, type LockHolder } from '../errors.ts'

/** Somebody has the folder. `holder` is empty when he has left no record of himself. */
export function lockedBy(directory: string, holder: LockHolder): LockedError {
  if (holder.pid === undefined) {
    const message = `'${directory}' is locked by a process that left no record of itself (it may be just opening it)`
    return new LockedError(message, holder)
  }
  return new LockedError(`'${directory}' is locked by ${describe(holder)}: close it there first`, holder)
}

/** This process has the folder, perhaps in another of its threads. */
export function lockedByThisProcess(directory: string, holder: LockHolder): LockedError {
  const message = `'${directory}' is open already in this process (${describe(holder)}): use that handle, or close it first`
  return new LockedError(message, holder)
}

/** Nobody can tell from here whether the holder lives. */
export function lockUndecidable(directory: string, lockPath: string, holder: LockHolder): LockedError {
  const who = holder.pid === undefined ? 'a process that left no readable record' : describe(holder)
  return new LockedError(
    `'${directory}' was locked by ${who}, and from here it cannot be found out whether that process still ` +
      `lives (it may be in another container or on another machine). If you are sure that it does not, ` +
      `remove '${lockPath}' and open again`,
    holder,
  )
}

/** The folder was ours and is not any more. */
export function lockLost(directory: string, lockPath: string, holder: LockHolder): LockedError {
  const how =
    holder.pid === undefined ? `'${lockPath}' is gone or unreadable` : `${describe(holder)} took it over`
  return new LockedError(
    `the lock on '${directory}' was lost: ${how}. Close this store; nothing more is written`,
    holder,
  )
}

function describe(holder: LockHolder): string {
  return `process ${holder.pid} on host '${holder.host}' (${holder.command}), which opened it at ${holder.since}`
}
