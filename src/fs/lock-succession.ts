/**
 * How LOCK passes from owner to owner, with one winner among any number of processes that try at once.
 *
 * A free name is taken by creating LOCK exclusively. A stale LOCK cannot simply be removed first: two processes
 * that found it stale would remove it one after the other, and the second would remove the first one's. Instead
 * each owner has one place for an heir, a name made of the owner's own token, created exclusively as well:
 *
 * 1. Walk from LOCK along the heirs to the last one. Each must be stale, or the folder is locked.
 * 2. Create the heir of the last one. Whoever succeeds is the only one.
 * 3. Read LOCK again. If another one is there, the succession was settled while we walked, and the place that
 *    we took means nothing any more: start again.
 * 4. Rename our record over LOCK, and remove the heirs on the way, which mean nothing from then on.
 *
 * A token is used once, so step 2 can succeed late only for a LOCK that step 3 no longer finds. An heir that
 * dies before step 4 gets an heir of his own.
 *
 * All of it is a handful of calls on names, blocking: each takes less time than a trip to the thread pool. Nothing is
 * synced, since power loss ends all owners: what it leaves of a record, if only an empty file, is stale.
 */
import { createHash } from 'node:crypto'
import { linkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemCodeOf } from '../errors.ts'
import { retryWhileBusy } from './busy-retry.ts'
import { lockFileName } from './file-names.ts'
import { encodeLockRecord, type FoundLock, type LockRecord, readLock } from './lock-file.ts'
import type { LockJudgement } from './lock-judgement.ts'
import { lockedBy } from './lock-messages.ts'

/** How often others may come in between before we give up. */
const attemptsMax = 100

export interface Succession {
  /** Whether the one who wrote this lives. */
  judge(found: FoundLock): Promise<LockJudgement>
  /** The error for a lock that is not stale. */
  refusal(found: FoundLock, judgement: LockJudgement): Error
}

/**
 * Makes LOCK bear our record, which must have been prepared.
 *
 * @throws {LockedError} made by `succession.refusal`, when somebody else is the owner.
 */
export async function becomeOwner(
  directory: string,
  record: LockRecord,
  succession: Succession,
): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (placeRecord(directory, lockFileName, record)) return
    const stale = readLock(directory)
    if (stale !== undefined && (await inherit(directory, stale, record, succession))) return
  }
  throw lockedBy(directory, {})
}

/** Writes our record under a name of its own, so that LOCK is never seen half-written. */
export function prepareRecord(directory: string, record: LockRecord): void {
  writeNew(join(directory, preparedName(record)), record)
}

/** Removes that name, when it is still there. */
export function discardPrepared(directory: string, record: LockRecord): void {
  removeQuietly(directory, preparedName(record))
}

/** Steps 1 to 4. False when the succession was settled, or LOCK released, while we walked. */
async function inherit(
  directory: string,
  stale: FoundLock,
  record: LockRecord,
  succession: Succession,
): Promise<boolean> {
  const heirs: string[] = []
  let last = stale
  while (true) {
    const judgement = await succession.judge(last)
    if (judgement !== 'stale') {
      if (readLock(directory)?.text !== stale.text) return false
      throw succession.refusal(last, judgement)
    }
    const heir = heirNameOf(last)
    heirs.push(heir)
    if (placeRecord(directory, heir, record)) break
    const next = readLock(directory, heir)
    if (next === undefined) return false
    last = next
  }
  if (readLock(directory)?.text !== stale.text) {
    removeQuietly(directory, heirs.pop()!)
    return false
  }
  await retryWhileBusy(async () =>
    renameSync(join(directory, preparedName(record)), join(directory, lockFileName)),
  )
  for (const heir of heirs) removeQuietly(directory, heir)
  return true
}

/** Gives our record a further name, exclusively. False when the name is taken. */
function placeRecord(directory: string, name: string, record: LockRecord): boolean {
  const path = join(directory, name)
  try {
    linkSync(join(directory, preparedName(record)), path)
    return true
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EEXIST') return false
    if (code === 'ENOENT' || code === 'EIO' || code === 'ENOSPC' || code === 'EDQUOT') throw error
  }
  // A file system without hard links. Here the file is empty for a moment; whoever then takes it for a stale one
  // inherits it, which its maker notices when he verifies.
  try {
    writeNew(path, record)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  }
}

function preparedName(record: LockRecord): string {
  return `${lockFileName}-${record.token}`
}

/** The one place for an heir of what was found. An unreadable one is known by its content. */
function heirNameOf(found: FoundLock): string {
  const token = found.record?.token ?? createHash('sha256').update(found.text).digest('hex').slice(0, 16)
  return `${lockFileName}-after-${token}`
}

function writeNew(path: string, record: LockRecord): void {
  writeFileSync(path, encodeLockRecord(record), { flag: 'wx', mode: 0o600 })
}

function removeQuietly(directory: string, name: string): void {
  try {
    unlinkSync(join(directory, name))
  } catch {
    // Gone, or recognised as stale by the next owner.
  }
}
