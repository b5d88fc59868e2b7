/**
 * One owner per folder, without flock, which Node does not offer. Three things together:
 *
 * 1. **The gate**, a socket outside of any folder: quick, certain, freed by the kernel. On Linux it is seen only
 *    inside one network namespace, so containers that share a folder need the rest.
 * 2. **LOCK**: who the owner is. The token in it is read again before each edit of the manifest; whoever finds
 *    another one has lost the folder and stops.
 * 3. **The bell**: the socket `lock.sock` in the folder, at which the owner listens. It works across network
 *    namespaces of one machine. Only the holder of LOCK touches that name.
 *
 * Taking the lock: gate, then a socket under a name of its own, then LOCK, then the socket becomes `lock.sock`.
 * So whoever reads a LOCK can knock at its owner's socket under one of two names. If somebody answers, the folder
 * is locked. If nobody can be there, LOCK is stale and is inherited. If no socket tells, the pid decides where it
 * means something, else only the user can. Age never decides.
 */
import { randomBytes } from 'node:crypto'
import { renameSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { join, resolve } from 'node:path'
import { systemCodeOf } from '../errors.ts'
import { lockFileName, lockSocketName } from './file-names.ts'
import type { DirectoryLock } from './file-system.ts'
import { closeServer, knockInDirectory, listenInDirectory } from './local-socket.ts'
import { createLockRecord, holderOf, type LockRecord, preparedSocketName, readLock } from './lock-file.ts'
import { passGate } from './lock-gate.ts'
import { judgeLock } from './lock-judgement.ts'
import { sweepLeftovers } from './lock-leftovers.ts'
import { lockedBy, lockedByThisProcess, lockLost, lockUndecidable } from './lock-messages.ts'
import { becomeOwner, discardPrepared, prepareRecord, type Succession } from './lock-succession.ts'
import { identifyThisProcess, judgeProcess } from './process-identity.ts'

export interface LockOptions {
  /** Without the gate, as on macOS: for tests of what is left then. */
  readonly withoutGate?: boolean
}

/**
 * Takes a folder for this process until `release()` or death.
 *
 * @throws {LockedError} when somebody has it, or when nobody can tell. Errors of the system are thrown as they
 * are: `ENOENT`, `EACCES`, `EROFS`, `ENOSPC` …
 */
export async function lockDirectory(path: string, options: LockOptions = {}): Promise<DirectoryLock> {
  const directory = resolve(path)
  const gate = options.withoutGate === true ? undefined : await passGateOrFail(directory)
  try {
    return await takeLock(directory, gate)
  } catch (error) {
    if (gate !== undefined) await closeServer(gate)
    throw error
  }
}

/** Behind the gate: alone in this network namespace (on Windows: on this machine), not yet in the world. */
async function takeLock(directory: string, gate: Server | undefined): Promise<DirectoryLock> {
  const token = randomBytes(8).toString('hex')
  const bell = await hangBell(directory, token)
  const record = createLockRecord(token, bell !== undefined)
  try {
    prepareRecord(directory, record)
    await becomeOwner(directory, record, successionOf(directory, gate))
    const lock = new HeldLock(directory, record, gate, bell)
    try {
      await giveBellItsName(directory, record)
      lock.verifySync()
    } catch (error) {
      if (isOurs(directory, record)) removeQuietly(directory, lockFileName)
      throw error
    }
    // First what would be looked at as a leftover of somebody else.
    discardPrepared(directory, record)
    await sweepLeftovers(directory)
    return lock
  } catch (error) {
    discardPrepared(directory, record)
    if (bell !== undefined) {
      removeQuietly(directory, preparedSocketName(token))
      await closeServer(bell)
    }
    throw error
  }
}

class HeldLock implements DirectoryLock {
  readonly #directory: string
  readonly #record: LockRecord
  readonly #gate: Server | undefined
  readonly #bell: Server | undefined
  #released: Promise<void> | undefined

  constructor(directory: string, record: LockRecord, gate: Server | undefined, bell: Server | undefined) {
    this.#directory = directory
    this.#record = record
    this.#gate = gate
    this.#bell = bell
  }

  verifySync(): void {
    const found = readLock(this.#directory)
    if (found?.record?.token === this.#record.token) return
    throw lockLost(this.#directory, join(this.#directory, lockFileName), holderOf(found?.record))
  }

  /** Reads a file of one block that is in the page cache: not worth a thread. */
  async verify(): Promise<void> {
    this.verifySync()
  }

  release(): Promise<void> {
    this.#released ??= this.#letGo()
    return this.#released
  }

  async #letGo(): Promise<void> {
    try {
      if (isOurs(this.#directory, this.#record)) {
        // The bell first: once LOCK is gone, that name belongs to the next owner.
        if (this.#record.hasSocket) removeQuietly(this.#directory, lockSocketName)
        removeQuietly(this.#directory, lockFileName)
      }
    } finally {
      if (this.#bell !== undefined) await closeServer(this.#bell)
      if (this.#gate !== undefined) await closeServer(this.#gate)
    }
  }
}

async function passGateOrFail(directory: string): Promise<Server | undefined> {
  try {
    return await passGate(directory)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EADDRINUSE') throw heldBy(directory, readLock(directory)?.record)
    if (isSocketImpossible(code)) return undefined
    throw error
  }
}

/** Listens at a socket of our own in the folder; `undefined` where that is impossible. */
async function hangBell(directory: string, token: string): Promise<Server | undefined> {
  if (process.platform === 'win32') return undefined
  try {
    return await listenInDirectory(directory, preparedSocketName(token))
  } catch (error) {
    if (isSocketImpossible(systemCodeOf(error))) return undefined
    throw error
  }
}

/** Makes our socket the one at which others knock, unless the old one turns out to be somebody's after all. */
async function giveBellItsName(directory: string, record: LockRecord): Promise<void> {
  // Possible when somebody removed the LOCK of an owner that lives.
  if ((await knockInDirectory(directory, lockSocketName)) === 'answered') throw lockedBy(directory, {})
  if (record.hasSocket) {
    renameSync(join(directory, preparedSocketName(record.token)), join(directory, lockSocketName))
  } else {
    removeQuietly(directory, lockSocketName)
  }
}

function successionOf(directory: string, gate: Server | undefined): Succession {
  // A named pipe is seen by the whole machine: whoever is behind the gate there is alone.
  const gateDecides = process.platform === 'win32' && gate !== undefined
  return {
    judge: async (found) => (gateDecides ? 'stale' : judgeLock(directory, found)),
    refusal: ({ record }, judgement) => {
      if (judgement === 'held') return heldBy(directory, record)
      return lockUndecidable(directory, join(directory, lockFileName), holderOf(record))
    },
  }
}

/** The error for a folder that somebody has. A record of a dead process is an older owner's. */
function heldBy(directory: string, record: LockRecord | undefined): Error {
  const self = identifyThisProcess()
  const owner = record === undefined ? 'dead' : judgeProcess(record, self)
  if (record === undefined || owner === 'dead') return lockedBy(directory, {})
  const isThisProcess = record.pid === self.pid && owner === 'alive'
  return (isThisProcess ? lockedByThisProcess : lockedBy)(directory, holderOf(record))
}

function isOurs(directory: string, record: LockRecord): boolean {
  return readLock(directory)?.record?.token === record.token
}

/** Whether a socket failed because this file system or this system has none: then the other proofs must do. */
function isSocketImpossible(code: string | undefined): boolean {
  switch (code) {
    case 'EACCES':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOSYS':
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'EPERM':
    case 'EROFS':
      return true
    default:
      return false
  }
}

/** What stays behind is recognised as stale by the next owner. */
function removeQuietly(directory: string, name: string): void {
  try {
    unlinkSync(join(directory, name))
  } catch {
    // As said: stale.
  }
}
