/**
 * One owner per folder, without flock, which Node does not offer. Three things together:
 *
 * 1. **The gate**: a socket whose address is the folder's device and inode, outside of any folder (abstract on
 *    Linux, a named pipe on Windows; macOS has none). Binding it is atomic and the kernel frees it when the
 *    process dies. On Linux it is seen only inside one network namespace, so containers need the rest.
 * 2. **LOCK**, created exclusively: who the owner is. The token in it is read again before each edit of the
 *    manifest; whoever finds another one has lost the folder and stops.
 * 3. **The bell**: the socket `lock.sock` in the folder, at which the owner listens. It works across network
 *    namespaces of one machine. Only the holder of LOCK touches that name.
 *
 * Taking the lock: gate, then own socket under a name of its own, then LOCK, then the socket becomes
 * `lock.sock`. So whoever reads a LOCK can knock at its owner's socket under one of the two names. If somebody
 * answers, the folder is locked. If nobody can be there, LOCK is stale and is taken away (one winner). If no
 * socket tells, the pid decides where it means something, else nobody but the user can. Age never decides.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, stat, unlink } from 'node:fs/promises'
import type { Server } from 'node:net'
import { join, resolve } from 'node:path'
import { type LockHolder, systemCodeOf } from '../errors.ts'
import { lockFileName, lockSocketName } from './file-names.ts'
import type { DirectoryLock } from './file-system.ts'
import { closeServer, knockInDirectory, listenAt, listenInDirectory } from './local-socket.ts'
import * as lockFile from './lock-file.ts'
import { judgeLock } from './lock-judgement.ts'
import { lockedBy, lockedByThisProcess, lockLost, lockUndecidable } from './lock-messages.ts'
import { identifyThisProcess, judgeProcess } from './process-identity.ts'
import { createSystemError } from './system-error.ts'

/** How often another process may come in between while we take the lock, before we give up on it. */
const attemptsMax = 20
/** For a LOCK that was taken away by mistake and is about to be put back. */
const verifyPausesMs: readonly number[] = [5, 10, 20, 40]

/** The file system cannot hold sockets, or the system forbids them: the other proofs must do. */
const socketsImpossible: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EAFNOSUPPORT',
  'EINVAL',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EPERM',
  'EROFS',
])

export interface LockOptions {
  /** Without the gate, as on macOS: for tests of what is left then. */
  readonly withoutGate?: boolean
}

/**
 * Takes a folder for this process until `release()` or death.
 *
 * @throws {LockedError} when somebody has it, or when nobody can tell.
 */
export async function lockDirectory(path: string, options: LockOptions = {}): Promise<DirectoryLock> {
  const directory = resolve(path)
  const gateAddress = options.withoutGate === true ? undefined : await gateAddressOf(directory)
  const gate = gateAddress === undefined ? undefined : await passGate(directory, gateAddress)
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
  const record = lockFile.createLockRecord(token, bell !== undefined)
  try {
    await lockFile.prepareLock(directory, record)
    await placeOrFail(directory, record)
    try {
      await takeBell(directory, record)
      const lock = new HeldLock(directory, record, gate, bell)
      // Somebody who took a stale LOCK away at the same time may have had ours in his hands.
      await lock.verify()
      return lock
    } catch (error) {
      if (isOurs(directory, token)) await removeQuietly(directory, lockFileName)
      throw error
    }
  } catch (error) {
    if (bell !== undefined) {
      await removeQuietly(directory, lockFile.preparedSocketName(token))
      await closeServer(bell)
    }
    throw error
  } finally {
    await lockFile.discardPrepared(directory, token)
  }
}

/** Places our LOCK, taking stale ones away. */
async function placeOrFail(directory: string, record: lockFile.LockRecord): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await lockFile.placeLock(directory, record)) return
    const found = await lockFile.readLock(directory)
    if (found === undefined) continue
    const judgement = process.platform === 'win32' ? 'stale' : await judgeLock(directory, found)
    if (judgement === 'stale') {
      await lockFile.takeAway(directory, found, record.token)
    } else if ((await lockFile.readLock(directory))?.text === found.text) {
      // Still the same one, so the judgement was about this one.
      throw judgement === 'held' ? heldBy(directory, found.record) : undecidable(directory, found.record)
    }
  }
  throw lockedBy(directory, {})
}

