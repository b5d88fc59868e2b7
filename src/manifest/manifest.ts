/**
 * The log of changes of the picture: each VersionEdit is one record, appended and synced before the change
 * takes effect in memory. A manifest starts with one edit that makes the whole state, and is replaced by a new
 * one (`rotate`) when it has grown long or when an append left half a record behind.
 *
 * Edits are appended without blocking, one after the other. The blocking API needs one at once: `appendSync`
 * writes those under way again at the same offsets, syncs, installs them in order and then its own, so that
 * edits always take effect in the order of the file.
 */
import { isDiskFull, StorageError } from '../errors.ts'
import type { AppendFile } from '../log/append-file.ts'
import { replaceCurrent } from './current-file.ts'
import { encodeEditRecord, encodeSyncMark } from './manifest-records.ts'
import { applyEdit, type ManifestState } from './manifest-state.ts'
import {
  finishSuccessor,
  giveUpSuccessor,
  type ManifestParts,
  type Successor,
  startSuccessor,
} from './successor.ts'
import type { VersionEdit } from './version-edit.ts'

/**
 * Past this, and past twice its first record, a manifest is replaced. An opening replays all of it: 1.1 MB of edits took
 * 45 to 240 ms, what stays below this 5 to 16. Hundreds of edits, each behind a flush or merge, pay for one replacement.
 */
export const rotationSizeBytes: number = 64 * 1024
/** The same of a store that closes, at its last edit, so that the next opening has little to replay. */
export const closingRotationSizeBytes = 1024

interface PendingEdit {
  /** `undefined`: a sync mark, which changes nothing. */
  readonly edit: VersionEdit | undefined
  readonly install: (state: ManifestState) => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Its bytes, once they were handed to the file. */
  record: Uint8Array | undefined
  /** Part of the manifest that is being made to replace this one. */
  inSuccessor: boolean
  installed: boolean
}

const noOp = (): void => {}

export class Manifest {
  readonly #parts: ManifestParts
  #file: AppendFile
  #number: number
  #state: ManifestState
  /** Bytes of the file known to be on stable storage. */
  #syncedLength: number
  /** Length of the file up to the last edit in force. */
  #editedLength: number
  /** Length of the file up to which CURRENT proves the sync. */
  #provenLength: number
  #firstRecordLength: number
  /** The file ends in half a record: the next edit goes to a new manifest. */
  #mustRotate = false
  #rotationSizeBytes = rotationSizeBytes
  /** Nobody knows any more what is on stable storage: nothing is taken from then on. */
  #failure: StorageError | undefined
  #successor: Successor | undefined
  readonly #queue: PendingEdit[] = []
  #draining: Promise<void> | undefined

  /**
   * Takes over an open manifest that is whole and on stable storage up to the file's position. `isTorn`: half a
   * record follows there, or may, so the next edit goes to a new manifest.
   */
  constructor(
    parts: ManifestParts,
    file: AppendFile,
    number: number,
    state: ManifestState,
    firstRecordLength: number,
    isTorn = false,
  ) {
    this.#parts = parts
    this.#file = file
    this.#number = number
    this.#state = state
    this.#syncedLength = file.position
    this.#editedLength = file.position
    this.#provenLength = firstRecordLength
    this.#firstRecordLength = firstRecordLength
    this.#mustRotate = isTorn
  }

  /** Writes a new manifest that holds `state`, makes it durable, and makes CURRENT name it. */
  static async create(parts: ManifestParts, state: ManifestState): Promise<Manifest> {
    const successor = startSuccessor(parts, state)
    try {
      await finishSuccessor(parts, successor)
    } catch (cause) {
      throw (await giveUpSuccessor(parts, successor)) ? cause : currentUnknown(cause)
    }
    return new Manifest(parts, successor.file, successor.number, state, successor.headLength)
  }

  /** What all durable edits add up to. */
  get state(): ManifestState {
    return this.#state
  }

  get number(): number {
    return this.#number
  }

  /** Of what is intact. */
  get sizeBytes(): number {
    return this.#file.position
  }

  /** Whether the file surely holds its records, on stable storage, and nothing else. */
  get isWhole(): boolean {
    return this.#failure === undefined && !this.#mustRotate && this.#file.isWhole
  }

  /**
   * Makes an edit durable, then calls `install` with the new state, with no `await` between the two.
   *
   * A full disk rejects with the system's error and leaves everything as it was: the edit may be tried again.
   * Any other rejection leaves open whether the edit is on disk: the store must refuse writes from then on.
   */
  append(edit: VersionEdit, install: (state: ManifestState) => void): Promise<void> {
    return this.#enqueue(edit, install)
  }

