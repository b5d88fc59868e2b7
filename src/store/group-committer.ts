/**
 * The second half of the write pipeline: what happens to a group once it is closed. It gets its checksum, goes
 * to the log (blocking when it is small and the log is free, else by a write in the background), and only then
 * is it published, so that readers see it, and its writers are told. Groups go through here in one order, that
 * of the sequence numbers; when the write of one fails, all behind it are rejected too.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import { isDiskFull, type StoreError } from '../errors.ts'
import { fileHeaderSizeBytes, type StoreId } from '../log/file-header.ts'
import {
  checksumSizeBytes,
  type RecordHeader,
  RecordType,
  sealRecordInSlices,
  writeRecordHeader,
} from '../log/record-format.ts'
import type { WriteAheadLog } from '../log/write-ahead-log.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { CommitGroup } from './commit-group.ts'
import type { LogSet } from './log-set.ts'
import type { LogSyncer } from './log-syncer.ts'
import type { SlicePause } from './slice-pause.ts'
import type { StoreHealth } from './store-health.ts'

/** Larger writes to the log do not block. So much takes about a millisecond, where the disk keeps up. */
const blockingWriteSizeBytesMax = 2 * 1024 * 1024
/** As much as this of `memory` groups waits for the next write to the log, and no more. */
const pendingSizeBytesMax = 1024 * 1024
const hashSliceSizeBytes = 1024 * 1024
/** So much room is written ahead at a time, or an eighth of an arena if that is less. */
const roomSizeBytesMax = 128 * 1024
const roomArenaShare = 8
/** Writes get room that are no longer than this share of it, while no more than the other share is not synced. */
const roomWriteShare = 4
const roomUnsyncedShare = 2

export interface GroupCommitterParts {
  readonly storeId: StoreId
  readonly logs: LogSet
  readonly syncer: LogSyncer
  readonly health: StoreHealth
  readonly tables: CommittedTables
  /** Size of the usual arenas. */
  readonly arenaSizeBytes: number
  /** So many bytes of a group went to the log. */
  readonly onGroup: (sizeBytes: number) => void
  /** There is something that is not synced. */
  readonly onDirty: () => void
}

/** The MemTables as the committer sees them. */
export interface CommittedTables {
  readonly active: MemTable
  /** All tables, newest first: those that a failed write must hide entries of. */
  readonly all: readonly MemTable[]
  /** Groups were published or rejected: sealed tables may be ready to be flushed. */
  settled(): void
}

export class GroupCommitter {
  readonly #parts: GroupCommitterParts
  readonly #roomSizeBytes: number
  /** Told when a write failed: whoever waits to become part of a later group is refused, too. */
  readonly #onFailed: (failure: StoreError) => void
  /** Closed groups whose write in the background is under way, in order. */
  readonly #inFlight: CommitGroup[] = []
  /** Where closed `memory` groups that are not in the log yet begin and end in the active table. */
  #pendingStart: number | undefined
  #pendingEnd = 0
  #publishedSequence: SequenceNumber
  #writtenSequence: SequenceNumber
  /** Groups and bytes that went to the log. */
  readonly statistics: { groupCount: number; logBytes: number } = { groupCount: 0, logBytes: 0 }

  constructor(
    parts: GroupCommitterParts,
    nextSequence: SequenceNumber,
    onFailed: (failure: StoreError) => void,
  ) {
    this.#parts = parts
    this.#roomSizeBytes = Math.min(roomSizeBytesMax, parts.arenaSizeBytes / roomArenaShare)
    this.#onFailed = onFailed
    this.#publishedSequence = nextSequence - 1
    this.#writtenSequence = nextSequence - 1
  }

  /** What readers see: everything up to here. */
  get publishedSequence(): SequenceNumber {
    return this.#publishedSequence
  }

  /** The last sequence number that is in the log. */
  get writtenSequence(): SequenceNumber {
    return this.#writtenSequence
  }

  /** Whether nothing is under way to the log. */
  get isIdle(): boolean {
    return this.#inFlight.length === 0
  }

