/**
 * The way of a write into the store. A put is encoded into the arena of the active MemTable and brought into
 * the tree, not yet visible. The open group collects such entries until the running code lets go (a microtask)
 * or it has grown large; then it is closed: header and checksum, one write to the log, and only after that it
 * is published and its writers are told. Groups are closed, written and published in one order, that of the
 * sequence numbers.
 *
 * Everything between two `await`s here is one synchronous stretch; that, and the one order, is all the locking
 * there is. Writes that must wait go through the queue (write-queue.ts), and while anything is in there, all
 * later writes do.
 */

import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { EntryFlag, EntryKind, type SequenceNumber } from '../entry/entry.ts'
import { entryHeaderSizeBytes, keyLengthByte } from '../entry/entry-layout.ts'
import { InvalidArgumentError, isDiskFull } from '../errors.ts'
import type { StoreId } from '../log/file-header.ts'
import {
  type RecordHeader,
  RecordType,
  recordHeaderSizeBytes,
  sealRecord,
  sealRecordInSlices,
} from '../log/record-format.ts'
import type { WriteAheadLog } from '../log/write-ahead-log.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { checkBatchSize, checkOperation } from './arguments.ts'
import { CommitGroup } from './commit-group.ts'
import { encodeKey, encodeValue } from './encode-arguments.ts'
import { type EntryEncoder, entryOverheadBytes, rawEncoder } from './entry-encoder.ts'
import type { BatchOperation, Durability, WriteOptions } from './key-value-store.ts'
import type { LogSet } from './log-set.ts'
import type { LogSyncer } from './log-syncer.ts'
import type { StoreHealth } from './store-health.ts'
import type { TurnWatch } from './turn-watch.ts'
import { type StepNeed, WriteQueue } from './write-queue.ts'

const MiB = 1024 * 1024
/** A group is closed when it has so many bytes, or an eighth of an arena if that is less. */
const groupSizeBytesMax = MiB
const groupArenaShare = 8
/** Larger writes to the log do not block. */
const blockingWriteSizeBytesMax = MiB
/** Slices of large batches take about this long. */
const sliceMs = 2
const entriesBetweenClockReads = 32
const hashSliceSizeBytes = MiB

/** What the pipeline needs of the rest of the store. */
export interface WritePipelineParts<K, V> {
  readonly encoder: EntryEncoder<K, V>
  readonly durability: Durability
  readonly storeId: StoreId
  /** Size of the usual arenas; a group is closed when it has an eighth of that, or 1 MiB. */
  readonly arenaSizeBytes: number
  readonly logs: LogSet
  readonly syncer: LogSyncer
  readonly health: StoreHealth
  readonly turns: TurnWatch
  readonly monotonicMs: () => number
  readonly microtask: (run: () => void) => void
  readonly immediate: (run: () => void) => void
  readonly tables: TableRotation
  /** Writes should wait a little, or longer: asked before each group. */
  readonly isHeldBack: () => boolean
  /** Resolves when a write that found no room, or was held back, should try again. */
  readonly waitForRoom: () => Promise<void>
  readonly waitForRoomSync: () => void
  /** A group of so many bytes was closed. */
  readonly onGroup: (sizeBytes: number) => void
  /** The logs hold something that is not synced. */
  readonly onDirty: () => void
  /** A write was refused because the disk is full. */
  readonly onRefusedFull: () => void
}

/** The MemTables as the pipeline sees them. */
export interface TableRotation {
  readonly active: MemTable
  /** Seals the active table and puts an empty one in its place; `false` when there is no memory for one. */
  rotate(baseSequence: SequenceNumber): boolean
  /**
   * Seals the active table and puts in its place one in a memory of its own, made for one batch of so many
   * entries and bytes; `false` while another such is not flushed yet.
   */
  rotateToOwn(baseSequence: SequenceNumber, entryCount: number, sizeBytes: number): boolean
  /** All tables, newest first: those that a failed write must hide entries of. */
  readonly all: readonly MemTable[]
  /** Groups were published or rejected: sealed tables may be ready to be flushed. */
  settled(): void
}

