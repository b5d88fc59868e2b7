/**
 * The file LOCK: who holds the folder, for the holder's eyes ("is it still mine?"), for the next one's ("does
 * he live?") and for people's. One JSON object:
 *
 * ```
 * { "pid": 4711, "pidNamespace": "pid:[4026531836]", "bootId": "6f9c…", "startTime": "812345", "host": "web-1",
 *   "command": "node server.js", "since": "2026-02-03T10:11:12.345Z", "token": "9f86d081884c7d65", "hasSocket": true }
 * ```
 *
 * It appears whole or not at all: written and synced under a name of its own, then linked to LOCK, which fails
 * when there is one already.
 */
import { link, open, readFile, rename, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type LockHolder, systemCodeOf } from '../errors.ts'
import { lockFileName } from './file-names.ts'
import { identifyThisProcess, type ProcessIdentity } from './process-identity.ts'

export interface LockRecord extends ProcessIdentity {
  readonly command: string
  /** ISO 8601. For people; nothing is ever decided by age. */
  readonly since: string
  /** Random, new for each holder. */
  readonly token: string
  /** Whether the holder listens at `lock.sock`. */
  readonly hasSocket: boolean
}

/** What was found under the name LOCK. */
export interface FoundLock {
  readonly text: string
  /** `undefined` when the text is not ours: cut off by a crash, or written by somebody else. */
  readonly record: LockRecord | undefined
}

/** The name of a holder's socket until it becomes `lock.sock`. */
export function preparedSocketName(token: string): string {
  return `lock-${token}.sock`
}

/** The record of this process. Arguments are left out of the command, since they may be secrets. */
export function createLockRecord(token: string, hasSocket: boolean): LockRecord {
  const command = [basename(process.execPath), ...process.argv.slice(1, 2)].join(' ')
  return { ...identifyThisProcess(), command, since: new Date().toISOString(), token, hasSocket }
}

export function holderOf(record: LockRecord): LockHolder {
  return { pid: record.pid, host: record.host, command: record.command, since: record.since }
}

/** Reads the LOCK of a directory; `undefined` when there is none. */
export async function readLock(directory: string): Promise<FoundLock | undefined> {
  try {
    return decodeLock(await readFile(join(directory, lockFileName), 'utf8'))
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export function decodeLock(text: string): FoundLock {
  return { text, record: decodeRecord(text) }
}

/** Writes the record under a name of its own, durably: a crash must not leave an empty LOCK behind. */
export async function prepareLock(directory: string, record: LockRecord): Promise<void> {
  await writeNew(preparedPath(directory, record.token), record)
}

/** Gives the prepared record the name LOCK. False when the name is taken. */
export async function placeLock(directory: string, record: LockRecord): Promise<boolean> {
  const path = join(directory, lockFileName)
  try {
    await link(preparedPath(directory, record.token), path)
    return true
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EEXIST') return false
    if (code === 'ENOENT' || code === 'EIO' || code === 'ENOSPC' || code === 'EDQUOT') throw error
  }
  // A file system without hard links. Here LOCK is empty for a moment; who finds it so, and takes it over, is
  // noticed when the token is read back.
  try {
    await writeNew(path, record)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes the name under which the record was prepared. */
export async function discardPrepared(directory: string, token: string): Promise<void> {
  await unlink(preparedPath(directory, token)).catch(() => undefined)
}

/**
 * Takes a stale LOCK away, so that the name is free. Renaming it has one winner; but between reading the stale
 * one and renaming, another process may have placed its own. Reading back shows it, and then it is put back.
 */
export async function takeAway(directory: string, stale: FoundLock, token: string): Promise<void> {
  const path = join(directory, lockFileName)
  const takenPath = join(directory, `${lockFileName}-${token}-taken`)
  try {
    await rename(path, takenPath)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return
    throw error
  }
  if ((await readFile(takenPath, 'utf8')) !== stale.text) {
    await putBack(takenPath, path)
  }
  await unlink(takenPath).catch(() => undefined)
}

/**
 * A third one may have placed his own meanwhile. He hears the owner's bell and leaves again; should he not, the
 * owner notices the wrong token.
 */
async function putBack(takenPath: string, path: string): Promise<void> {
  for (const pauseMs of [1, 5, 10, 20]) {
    try {
      return await link(takenPath, path)
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') return
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

function preparedPath(directory: string, token: string): string {
  return join(directory, `${lockFileName}-${token}`)
}

async function writeNew(path: string, record: LockRecord): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

function decodeRecord(text: string): LockRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<keyof LockRecord, unknown>
  const { pid, token } = fields
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (typeof token !== 'string' || !/^[0-9a-f]+$/.test(token)) return undefined
  return {
    pid,
    token,
    pidNamespace: textOf(fields.pidNamespace),
    bootId: textOf(fields.bootId),
    startTime: textOf(fields.startTime),
    host: textOf(fields.host) ?? 'unknown',
    command: textOf(fields.command) ?? 'unknown',
    since: textOf(fields.since) ?? 'unknown',
    hasSocket: fields.hasSocket === true,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