/** Makes our socket the one that others knock at, unless the old one turns out to be somebody's after all. */
async function takeBell(directory: string, record: lockFile.LockRecord): Promise<void> {
  if ((await knockInDirectory(directory, lockSocketName)) === 'answered') throw lockedBy(directory, {})
  const path = join(directory, lockSocketName)
  if (record.hasSocket) await rename(join(directory, lockFile.preparedSocketName(record.token)), path)
  else await unlink(path).catch(() => undefined)
}

class HeldLock implements DirectoryLock {
  readonly #directory: string
  readonly #record: lockFile.LockRecord
  readonly #gate: Server | undefined
  readonly #bell: Server | undefined
  #released: Promise<void> | undefined

  constructor(
    directory: string,
    record: lockFile.LockRecord,
    gate: Server | undefined,
    bell: Server | undefined,
  ) {
    this.#directory = directory
    this.#record = record
    this.#gate = gate
    this.#bell = bell
  }

  async verify(): Promise<void> {
    for (const pauseMs of verifyPausesMs) {
      if (isOurs(this.#directory, this.#record.token)) return
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    this.#assertOurs()
  }

  verifySync(): void {
    for (const pauseMs of verifyPausesMs) {
      if (isOurs(this.#directory, this.#record.token)) return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    }
    this.#assertOurs()
  }

  release(): Promise<void> {
    this.#released ??= this.#letGo()
    return this.#released
  }

  async #letGo(): Promise<void> {
    try {
      if (isOurs(this.#directory, this.#record.token)) {
        // The bell first: once LOCK is gone, that name belongs to the next owner.
        if (this.#record.hasSocket) await removeQuietly(this.#directory, lockSocketName)
        await removeQuietly(this.#directory, lockFileName)
      }
    } finally {
      if (this.#bell !== undefined) await closeServer(this.#bell)
      if (this.#gate !== undefined) await closeServer(this.#gate)
    }
  }

  #assertOurs(): void {
    const found = readLockSync(this.#directory)
    if (found?.record?.token === this.#record.token) return
    const holder = found?.record === undefined ? {} : lockFile.holderOf(found.record)
    throw lockLost(this.#directory, join(this.#directory, lockFileName), holder)
  }
}

/** Listens at a socket of our own in the folder; `undefined` where that is impossible. */
async function hangBell(directory: string, token: string): Promise<Server | undefined> {
  if (process.platform === 'win32') return undefined
  try {
    return await listenInDirectory(directory, lockFile.preparedSocketName(token))
  } catch (error) {
    if (socketsImpossible.has(systemCodeOf(error))) return undefined
    throw error
  }
}

/** Binds the gate; `undefined` where the system forbids such sockets. */
async function passGate(directory: string, address: string): Promise<Server | undefined> {
  try {
    return await listenAt(address)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EADDRINUSE') throw heldBy(directory, (await lockFile.readLock(directory))?.record)
    if (socketsImpossible.has(code)) return undefined
    throw error
  }
}

/** The address that stands for a folder by whatever path it is reached; `undefined` where there is none. */
async function gateAddressOf(directory: string): Promise<string | undefined> {
  const stats = await stat(directory, { bigint: true })
  if (!stats.isDirectory()) throw createSystemError('ENOTDIR', 'lock', directory)
  const name = `varve-${stats.dev}-${stats.ino}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  // Filled up to the length of an address: some releases of Node pad shorter names with zeros and some do not,
  // and names of different length do not exclude each other.
  return process.platform === 'linux' ? `\0${name}`.padEnd(108, '-') : undefined
}

/** The error for a folder that somebody has. A record of a dead process is an older owner's. */
function heldBy(directory: string, record: lockFile.LockRecord | undefined): Error {
  const self = identifyThisProcess()
  if (record === undefined || judgeProcess(record, self) === 'dead') return lockedBy(directory, {})
  const isThisProcess = record.pid === self.pid && judgeProcess(record, self) === 'alive'
  return (isThisProcess ? lockedByThisProcess : lockedBy)(directory, lockFile.holderOf(record))
}

function undecidable(directory: string, record: lockFile.LockRecord | undefined): Error {
  const holder: LockHolder = record === undefined ? {} : lockFile.holderOf(record)
  return lockUndecidable(directory, join(directory, lockFileName), holder)
}

function isOurs(directory: string, token: string): boolean {
  return readLockSync(directory)?.record?.token === token
}

function readLockSync(directory: string): lockFile.FoundLock | undefined {
  try {
    return lockFile.decodeLock(readFileSync(join(directory, lockFileName), 'utf8'))
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What stays behind is recognised as stale by the next owner. */
async function removeQuietly(directory: string, name: string): Promise<void> {
  await unlink(join(directory, name)).catch(() => undefined)
}