/** Operations that are written whole or not at all. */
interface WriteRequest<A, B> {
  readonly operations: readonly BatchOperation<A, B>[]
  readonly encoder: EntryEncoder<A, B>
  readonly durability: Durability
  /** A put or delete of its own: errors name its key and value without an index. */
  readonly isSingle: boolean
}

export interface WriteStatistics {
  entryCount: number
  payloadBytes: number
  groupCount: number
  logBytes: number
}

export class WritePipeline<K, V> {
  readonly #parts: WritePipelineParts<K, V>
  readonly #queue: WriteQueue
  readonly #groupSizeBytesMax: number
  /** The group that entries join. */
  #group: CommitGroup | undefined
  /** Closed groups whose non-blocking write is under way, in order. */
  readonly #inFlight: CommitGroup[] = []
  /** Where closed `memory` groups that are not in the log yet begin in the active table. */
  #pendingStart: number | undefined
  /** The active table's arena end of those. */
  #pendingEnd = 0
  #nextSequence: SequenceNumber
  #publishedSequence: SequenceNumber
  /** The last sequence number that was handed to the log. */
  #writtenSequence: SequenceNumber
  readonly statistics: WriteStatistics = { entryCount: 0, payloadBytes: 0, groupCount: 0, logBytes: 0 }

