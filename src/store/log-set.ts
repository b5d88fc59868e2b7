/**
 * The logs of an open store: the one being written, the next one kept ready (created, synced and named in the
 * manifest ahead of need, so that switching costs no sync), and those before, until their MemTables are
 * flushed. Also knows how far the disk holds everything: `syncedPosition` goes into every record.
 */
import { isDiskFull } from '../errors.ts'
import type { FileSystem } from '../fs/file-system.ts'
import type { StoreId } from '../log/file-header.ts'
import type { SyncedPosition } from '../log/record-format.ts'
import { WriteAheadLog } from '../log/write-ahead-log.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'

export interface LogSetParts {
  readonly fs: FileSystem
  readonly directory: string
  readonly storeId: StoreId
  readonly manifest: Manifest
  readonly nextFileNumber: () => number
  /** The next log could not be made ready; the current one is written on, and it is tried again later. */
  readonly onPrepareFailed: (error: unknown) => void
  /** Before the first file is made: takes the proof of a clean close away. */
  readonly beforeChangeSync: () => void
  readonly onFirstLog: (log: WriteAheadLog) => void
}

/** What a sync that begins now will have made durable when it returns. */
export interface SyncPoint {
  readonly logs: readonly { readonly log: WriteAheadLog; readonly length: number }[]
}

export class LogSet {
  readonly #parts: LogSetParts
  #current: WriteAheadLog | undefined
  #next: WriteAheadLog | undefined
  #preparing: Promise<void> | undefined
  /** The store is being closed: no log is made any more. */
  #isStopped = false
  /** Counts `abandon`, so that a log made ready for what was abandoned is not used afterwards. */
  #epoch = 0
  /** Logs before the current one, ascending, until they are dropped. */
  #older: WriteAheadLog[] = []
  #syncedPosition: SyncedPosition = { fileNumber: 0, offset: 0 }

  constructor(parts: LogSetParts) {
    this.#parts = parts
  }

  /** The log being written, or `undefined` before the first write. */
  get current(): WriteAheadLog | undefined {
    return this.#current
  }

  /** The next log, once it is ready. */
  get next(): WriteAheadLog | undefined {
    return this.#next
  }

  get syncedPosition(): SyncedPosition {
    return this.#syncedPosition
  }

  get logs(): readonly WriteAheadLog[] {
    return this.#current === undefined ? this.#older : [...this.#older, this.#current]
  }

  /** Whether a non-blocking write is under way in any log. */
  get isBusy(): boolean {
    return this.#current?.file.isBusy === true || this.#older.some((log) => log.file.isBusy)
  }

  /** Makes the first log, blocking: once in the life of a handle, at the first write. */
  createFirstSync(lastSequence: number): WriteAheadLog {
    this.#parts.beforeChangeSync()
    const log = WriteAheadLog.createSync(
      this.#parts.fs,
      this.#parts.directory,
      this.#parts.nextFileNumber(),
      this.#parts.storeId,
    )
    try {
      this.#parts.manifest.appendSync(namingEdit(log), () => {})
    } catch (error) {
      // After anything else the manifest may name it.
      if (isDiskFull(error)) void log.discard()
      throw error
    }
    this.#start(log, lastSequence)
    this.#parts.onFirstLog(log)
    return log
  }

