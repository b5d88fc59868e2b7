/**
 * The way of a write into the store, first half. A put is encoded into the arena of the active MemTable and
 * brought into the tree, not yet visible. The open group collects such entries until the running code lets go (a
 * microtask) or it has grown large; then it is closed and handed to the GroupCommitter, which writes it to the
 * log and publishes it.
 *
 * Everything between two `await`s here is one synchronous stretch; that, and the one order of groups, is all the
 * locking there is. Writes that must wait go through the queue (write-queue.ts), and while anything is in there,
 * all later writes do.
 */
import { EntryFlag, EntryKind, type SequenceNumber } from '../entry/entry.ts'
import type { StoreError } from '../errors.ts'
import { recordHeaderSizeBytes } from '../log/record-format.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { checkBatchSize } from './arguments.ts'
import { CommitGroup } from './commit-group.ts'
import type { EntryEncoder } from './entry-encoder.ts'
import { type CommittedTables, GroupCommitter, type GroupCommitterParts } from './group-committer.ts'
import type { BatchOperation, Durability, WriteOptions } from './key-value-store.ts'
import { SlicePause } from './slice-pause.ts'
import type { TurnWatch } from './turn-watch.ts'
import { type StepNeed, WriteQueue } from './write-queue.ts'
import { boundOf, exactSize, keptRequest, named, type WriteRequest } from './write-request.ts'

const MiB = 1024 * 1024
/** A group is closed when it has so many bytes, or an eighth of an arena if that is less. */
const groupSizeBytesMax = MiB
const groupArenaShare = 8
/** So much of a large batch is brought into the tree between two looks at the time. */
const insertSliceSizeBytes = 2048

/** What the pipeline needs of the rest of the store. */
export interface WritePipelineParts<K, V> extends GroupCommitterParts {
  readonly encoder: EntryEncoder<K, V>
  readonly durability: Durability
  readonly turns: TurnWatch
  readonly monotonicMs: () => number
  readonly microtask: (run: () => void) => void
  readonly immediate: (run: () => void) => void
  /** Runs a piece of work that the event loop waits for. */
  readonly measure: <R>(act: () => R) => R
  readonly tables: TableRotation
  /** Writes should wait a little, or longer: asked before each group. */
  readonly isHeldBack: () => boolean
  /** What a crash left must be in segments first: blocking writes, which are never held back, ask that. */
  readonly isRecovering: () => boolean
  /** Resolves when a write that found no room, or was held back, should try again. */
  readonly waitForRoom: () => Promise<void>
  readonly waitForRoomSync: () => void
  /** A write was refused because the disk is full. */
  readonly onRefusedFull: () => void
  /** Whoever waits for room should look again: there is none to come. */
  readonly onFailed: () => void
}

/** The MemTables as the pipeline sees them. */
export interface TableRotation extends CommittedTables {
  /** Seals the active table and puts an empty one in its place; `false` when there is no memory for one. */
  rotate(baseSequence: SequenceNumber): boolean
  /**
   * Seals the active table and puts in its place one in a memory of its own, made for one batch of so many
   * entries and bytes; `false` while another such is not flushed yet.
   */
  rotateToOwn(baseSequence: SequenceNumber, entryCount: number, sizeBytes: number): boolean
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
  #nextSequence: SequenceNumber
  readonly #committer: GroupCommitter
  #entryCount = 0
  #payloadBytes = 0