  constructor(parts: WritePipelineParts<K, V>, nextSequence: SequenceNumber) {
    this.#parts = parts
    this.#groupSizeBytesMax = Math.min(groupSizeBytesMax, parts.arenaSizeBytes / groupArenaShare)
    this.#nextSequence = nextSequence
    this.#publishedSequence = nextSequence - 1
    this.#writtenSequence = nextSequence - 1
    this.#queue = new WriteQueue({
      nextTurn: () => parts.turns.nextTurn(),
      waitForRoom: parts.waitForRoom,
      waitForRoomSync: parts.waitForRoomSync,
    })
  }

  /** What readers see: everything up to here. */
  get publishedSequence(): SequenceNumber {
    return this.#publishedSequence
  }

  get writtenSequence(): SequenceNumber {
    return this.#writtenSequence
  }

  /** The next number that a write gets. */
  get nextSequence(): SequenceNumber {
    return this.#nextSequence
  }

  get queueLength(): number {
    return this.#queue.length
  }

  put(key: K, value: V, options?: WriteOptions): Promise<void> {
    try {
      options?.signal?.throwIfAborted()
      const durability = options?.durability ?? this.#parts.durability
      if (this.#mustQueue()) {
        return this.#enqueue(this.#kept({ type: 'put', key, value }, durability), options?.signal)
      }
      const bound = this.#parts.encoder.preparePut(key, value)
      const group = bound > this.#groupSizeBytesMax ? undefined : this.#groupFor(1, bound)
      if (group === undefined) {
        return this.#enqueue(this.#kept({ type: 'put', key, value }, durability), options?.signal)
      }
      this.#admitOne(group, EntryKind.put, key, value, durability)
      return group.promiseFor(durability)
    } catch (error) {
      return Promise.reject(named(error, this.#single({ type: 'put', key, value }, 'os'), 0))
    }
  }

  delete(key: K, options?: WriteOptions): Promise<void> {
    try {
      options?.signal?.throwIfAborted()
      const durability = options?.durability ?? this.#parts.durability
      const bound = this.#mustQueue() ? Infinity : this.#parts.encoder.prepareDelete(key)
      const group = bound > this.#groupSizeBytesMax ? undefined : this.#groupFor(1, bound)
      if (group === undefined) {
        return this.#enqueue(this.#kept({ type: 'delete', key }, durability), options?.signal)
      }
      this.#admitOne(group, EntryKind.tombstone, key, undefined, durability)
      return group.promiseFor(durability)
    } catch (error) {
      return Promise.reject(named(error, this.#single({ type: 'delete', key }, 'os'), 0))
    }
  }

  /** Writes all operations or none. What they hold must not change until the promise is settled. */
  batch<A, B>(
    operations: readonly BatchOperation<A, B>[],
    encoder: EntryEncoder<A, B>,
    options?: WriteOptions,
  ): Promise<void> {
    try {
      options?.signal?.throwIfAborted()
      const durability = options?.durability ?? this.#parts.durability
      const request = { operations, encoder, durability, isSingle: false }
      if (!this.#mustQueue()) {
        if (operations.length === 0) return Promise.resolve()
        const group = this.#admitBatch(request)
        if (group !== undefined) return group.promiseFor(durability)
      }
      return this.#enqueue(request, options?.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** {@link put} or {@link delete}, blocking. */
  writeSync(operation: BatchOperation<K, V>, options?: WriteOptions): void {
    this.#writeSyncRequest(
      this.#single(operation, options?.durability ?? this.#parts.durability),
      options?.signal,
    )
  }

  /** {@link batch}, blocking. */
  batchSync(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): void {
    const durability = options?.durability ?? this.#parts.durability
    const { encoder } = this.#parts
    this.#writeSyncRequest({ operations, encoder, durability, isSingle: false }, options?.signal)
  }

  /** Everything that waits goes first. */
  #writeSyncRequest(request: WriteRequest<K, V>, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    this.#refuseIfNotWritable()
    this.#queue.drainSync()
    this.#closeGroup()
    this.#refuseIfNotWritable()
    if (request.operations.length === 0) return
    const steps = this.#admitSteps(request)
    let step = steps.next()
    for (; !step.done; step = steps.next()) if (step.value === 'room') this.#parts.waitForRoomSync()
    this.#closeGroup(true)
    const { failure } = step.value
    if (failure !== undefined) throw failure
    if (request.durability === 'disk') this.#parts.syncer.syncSync()
  }

  /** Closes the open group and puts everything that only memory holds into the log. */
  writeOut(): void {
    this.#closeGroup()
    this.#writePending()
  }

  /** Waits until nothing waits in the queue and nothing is under way to the log. */
  async idle(): Promise<void> {
    while (!this.#queue.isEmpty || this.#inFlight.length > 0 || this.#group !== undefined) {
      this.#closeGroup()
      if (this.#inFlight.length === 0 && this.#queue.isEmpty) break
      await this.#parts.turns.nextTurn()
    }
  }

  /** Seals the active table, so that it can be flushed; `false` when there is no memory for another. */
  seal(): boolean {
    this.#closeGroup()
    return this.#rotate()
  }

  /** The disk has room again: goes on with a number behind all that anybody may have seen. */
  restart(nextSequence: SequenceNumber): void {
    this.#nextSequence = nextSequence
    this.#publishedSequence = nextSequence - 1
    this.#writtenSequence = nextSequence - 1
    this.#pendingStart = undefined
  }

  /** Refuses whatever waits. */
  refuse(error: unknown): void {
    this.#queue.rejectAll(error)
  }

  #mustQueue(): boolean {
    this.#refuseIfNotWritable()
    return !this.#queue.isEmpty || (this.#group === undefined && this.#parts.isHeldBack())
  }

  #refuseIfNotWritable(): void {
    const { health } = this.#parts
    if (health.isWritable) return
    if (health.state === 'full') this.#parts.onRefusedFull()
    throw health.refusal()
  }

  #enqueue<A, B>(request: WriteRequest<A, B>, signal: AbortSignal | undefined): Promise<void> {
    return this.#queue.add({ signal, steps: () => this.#queuedSteps(request) })
  }

  *#queuedSteps<A, B>(request: WriteRequest<A, B>): Generator<StepNeed, Promise<void>> {
    while (this.#parts.isHeldBack()) {
      yield 'room'
      this.#refuseIfNotWritable()
    }
    if (request.operations.length === 0) return Promise.resolve()
    const group = yield* this.#admitSteps(request)
    return group.promiseFor(request.durability)
  }

  /** Brings a batch of any size into a group, waiting for room where there is none. */
  *#admitSteps<A, B>(request: WriteRequest<A, B>): Generator<StepNeed, CommitGroup> {
    const isLarge = this.#boundOf(request) > this.#groupSizeBytesMax
    for (;;) {
      this.#refuseIfNotWritable()
      const group = isLarge ? yield* this.#admitLarge(request) : this.#admitBatch(request)
      if (group !== undefined) return group
      yield 'room'
    }
  }

  /** A group with room for so many entries and bytes, or `undefined` while there is no memory. */
  #groupFor(entryCount: number, sizeBytes: number): CommitGroup | undefined {
    const { tables } = this.#parts
    const open = this.#group
    if (open !== undefined) {
      const size = open.table.appendOffset - open.start
      const isSmall = open.entryCount === 0 || size + sizeBytes <= this.#groupSizeBytesMax
      if (isSmall && open.table.hasRoomFor(entryCount, sizeBytes)) return open
      this.#closeGroup()
      this.#refuseIfNotWritable()
    }
    const needed = sizeBytes + recordHeaderSizeBytes
    if (!tables.active.hasRoomFor(entryCount, needed)) {
      if (!this.#rotate()) return undefined
    }
    return this.#openGroup()
  }

  #openGroup(): CommitGroup {
    const table = this.#parts.tables.active
    const group = new CommitGroup(table, table.startGroup(recordHeaderSizeBytes), this.#nextSequence)
    this.#group = group
    const close = (): void => {
      if (this.#group === group) this.#closeGroup()
    }
    if (this.#parts.turns.isOverdue()) this.#parts.immediate(close)
    else this.#parts.microtask(close)
    return group
  }

  #admitOne(group: CommitGroup, kind: EntryKind, key: K, value: V | undefined, durability: Durability): void {
    const { table } = group
    const before = table.appendOffset
    const offset = this.#parts.encoder.append(
      table,
      this.#nextSequence,
      kind,
      key,
      value,
      EntryFlag.endOfBatch,
    )
    this.#insert(table, offset)
    this.statistics.payloadBytes += table.appendOffset - before
    group.entryCount++
    group.join(durability)
    this.#nextSequence++
  }

  /** Brings a batch into the open group, or a new one; `undefined` when it is too large or there is no room. */
  #admitBatch<A, B>(request: WriteRequest<A, B>): CommitGroup | undefined {
    const { operations } = request
    const bound = this.#boundOf(request)
    if (bound > this.#groupSizeBytesMax) return undefined
    const group = this.#groupFor(operations.length, bound)
    if (group === undefined) return undefined
    const { table } = group
    const first = table.appendOffset
    try {
      for (let i = 0; i < operations.length; i++) this.#appendOperation(table, request, i)
    } catch (error) {
      table.takeBackTo(first)
      throw error
    }
    this.#countBatch(group, operations.length, table.appendOffset - first, request.durability)
    for (let offset = first; offset < table.appendOffset; ) offset = this.#insert(table, offset)
    return group
  }

  /**
   * A batch that is a group of its own, in slices: measured, appended, inserted, hashed. Its sequence numbers
   * are taken before the first entry is in the tree, so that none is used twice if the store fails in between.
   */
  *#admitLarge<A, B>(request: WriteRequest<A, B>): Generator<StepNeed, CommitGroup | undefined> {
    const { operations } = request
    const pause = new SlicePause(this.#parts.monotonicMs)
    let sizeBytes = recordHeaderSizeBytes + 8
    for (let i = 0; i < operations.length; i++) {
      sizeBytes += exactSize(request, i)
      checkBatchSize(sizeBytes)
      if (pause.isDue()) yield 'turn'
    }
    this.#closeGroup()
    this.#refuseIfNotWritable()
    if (!this.#makeRoom(operations.length, sizeBytes)) return undefined
    const table = this.#parts.tables.active
    const group = new CommitGroup(table, table.startGroup(recordHeaderSizeBytes), this.#nextSequence)
    const first = table.appendOffset
    try {
      for (let i = 0; i < operations.length; i++) {
        this.#appendOperation(table, request, i)
        if (pause.isDue()) yield 'turn'
      }
    } catch (error) {
      table.takeBackTo(group.start)
      throw error
    }
    this.#countBatch(group, operations.length, table.appendOffset - first, request.durability)
    for (let offset = first; offset < table.appendOffset; ) {
      offset = this.#insert(table, offset)
      if (pause.isDue()) yield 'turn'
    }
    group.end = table.startGroup(0)
    this.#writePending()
    const log = this.#logFor(group)
    if (log === undefined) return group
    const start = table.positionOf(group.start)
    const length = group.end - group.start
    const { storeId } = this.#parts
    for (const _ of sealRecordInSlices(
      table.bytes,
      start,
      length,
      this.#headerOf(group, log),
      storeId,
      hashSliceSizeBytes,
    )) {
      if (pause.isDue()) yield 'turn'
    }
    if (this.#parts.health.isWritable) this.#hand(group, log, false)
    else this.#fail(this.#parts.health.refusal(), group)
    this.#leaveOwn()
    return group
  }

  /** Makes the active table one that surely takes the batch. */
  #makeRoom(entryCount: number, sizeBytes: number): boolean {
    const { tables } = this.#parts
    const isOversize = MemTable.arenaSizeFor(entryCount, sizeBytes) > this.#parts.arenaSizeBytes
    if (!isOversize) return tables.active.hasRoomFor(entryCount, sizeBytes) || this.#rotate()
    // A table made for the batch before is flushed, and its memory free, only once it is sealed.
    if (!this.#leaveOwn()) return false
    this.#writePending()
    return tables.rotateToOwn(this.#nextSequence, entryCount, sizeBytes)
  }

  /** Makes sure that the active table is not one that was made for a single batch. */
  #leaveOwn(): boolean {
    return this.#parts.tables.active.arena.sizeBytes <= this.#parts.arenaSizeBytes || this.#rotate()
  }

  #rotate(): boolean {
    this.#writePending()
    return this.#parts.tables.rotate(this.#nextSequence)
  }

  #appendOperation<A, B>(table: MemTable, request: WriteRequest<A, B>, i: number): void {
    const { operations, encoder } = request
    const operation = operations[i] as BatchOperation<A, B>
    const flags = i === operations.length - 1 ? EntryFlag.endOfBatch : 0
    const sequence = this.#nextSequence + i
    try {
      if (operation.type === 'put') {
        encoder.preparePut(operation.key, operation.value)
        encoder.append(table, sequence, EntryKind.put, operation.key, operation.value, flags)
      } else {
        encoder.prepareDelete(operation.key)
        encoder.append(table, sequence, EntryKind.tombstone, operation.key, undefined, flags)
      }
    } catch (error) {
      throw named(error, request, i)
    }
  }

  #countBatch(group: CommitGroup, entryCount: number, sizeBytes: number, durability: Durability): void {
    group.entryCount += entryCount
    group.join(durability)
    this.#nextSequence += entryCount
    this.statistics.payloadBytes += sizeBytes
  }

  /** Brings an appended entry into the tree; returns where the next one begins. */
  #insert(table: MemTable, offset: number): number {
    const { bytes } = table
    const position = table.positionOf(offset)
    const keyLength =
      (bytes[position + keyLengthByte] as number) | ((bytes[position + keyLengthByte + 1] as number) << 8)
    hashKey(bytes, position + entryHeaderSizeBytes, keyLength)
    table.insertEntry(offset, keyHash.high, keyHash.low)
    this.statistics.entryCount++
    return table.entryEnd(offset)
  }

  #single(operation: BatchOperation<K, V>, durability: Durability): WriteRequest<K, V> {
    return { operations: [operation], encoder: this.#parts.encoder, durability, isSingle: true }
  }

  /** The same as bytes of our own: what the caller does to theirs while the write waits changes nothing. */
  #kept(operation: BatchOperation<K, V>, durability: Durability): WriteRequest<Uint8Array, Uint8Array> {
    const { keyEncoding, valueEncoding } = this.#parts.encoder
    const key = encodeKey(keyEncoding, operation.key)
    const kept: BatchOperation<Uint8Array, Uint8Array> =
      operation.type === 'put'
        ? { type: 'put', key, value: encodeValue(valueEncoding, operation.value) }
        : { type: 'delete', key }
    return { operations: [kept], encoder: rawEncoder, durability, isSingle: true }
  }

  /** The most bytes the batch takes, or something above what a group has. Checks the operations up to there. */
  #boundOf<A, B>(request: WriteRequest<A, B>): number {
    const { length } = request.operations
    let bound = 0
    for (let i = 0; i < length && bound <= this.#groupSizeBytesMax; i++) bound += boundOfOperation(request, i)
    return bound
  }

  /** Closes the open group, if any, and hands it to the log. */
  #closeGroup(isBlocking = false): void {
    const group = this.#group
    if (group === undefined) {
      if (isBlocking) this.#writeInFlightSync()
      return
    }
    this.#group = undefined
    if (group.entryCount === 0) {
      group.table.takeBackTo(group.start)
      return
    }
    group.end = group.table.startGroup(0)
    const log = this.#logFor(group)
    if (log === undefined) return
    const { table, start, end } = group
    sealRecord(
      table.bytes,
      table.positionOf(start),
      end - start,
      this.#headerOf(group, log),
      this.#parts.storeId,
    )
    if (!group.mustBeWritten && this.#inFlight.length === 0) this.#keepInMemory(group)
    else this.#hand(group, log, isBlocking)
  }

  /** The log that the group goes to; makes the first one. `undefined` when that failed and all was rejected. */
  #logFor(group: CommitGroup): WriteAheadLog | undefined {
    const { logs } = this.#parts
    try {
      return logs.current ?? logs.createFirstSync(this.#writtenSequence)
    } catch (error) {
      this.#fail(error, group)
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
    if (this.#pendingEnd - this.#pendingStart >= blockingWriteSizeBytesMax) this.#writePending()
  }

  /** Writes the group, and pending ones before it, to the log. */
  #hand(group: CommitGroup, log: WriteAheadLog, isBlocking: boolean): void {
    const { table } = group
    const start = this.#pendingStart ?? group.start
    this.#pendingStart = undefined
    const bytes = table.bytes.subarray(table.positionOf(start), table.positionOf(group.end))
    const isFree = this.#inFlight.length === 0 && !this.#parts.logs.isBusy
    try {
      if (isBlocking) {
        this.#writeInFlightSync()
        this.#writeSync(log, bytes, group)
      } else if (isFree && bytes.length <= blockingWriteSizeBytesMax) {
        this.#writeSync(log, bytes, group)
      } else {
        this.#writeLater(log, bytes, group)
      }
    } catch (error) {
      this.#fail(error, group)
    }
  }

  #writeSync(log: WriteAheadLog, bytes: Uint8Array, group: CommitGroup): void {
    const link = this.#parts.logs.pendingLink()
    if (link !== undefined) log.file.appendSync(link)
    log.file.appendSync(bytes)
    this.#accounted(log, bytes, group)
    this.#complete(group)
  }

  #writeLater(log: WriteAheadLog, bytes: Uint8Array, group: CommitGroup): void {
    const link = this.#parts.logs.pendingLink()
    if (link !== undefined) log.file.append(link).catch(() => undefined)
    const written = log.file.append(bytes)
    this.#accounted(log, bytes, group)
    this.#inFlight.push(group)
    written.then(
      () => this.#completeUpTo(group),
      (error: unknown) => this.#fail(error, group),
    )
  }

  /** Writes everything under way once more, blocking, and completes it. */
  #writeInFlightSync(): void {
    if (this.#inFlight.length === 0) return
    for (const log of this.#parts.logs.logs) log.file.flushPendingSync()
    const last = this.#inFlight.at(-1)
    if (last !== undefined) this.#completeUpTo(last)
  }

  /** Puts `memory` groups that are still pending into the log, as before the active table changes. */
  #writePending(): void {
    const start = this.#pendingStart
    const log = this.#parts.logs.current
    if (start === undefined || log === undefined) return
    this.#pendingStart = undefined
    const table = this.#parts.tables.active
    const bytes = table.bytes.subarray(table.positionOf(start), table.positionOf(this.#pendingEnd))
    try {
      this.#writeInFlightSync()
      const link = this.#parts.logs.pendingLink()
      if (link !== undefined) log.file.appendSync(link)
      log.file.appendSync(bytes)
      this.#writtenSequence = this.#publishedSequence
      log.lastSequence = this.#publishedSequence
      this.statistics.logBytes += bytes.length
    } catch (error) {
      this.#fail(error)
    }
  }

  #accounted(log: WriteAheadLog, bytes: Uint8Array, group: CommitGroup): void {
    log.lastSequence = group.lastSequence
    this.#writtenSequence = group.lastSequence
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
    this.#publish(group)
    if (group.diskWaiterCount === 0) return
    const { syncer } = this.#parts
    if (group.diskWaiterCount === 1 && syncer.isInlineWorthwhile && this.#inFlight.length === 0) {
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

  /**
   * A write to a log failed: everything that is not published never will be. A full disk can be got over;
   * anything else makes the store refuse writes until it is opened again.
   */
  #fail(error: unknown, group?: CommitGroup): void {
    const { health, tables } = this.#parts
    if (group?.isSettled) return
    const failure = isDiskFull(error) ? health.enterFull(error) : health.poison(error)
    const rejected = [...this.#inFlight.splice(0), group, this.#group]
    this.#group = undefined
    this.#pendingStart = undefined
    for (const table of tables.all) {
      if (table.largestSequence > this.#publishedSequence) table.visibleLimit = this.#publishedSequence
    }
    for (const each of rejected) {
      if (each === undefined || each.isSettled) continue
      each.reject(failure)
    }
    this.#queue.rejectAll(failure)
    tables.settled()
  }
}

/** Says when a slice of a long piece of work has lasted long enough. */
class SlicePause {
  readonly #monotonicMs: () => number
  #countdown = entriesBetweenClockReads
  #sliceBeganMs: number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#sliceBeganMs = monotonicMs()
  }

  isDue(): boolean {
    if (--this.#countdown > 0) return false
    this.#countdown = entriesBetweenClockReads
    const now = this.#monotonicMs()
    if (now - this.#sliceBeganMs < sliceMs) return false
    this.#sliceBeganMs = now
    return true
  }
}

function boundOfOperation<A, B>(request: WriteRequest<A, B>, i: number): number {
  const operation = request.operations[i] as BatchOperation<A, B>
  checkOperation(operation, i)
  try {
    return operation.type === 'put'
      ? request.encoder.preparePut(operation.key, operation.value)
      : request.encoder.prepareDelete(operation.key)
  } catch (error) {
    throw named(error, request, i)
  }
}

/** Bytes that the entry will really take, for batches too large to reserve their bound. */
function exactSize<A, B>(request: WriteRequest<A, B>, i: number): number {
  boundOfOperation(request, i)
  const { encoder } = request
  const operation = request.operations[i] as BatchOperation<A, B>
  const key = encoder.keyBytes ?? encodeKey(encoder.keyEncoding, operation.key)
  if (operation.type === 'delete') return key.length + entryOverheadBytes
  const value = encoder.valueBytes ?? encodeValue(encoder.valueEncoding, operation.value)
  return key.length + value.length + entryOverheadBytes
}

/** The error with the place of the operation in its message. */
function named<A, B>(
  error: unknown,
  { operations, encoder, isSingle }: WriteRequest<A, B>,
  i: number,
): unknown {
  const operation = operations[i] as BatchOperation<A, B>
  if (!(error instanceof InvalidArgumentError)) return error
  const place = isSingle ? '' : `operations[${i}].`
  try {
    encodeKey(encoder.keyEncoding, operation.key, `${place}key`)
    if (operation.type === 'put') encodeValue(encoder.valueEncoding, operation.value, `${place}value`)
  } catch (better) {
    return better
  }
  return error
}