  /**
   * Goes over to the next log if it is ready.
   *
   * @returns whether it did; otherwise the current log is written on, which is as good.
   */
  switch(): boolean {
    // Made ready before the first log, the next one would have the lower number, and be replayed first.
    if (this.#current === undefined) return false
    if (this.#next === undefined) {
      this.#prepareNext()
      return false
    }
    // Half a mark at its end would look like damage if power loss took what the next log says about that end.
    if (!this.#current.file.isWhole) return false
    const previous = this.#current
    this.#older.push(previous)
    const next = this.#next
    this.#next = undefined
    this.#start(next, previous.lastSequence)
    return true
  }

  /** The record that must come first in the current log, if that is still empty. */
  pendingLink(): Uint8Array | undefined {
    const log = this.#current
    if (log === undefined || !log.isEmpty) return undefined
    const previous = this.#older.at(-1)
    const link = {
      previousNumber: previous?.number ?? 0,
      previousLength: previous?.file.position ?? 0,
      lastSequence: log.lastSequence,
    }
    return log.encodeLink(link, this.#syncedPosition)
  }

  /** Everything written and not known to be synced, oldest log first. */
  beginSync(): SyncPoint {
    const dirty = this.logs.filter(
      (log) => log.syncedLength < log.file.writtenLength && !this.#isOnlyMarked(log),
    )
    return { logs: dirty.map((log) => ({ log, length: log.file.writtenLength })) }
  }

  /** A sync of all that `beginSync` named has returned. */
  completeSync(point: SyncPoint): void {
    for (const { log, length } of point.logs) log.syncedLength = Math.max(log.syncedLength, length)
    for (const log of this.logs) {
      this.#syncedPosition = { fileNumber: log.number, offset: log.syncedLength }
      if (log.syncedLength < log.file.position) break
    }
  }

  /** Repeats the synced position at the end of the current log. Nobody misses it when that fails. */
  writeSyncMark(): void {
    const log = this.#current
    if (log === undefined || log.isEmpty || this.#syncedPosition.fileNumber === 0) return
    if (log.syncedLength < log.file.position) return
    if (log.file.tryAppendSync(log.encodeSyncMark(this.#syncedPosition))) log.markedLength = log.file.position
  }

  /** Makes the next sync one of everything to the last byte: a proof is going to speak of the length of logs. */
  forgetMarks(): void {
    for (const log of this.logs) log.markedLength = 0
  }

  /** Whether all that is not synced in the current log is a mark, which is not worth a sync. */
  #isOnlyMarked(log: WriteAheadLog): boolean {
    return log === this.#current && log.markedLength === log.file.position
  }

  /** Lets go of logs below `number`; their files are the caller's to remove. */
  dropBelow(number: number): WriteAheadLog[] {
    const dropped = this.#older.filter((log) => log.number < number)
    this.#older = this.#older.filter((log) => log.number >= number)
    return dropped
  }

  /** Gives up every log, as after a full disk: the next write starts a first one again. */
  abandon(): WriteAheadLog[] {
    const abandoned = [...this.logs]
    if (this.#next !== undefined) abandoned.push(this.#next)
    this.#older = []
    this.#current = undefined
    this.#next = undefined
    this.#epoch++
    return abandoned
  }

  /** Waits for the next log that is being made ready, and makes none from then on. */
  async stopPreparing(): Promise<void> {
    this.#isStopped = true
    await this.#preparing
  }

  async close(): Promise<void> {
    await this.#preparing
    for (const log of this.logs) await log.close()
    await this.#next?.close()
  }

  #start(log: WriteAheadLog, lastSequence: number): void {
    log.lastSequence = lastSequence
    this.#current = log
    this.#prepareNext()
  }

  #prepareNext(): void {
    if (this.#next !== undefined || this.#preparing !== undefined || this.#isStopped) return
    this.#preparing = this.#prepare().finally(() => {
      this.#preparing = undefined
    })
  }

  async #prepare(): Promise<void> {
    const epoch = this.#epoch
    const { fs, directory, storeId, manifest } = this.#parts
    let log: WriteAheadLog | undefined
    try {
      const created = await WriteAheadLog.create(fs, directory, this.#parts.nextFileNumber(), storeId)
      log = created
      await manifest.append(namingEdit(created), () => {
        if (epoch === this.#epoch) this.#next = created
      })
      if (epoch !== this.#epoch) await created.close()
    } catch (error) {
      // After anything else the manifest may name it.
      if (isDiskFull(error)) await log?.discard()
      this.#parts.onPrepareFailed(error)
    }
  }
}

/** Says that a log may hold acknowledged writes from now on. */
function namingEdit({ number }: WriteAheadLog): VersionEdit {
  return { added: [], removed: [], logNumbersAdded: [number], nextFileNumber: number + 1 }
}