  /** {@link append}, blocking. Edits that wait or are under way take effect first. */
  appendSync(edit: VersionEdit, install: (state: ManifestState) => void): void {
    this.#commitQueueSync(pendingEdit(edit, install, noOp, noOp))
  }

  /** Makes every edit that waits or is under way take effect now, blocking. */
  finishPendingSync(): void {
    if (this.#queue.some((pending) => !pending.installed)) this.#commitQueueSync()
  }

  /**
   * Makes it provable that all edits so far are on stable storage, by a synced record behind them and by CURRENT.
   * Needed before anything that an edit drops is deleted. Fails as {@link append} does.
   */
  async proveSynced(): Promise<void> {
    await this.idle()
    this.#refuseAfterFailure()
    if (this.#provenLength < this.#editedLength) await this.#enqueue(undefined, noOp)
  }

  /** The store closes: from now on a manifest past {@link closingRotationSizeBytes} is long. */
  prepareToClose(): void {
    this.#rotationSizeBytes = closingRotationSizeBytes
  }

  /** Waits for edits under way. */
  async idle(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining
  }

  async close(): Promise<void> {
    await this.idle()
    await this.#file.close()
  }

  #enqueue(edit: VersionEdit | undefined, install: (state: ManifestState) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#queue.push(pendingEdit(edit, install, resolve, reject))
      this.#startDraining()
    })
  }

  #startDraining(): void {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined
      // Somebody who was told of the last edit may have come with another before this point.
      if (this.#queue.length > 0) this.#startDraining()
    })
  }

  async #drain(): Promise<void> {
    for (let pending = this.#queue[0]; pending !== undefined; pending = this.#queue[0]) {
      try {
        // An edit that a blocking one overtook and took along is in force already.
        if (!pending.installed) await this.#carryOut(pending)
        if (pending.edit === undefined) await this.#proveByCurrent()
        pending.resolve()
      } catch (error) {
        // Since it failed, a blocking edit may have taken it along after all.
        if (pending.installed && pending.edit !== undefined && isDiskFull(error)) pending.resolve()
        else pending.reject(error)
      }
      this.#queue.shift()
    }
  }

  async #carryOut(pending: PendingEdit): Promise<void> {
    for (let isPutOff = false; ; isPutOff = true) {
      await this.#parts.lock.verify()
      // A blocking edit may have taken it along while something was waited for.
      if (pending.installed) return
      this.#refuseAfterFailure()
      const mustRotate = this.#mustRotate
      if (!mustRotate && (isPutOff || !this.#isLong())) return this.#appendOne(pending)
      try {
        return await this.#rotateWith(pending)
      } catch (error) {
        // One that is only long can take the edit itself.
        if (mustRotate || this.#failure !== undefined) throw error
      }
    }
  }

  async #appendOne(pending: PendingEdit): Promise<void> {
    pending.record = this.#encode(pending.edit, this.#number)
    const end = this.#file.position + pending.record.length
    try {
      await this.#file.append(pending.record)
    } catch (error) {
      // Half a record may be there; a blocking edit that took this one along has said so already.
      if (pending.installed) return
      throw this.#noteWriteFailure(error)
    }
    if (pending.installed) return
    try {
      await this.#file.sync()
    } catch (error) {
      throw this.#fail(error)
    }
    // A blocking sync that failed meanwhile took the news with it: that this one succeeded says nothing.
    this.#refuseAfterFailure()
    this.#syncedLength = Math.max(this.#syncedLength, end)
    this.#install(pending, end)
  }

  /**
   * Makes CURRENT say how far the manifest is synced: a mark at its end can be damaged together with the edit that
   * it proves. CURRENT as it was stays true, so while there is no room for another the mark has to do.
   */
  async #proveByCurrent(): Promise<void> {
    if (this.#provenLength >= this.#editedLength) return
    const { fs, directory, storeId } = this.#parts
    const manifestSyncedLength = this.#syncedLength
    const current = { storeId, manifestNumber: this.#number, manifestSyncedLength }
    try {
      await replaceCurrent(fs, directory, current)
    } catch {
      return
    }
    try {
      await fs.syncDirectory(directory)
    } catch (error) {
      throw this.#fail(error)
    }
    this.#provenLength = manifestSyncedLength
  }

  /**
   * Replaces the manifest by one that holds the state with the edit in it. A blocking edit that comes
   * meanwhile is written to both files, so that it stands whichever of them CURRENT names after a crash.
   *
   * When it fails and the old manifest stays in force, that is whole as before unless it was torn already.
   */
  async #rotateWith(pending: PendingEdit): Promise<void> {
    const old = this.#file
    const successor = startSuccessor(this.#parts, stateWith(this.#state, pending.edit))
    pending.inSuccessor = true
    this.#successor = successor
    try {
      await finishSuccessor(this.#parts, successor)
    } catch (cause) {
      pending.inSuccessor = false
      this.#successor = undefined
      if (!(await giveUpSuccessor(this.#parts, successor))) throw this.#fail(currentUnknown(cause))
      const isHarmless = isDiskFull(cause) || !this.#mustRotate
      // A blocking edit may have tried to take this one along: then it may be on the disk all the same.
      if (!isHarmless || (pending.record !== undefined && !pending.installed)) throw this.#fail(cause)
      if (pending.installed) return
      throw cause
    }
    this.#refuseAfterFailure()
    this.#successor = undefined
    this.#file = successor.file
    this.#number = successor.number
    this.#syncedLength = Math.max(successor.headLength, successor.syncedLength)
    this.#editedLength = this.#syncedLength
    this.#provenLength = successor.headLength
    this.#firstRecordLength = successor.headLength
    this.#mustRotate = !successor.file.isWhole
    this.#install(pending, this.#editedLength)
    await old.close().catch(noOp)
    // CURRENT durably names the other one. What cannot be removed, the next opening removes.
    await this.#parts.fs.unlink(old.path).catch(noOp)
  }

  /** Writes what waits and then `last`, syncs once, and installs all in that order. */
  #commitQueueSync(last?: PendingEdit): void {
    this.#parts.lock.verifySync()
    this.#refuseAfterFailure()
    const edits = this.#queue.filter((pending) => !pending.installed)
    if (last !== undefined) edits.push(last)
    try {
      for (const pending of edits) this.#writeSync(pending)
      // An edit under way counts only when its bytes are surely in the file.
      this.#file.flushPendingSync()
    } catch (error) {
      throw this.#noteWriteFailure(error)
    }
    const successor = this.#successor
    try {
      if (successor !== undefined) this.#writeToSuccessor(successor, edits)
      this.#file.syncSync()
      successor?.file.syncSync()
    } catch (error) {
      // The edits are in one of the two files, at least.
      throw this.#fail(error)
    }
    if (successor !== undefined) successor.syncedLength = successor.file.position
    this.#syncedLength = this.#file.position
    for (const pending of edits) this.#install(pending, this.#syncedLength)
  }

  /** Writes an edit to the file, unless it is under way to it. */
  #writeSync(pending: PendingEdit): void {
    if (pending.record !== undefined) return
    const record = this.#encode(pending.edit, this.#number)
    this.#file.appendSync(record)
    pending.record = record
  }

  #writeToSuccessor({ file, number }: Successor, edits: readonly PendingEdit[]): void {
    for (const pending of edits) {
      if (!pending.inSuccessor) file.appendSync(this.#encode(pending.edit, number))
    }
    file.flushPendingSync()
  }

  #install(pending: PendingEdit, end: number): void {
    if (pending.installed) return
    pending.installed = true
    if (pending.edit === undefined) return
    this.#editedLength = end
    this.#state = applyEdit(this.#state, pending.edit)
    pending.install(this.#state)
  }

  /** A write failed. After a full disk the file ends in half a record; after anything else nobody knows. */
  #noteWriteFailure(error: unknown): unknown {
    if (!isDiskFull(error)) return this.#fail(error)
    this.#mustRotate = true
    return error
  }

  #fail(cause: unknown): StorageError {
    this.#failure ??=
      cause instanceof StorageError
        ? cause
        : new StorageError('the manifest could not be brought to stable storage', { cause })
    return this.#failure
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #isLong(): boolean {
    const { position } = this.#file
    return position > this.#rotationSizeBytes && position > 2 * this.#firstRecordLength
  }

  #encode(edit: VersionEdit | undefined, number: number): Uint8Array {
    const { storeId } = this.#parts
    const synced = { fileNumber: number, offset: number === this.#number ? this.#syncedLength : 0 }
    return edit === undefined ? encodeSyncMark(synced, storeId) : encodeEditRecord(edit, synced, storeId)
  }
}

function pendingEdit(
  edit: VersionEdit | undefined,
  install: (state: ManifestState) => void,
  resolve: () => void,
  reject: (error: unknown) => void,
): PendingEdit {
  return { edit, install, resolve, reject, record: undefined, inSuccessor: false, installed: false }
}

function currentUnknown(cause: unknown): StorageError {
  return new StorageError('CURRENT could not be replaced', { cause })
}

function stateWith(state: ManifestState, edit: VersionEdit | undefined): ManifestState {
  return edit === undefined ? state : applyEdit(state, edit)
}
