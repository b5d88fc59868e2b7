/**
 * The file LOCK: who holds the folder, for the holder's eyes ("is it still mine?"), for the next one's ("does
 * he live?") and for people's. One JSON object:
 *
 * ```
 * { "pid": 4711, "pidNamespace": "pid:[4026531836]", "bootId": "6f9c…", "startTime": "812345", "host": "web-1",
 *   "command": "node server.js", "since": "2026-02-03T10:11:12.345Z", "token": "9f86d081884c7d65", "hasSocket": true }
 * ```
 */
import { readFileSync } from 'node:fs'
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
  /** Whether the holder listens at a socket in the folder. */
  readonly hasSocket: boolean
}

/** What was found in LOCK, or in a file that wants to become LOCK. */
export interface FoundLock {
  readonly text: string
  /** `undefined` when the text is not ours: cut off by a crash, or written by somebody else. */
  readonly record: LockRecord | undefined
}

/** The record of this process. Arguments are left out of the command, since they may be secrets. */
export function createLockRecord(token: string, hasSocket: boolean): LockRecord {
  const command = [basename(process.execPath), ...process.argv.slice(1, 2)].join(' ')
  return { ...identifyThisProcess(), command, since: new Date().toISOString(), token, hasSocket }
}

/** What of a record is shown to people; nothing when it could not be read. */
export function holderOf(record: LockRecord | undefined): LockHolder {
  if (record === undefined) return {}
  return { pid: record.pid, host: record.host, command: record.command, since: record.since }
}

/** The name of a holder's socket until it becomes `lock.sock`. */
export function preparedSocketName(token: string): string {
  return `lock-${token}.sock`
}

/** Reads LOCK, or another file with a record; `undefined` when there is none. */
export function readLock(directory: string, name: string = lockFileName): FoundLock | undefined {
  try {
    const text = readFileSync(join(directory, name), 'utf8')
    return { text, record: decodeLockRecord(text) }
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export function encodeLockRecord(record: LockRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** The record in a text, `undefined` when there is none. What is not vital may be missing. */
function decodeLockRecord(text: string): LockRecord | undefined {
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