  constructor(parts: WritePipelineParts<K, V>, nextSequence: SequenceNumber) {
    this.#parts = parts
    this.#groupSizeBytesMax = Math.min(groupSizeBytesMax, parts.arenaSizeBytes / groupArenaShare)
    this.#nextSequence = nextSequence
    this.#committer = new GroupCommitter(parts, nextSequence, (failure) => this.#onFailed(failure))
    this.#queue = new WriteQueue({
      nextTurn: () => parts.turns.nextTurn(),
      measure: parts.measure,
      waitForRoom: parts.waitForRoom,
      waitForRoomSync: () => this.#waitForRoomSync(),
    })
  }

  /** What readers see: everything up to here. */
  get publishedSequence(): SequenceNumber {
    return this.#committer.publishedSequence
  }

  /** The last sequence number that is in the log. */
  get writtenSequence(): SequenceNumber {
    return this.#committer.writtenSequence
  }

  /** The next number that a write gets. */
  get nextSequence(): SequenceNumber {
    return this.#nextSequence
  }

  /** Counts since the store was opened. */
  get statistics(): WriteStatistics {
    return { entryCount: this.#entryCount, payloadBytes: this.#payloadBytes, ...this.#committer.statistics }
  }

  put(key: K, value: V, options?: WriteOptions): Promise<void> {
    try {
      options?.signal?.throwIfAborted()
      const durability = options?.durability ?? this.#parts.durability
      if (this.#mustQueue()) {
        return this.#enqueue(
          keptRequest({ type: 'put', key, value }, this.#parts.encoder, durability),
          options?.signal,
        )
      }
      const bound = this.#parts.encoder.preparePut(key, value)
      const group = bound > this.#groupSizeBytesMax ? undefined : this.#groupFor(1, bound)
      if (group === undefined) {
        return this.#enqueue(
          keptRequest({ type: 'put', key, value }, this.#parts.encoder, durability),
          options?.signal,
        )
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
        return this.#enqueue(
          keptRequest({ type: 'delete', key }, this.#parts.encoder, durability),
          options?.signal,
        )
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
        const group = this.#parts.measure(() => this.#admitBatch(request))
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
    while (this.#parts.isRecovering()) {
      this.#waitForRoomSync()
      this.#refuseIfNotWritable()
    }
    const steps = this.#admitSteps(request)
    let step = steps.next()
    for (; !step.done; step = steps.next()) if (step.value === 'room') this.#waitForRoomSync()
    this.#closeGroup(true)
    const { failure } = step.value
    if (failure !== undefined) throw failure
    if (request.durability === 'disk') this.#parts.syncer.syncSync()
  }

  /** Closes the open group and puts everything that only memory holds into the log. */
  writeOut(): void {
    this.#closeGroup()
    this.#committer.writePending()
  }

  /** Waits until nothing waits in the queue and nothing is under way to the log. */
  async idle(): Promise<void> {
    this.#closeGroup()
    while (!this.#queue.isEmpty || !this.#committer.isIdle) {
      await this.#parts.turns.nextTurn()
      this.#closeGroup()
    }
  }

  /**
   * Seals the active table, so that it can be flushed, once all writes before this call have joined a group. In
   * the queue, because a large batch must not lose its table while it is brought in.
   */
  seal(signal: AbortSignal | undefined): Promise<void> {
    return this.#queue.add({ signal, steps: () => this.#sealSteps() })
  }

  /** The disk has room again: goes on with a number behind all that anybody may have seen. */
  restart(nextSequence: SequenceNumber): void {
    this.#nextSequence = nextSequence
    this.#committer.restart(nextSequence)
  }

  /** Refuses whatever waits and has not begun. */
  refuse(error: unknown): void {
    this.#queue.rejectWaiting(error)
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
    for (;;) {
      this.#refuseIfNotWritable()
      if (!this.#parts.isHeldBack()) break
      yield 'room'
    }
    if (request.operations.length === 0) return Promise.resolve()
    const group = yield* this.#admitSteps(request)
    return group.promiseFor(request.durability)
  }

  *#sealSteps(): Generator<StepNeed, Promise<void>> {
    for (;;) {
      this.#closeGroup()
      this.#refuseIfNotWritable()
      if (this.#parts.tables.active.entryCount === 0 || this.#rotate()) return Promise.resolve()
      yield 'room'
    }
  }

  /** Brings a batch of any size into a group, waiting for room where there is none. */
  *#admitSteps<A, B>(request: WriteRequest<A, B>): Generator<StepNeed, CommitGroup> {
    const isLarge = boundOf(request, this.#groupSizeBytesMax) > this.#groupSizeBytesMax
    for (;;) {
      this.#refuseIfNotWritable()
      const group = isLarge ? yield* this.#admitLarge(request) : this.#admitBatch(request)
      if (group !== undefined) return group
      yield 'room'
    }
  }

  /** Tables with groups on their way to the log cannot be flushed: those come first. */
  #waitForRoomSync(): void {
    this.#committer.finishInFlightSync()
    this.#parts.waitForRoomSync()
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
    table.insertEntries(offset)
    this.#entryCount++
    this.#payloadBytes += table.appendOffset - before
    group.entryCount++
    group.join(durability)
    this.#nextSequence++
  }

  /** Brings a batch into the open group, or a new one; `undefined` when it is too large or there is no room. */
  #admitBatch<A, B>(request: WriteRequest<A, B>): CommitGroup | undefined {
    const { operations } = request
    const bound = boundOf(request, this.#groupSizeBytesMax)
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
    table.insertEntries(first)
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
      offset = table.insertEntries(offset, Math.min(offset + insertSliceSizeBytes, table.appendOffset))
      if (pause.isDue()) yield 'turn'
    }
    group.end = table.startGroup(0)
    yield* this.#committer.commitInSlices(group, pause)
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
    this.#committer.writePending()
    return tables.rotateToOwn(this.#nextSequence, entryCount, sizeBytes)
  }

  /** Makes sure that the active table is not one that was made for a single batch. */
  #leaveOwn(): boolean {
    return this.#parts.tables.active.arena.sizeBytes <= this.#parts.arenaSizeBytes || this.#rotate()
  }

  #rotate(): boolean {
    this.#committer.writePending()
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
    this.#entryCount += entryCount
    this.#payloadBytes += sizeBytes
  }

  #single(operation: BatchOperation<K, V>, durability: Durability): WriteRequest<K, V> {
    return { operations: [operation], encoder: this.#parts.encoder, durability, isSingle: true }
  }

  /** Closes the open group, if any, and commits it. `isBlocking`: all that is under way is in the log then. */
  #closeGroup(isBlocking = false): void {
    const group = this.#group
    this.#group = undefined
    if (group === undefined || group.entryCount === 0) {
      group?.table.takeBackTo(group.start)
      if (isBlocking) this.#committer.finishInFlightSync()
      return
    }
    group.end = group.table.startGroup(0)
    this.#committer.commit(group, isBlocking)
  }

  /** A write to the log failed: nothing that waits will be written. */
  #onFailed(failure: StoreError): void {
    const group = this.#group
    this.#group = undefined
    group?.reject(failure)
    this.#queue.rejectAll(failure)
    this.#parts.onFailed()
  }
}