  /** Commits a closed group. `isBlocking`: it is in the log, and published or rejected, when this returns. */
  commit(group: CommitGroup, isBlocking: boolean): void {
    const log = this.#logFor(group)
    if (log === undefined) return
    const { table, start, end } = group
    const { high, low } = this.#parts.storeId
    writeRecordHeader(table.bytes, table.positionOf(start), end - start, this.#headerOf(group, log))
    table.writeHash(start + checksumSizeBytes, end, high, low, start)
    if (!group.mustBeWritten && this.isIdle) this.#keepInMemory(group)
    else this.#write(group, log, isBlocking)
  }

  /** {@link commit} of a large group: the checksum is computed in slices, and there is a pause where one is due. */
  *commitInSlices(group: CommitGroup, pause: SlicePause): Generator<'turn'> {
    this.writePending()
    const log = this.#logFor(group)
    if (log === undefined) return
    const { table, start, end } = group
    const position = table.positionOf(start)
    const header = this.#headerOf(group, log)
    const slices = sealRecordInSlices(
      table.bytes,
      position,
      end - start,
      header,
      this.#parts.storeId,
      hashSliceSizeBytes,
    )
    for (const _ of slices) if (pause.isDue()) yield 'turn'
    if (this.#parts.health.isWritable) this.#write(group, log, false)
    else this.fail(this.#parts.health.refusal(), group)
  }

  /** Puts `memory` groups that are still pending into the log. Before the active table changes, and now and then. */
  writePending(): void {
    const start = this.#pendingStart
    const log = this.#parts.logs.current
    if (start === undefined || log === undefined) return
    this.#pendingStart = undefined
    const table = this.#parts.tables.active
    const bytes = table.bytes.subarray(table.positionOf(start), table.positionOf(this.#pendingEnd))
    try {
      this.finishInFlightSync()
      this.#appendSync(log, bytes)
      this.#writtenSequence = this.#publishedSequence
      log.lastSequence = this.#publishedSequence
      this.statistics.logBytes += bytes.length
    } catch (error) {
      this.fail(error)
    }
  }

  /** Writes everything under way once more, blocking, and completes it. Throws what it rejected groups with. */
  finishInFlightSync(): void {
    const last = this.#inFlight.at(-1)
    if (last === undefined) return
    try {
      for (const log of this.#parts.logs.logs) log.file.flushPendingSync()
    } catch (error) {
      this.fail(error)
      throw this.#parts.health.refusal()
    }
    this.#completeUpTo(last)
  }

  /** The disk has room again: goes on with a number behind all that anybody may have seen. */
  restart(nextSequence: SequenceNumber): void {
    this.#publishedSequence = nextSequence - 1
    this.#writtenSequence = nextSequence - 1
    this.#pendingStart = undefined
  }

  /**
   * A write to a log failed, or the store refuses writes: what is not published never will be. A full disk can be
   * got over; anything else makes the store refuse writes until it is opened again.
   */
  fail(error: unknown, group?: CommitGroup): void {
    if (group?.isSettled) return
    const { tables } = this.#parts
    const failure = this.#failureFor(error)
    this.#pendingStart = undefined
    for (const log of this.#parts.logs.logs) log.file.giveUp(error)
    for (const table of tables.all) {
      if (table.largestSequence > this.#publishedSequence) table.visibleLimit = this.#publishedSequence
    }
    for (const each of [...this.#inFlight.splice(0), group])
      if (each?.isSettled === false) each.reject(failure)
    this.#onFailed(failure)
    tables.settled()
  }

  #failureFor(error: unknown): StoreError {
    const { health } = this.#parts
    if (!health.isWritable) return health.refusal()
    return isDiskFull(error) ? health.enterFull(error) : health.poison(error)
  }

  /** The log that the group goes to; makes the first one. `undefined` when the group was rejected. */
  #logFor(group: CommitGroup): WriteAheadLog | undefined {
    const { logs, health } = this.#parts
    try {
      if (!health.isWritable) throw health.refusal()
      return logs.current ?? logs.createFirstSync(this.#writtenSequence)
    } catch (error) {
      this.fail(error, group)
      return undefined
    }
  }

  #headerOf(group: CommitGroup, log: WriteAheadLog): RecordHeader {
    return {
      type: RecordType.group,
      fileNumber: log.number,
      firstSequence: group.firstSequence,
      entryCount: group.entryCount,
      synced: this.#parts.logs.syncedPosition,
    }
  }

  /** A group that nobody wants written yet: visible now, in the log with the next one that is. */
  #keepInMemory(group: CommitGroup): void {
    this.#pendingStart ??= group.start
    this.#pendingEnd = group.end
    this.#publish(group)
    this.#parts.onDirty()
    if (this.#pendingEnd - this.#pendingStart >= pendingSizeBytesMax) this.writePending()
  }

  /** Writes the group, and pending ones before it, to the log. */
  #write(group: CommitGroup, log: WriteAheadLog, isBlocking: boolean): void {
    const { table } = group
    const start = this.#pendingStart ?? group.start
    this.#pendingStart = undefined
    const bytes = table.bytes.subarray(table.positionOf(start), table.positionOf(group.end))
    const isFree = this.isIdle && !this.#parts.logs.isBusy
    try {
      if (isBlocking) this.finishInFlightSync()
      if (group.diskWaiterCount > 0) this.#makeRoom(log, bytes.length)
      if (isBlocking || (isFree && bytes.length <= blockingWriteSizeBytesMax)) {
        this.#appendSync(log, bytes)
        this.#account(log, bytes, group)
        this.#complete(group)
      } else {
        this.#appendLater(log, bytes, group)
      }
    } catch (error) {
      this.fail(error, group)
    }
  }

  /**
   * A stream of small writes that are synced goes into room written ahead, which makes the syncs cheaper. The first of a
   * log is no stream yet; and where much is synced at a time, it makes no difference.
   */
  #makeRoom(log: WriteAheadLog, sizeBytes: number): void {
    const roomSizeBytes = this.#roomSizeBytes
    const isStream =
      log.syncedLength > fileHeaderSizeBytes &&
      sizeBytes <= roomSizeBytes / roomWriteShare &&
      log.file.position - log.syncedLength <= roomSizeBytes / roomUnsyncedShare
    if (isStream) this.statistics.logBytes += log.file.makeRoom(sizeBytes, roomSizeBytes)
  }

  #appendSync(log: WriteAheadLog, bytes: Uint8Array): void {
    const link = this.#parts.logs.pendingLink()
    if (link !== undefined) log.file.appendSync(link)
    log.file.appendSync(bytes)
  }

  #appendLater(log: WriteAheadLog, bytes: Uint8Array, group: CommitGroup): void {
    const link = this.#parts.logs.pendingLink()
    // One write is under way over all logs: a group must not be in its log before those of an older log are.
    const older = this.#parts.logs.logs.filter((each) => each !== log && each.file.isBusy)
    const begin = older.length === 0 ? undefined : Promise.all(older.map(({ file }) => file.settled))
    // A link that cannot be written fails the group behind it as well, which is where that is handled.
    if (link !== undefined) log.file.append(link, begin).catch(() => undefined)
    const written = log.file.append(bytes, begin)
    this.#account(log, bytes, group)
    this.#inFlight.push(group)
    written.then(
      () => this.#completeUpTo(group),
      (error: unknown) => this.fail(error, group),
    )
  }

  #account(log: WriteAheadLog, bytes: Uint8Array, group: CommitGroup): void {
    log.lastSequence = group.lastSequence
    this.statistics.groupCount++
    this.statistics.logBytes += bytes.length
    this.#parts.onGroup(bytes.length)
    this.#parts.onDirty()
  }

  #completeUpTo(group: CommitGroup): void {
    if (group.isSettled) return
    for (let first = this.#inFlight.shift(); first !== undefined; first = this.#inFlight.shift()) {
      this.#complete(first)
      if (first === group) break
    }
  }

  /** The group is in the log: shows it to readers and tells its writers, or lets it be synced first. */
  #complete(group: CommitGroup): void {
    this.#writtenSequence = group.lastSequence
    this.#publish(group)
    if (group.diskWaiterCount === 0) return
    const { syncer } = this.#parts
    if (group.diskWaiterCount === 1 && syncer.isInlineWorthwhile && this.isIdle) {
      try {
        syncer.syncSync()
        group.resolveSynced()
      } catch (error) {
        group.reject(error)
      }
      return
    }
    syncer.sync().then(
      () => group.resolveSynced(),
      (error: unknown) => group.reject(error),
    )
  }

  #publish(group: CommitGroup): void {
    this.#publishedSequence = group.lastSequence
    group.isSettled = true
    group.resolveWritten()
    this.#parts.tables.settled()
  }
}
