/**
 * The store on disk: a log-structured merge-tree behind the contract of SyncKeyValueStore. This class checks
 * what callers hand over, turns keys and values into bytes and back, and hands on: writes to the WritePipeline,
 * reads to PointLookups and RangeScan over the current ReadView, everything else to the StoreEngine.
 */

import { ByteViews } from '../bytes/byte-views.ts'
import { isBytes } from '../encoding/bytes-encoding.ts'
import { describeValue } from '../encoding/describe-value.ts'
import type { CustomEncoding, Encoding, EncodingName } from '../encoding/encoding.ts'
import { EncodingGuard } from '../encoding/encoding-guard.ts'
import type { EncodedTypes } from '../encoding/resolve-encoding.ts'
import { batchSizeBytesMax, type EntryView, keyLengthMax, valueLengthMax } from '../entry/entry.ts'
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import { nodeFileSystem } from '../fs/node-file-system.ts'
import { approximateSize } from './approximate-size.ts'
import {
  checkArray,
  checkClearOptions,
  checkCompactOptions,
  checkFunction,
  checkOptionNames,
  checkRangeOptions,
  checkReadOptions,
  checkWaitOptions,
  checkWriteOptions,
} from './arguments.ts'
import { EncodedChainedBatch } from './chained-batch.ts'
import { checkStore } from './check-store.ts'
import { destroyStore } from './destroy-store.ts'
import { encodeBounds, encodeKey } from './encode-arguments.ts'
import { decodeKey, decodeValue, type EntryDecoder, entryDecoder } from './entry-decoder.ts'
import { EntryEncoder, rawEncoder } from './entry-encoder.ts'
import { type ClosesWithStore, IteratorHandle } from './iterator-handle.ts'
import {
  type BatchOperation,
  type ChainedBatch,
  type EntryIterator,
  type EntryVisitor,
  type KeyBounds,
  type RangeOptions,
  type ReadOptions,
  type Snapshot,
  type StoreCapabilities,
  SyncKeyValueStore,
  type ViewVisitor,
  type WaitOptions,
  type WriteOptions,
} from './key-value-store.ts'
import { openStore } from './open-store.ts'
import { PointLookups } from './point-lookups.ts'
import { RangeScan } from './range-scan.ts'
import { SequenceSnapshot } from './sequence-snapshot.ts'
import { resolveComponents, resolveSettings, type StoreOptions } from './settings.ts'
import { statusOf } from './status-of.ts'
import type { StoreEngine } from './store-engine.ts'
import type { StoreEventListener, StoreEventName } from './store-events.ts'
import type { CheckReport, StoreStatus } from './store-status.ts'

/** Everything that does not decide the types of keys and values. */
export type OptionsWithoutEncodings = Omit<StoreOptions, 'keyEncoding' | 'valueEncoding'>

/** Options whose encodings are named; the types of keys and values follow from the names. */
export type NamedOptions<K extends EncodingName, V extends EncodingName> = OptionsWithoutEncodings & {
  readonly keyEncoding?: K
  readonly valueEncoding?: V
}

export class LogStructuredStore<K = string, V = string> extends SyncKeyValueStore<K, V> {
  readonly capabilities: StoreCapabilities = {
    ordered: true,
    snapshots: true,
    durabilities: ['memory', 'os', 'disk'],
    keyLengthMax,
    valueLengthMax,
    batch: { atomic: true, sizeBytesMax: batchSizeBytesMax },
    ttlPrecisionMs: undefined,
    watch: false,
  }

  readonly #engine: StoreEngine<K, V>
  readonly #guard: EncodingGuard
  readonly #keyEncoding: Encoding<K>
  readonly #valueEncoding: Encoding<V>
  readonly #decodeEntry: EntryDecoder<K, V>
  readonly #encoder: EntryEncoder<K, V>
  readonly #lookups: PointLookups<K, V>
  readonly #iterators = new Set<ClosesWithStore>()
  readonly #snapshots = new Set<SequenceSnapshot>()
  #closing: Promise<void> | undefined

  /**
   * Opens the store in the folder `path`, and makes it when there is none. The types of keys and values follow
   * from the encodings; give them as type parameters where that is not enough:
   * `open<string, User>('./users', { valueEncoding: 'json' })`.
   *
   * @param path - a folder for this store alone.
   * @throws {LockedError} when another handle, here or in another process, has it open; names the holder.
   * @throws {CorruptionError} when what was synced is damaged or missing.
   * @throws {UnsupportedFormatError} when a newer release wrote it.
   * @throws {InvalidArgumentError} for wrong options, a path that is a file, or a folder that is no store.
   * @throws {StorageError} when the folder cannot be read or written.
   */
  static open<K extends EncodingName = 'utf8', V extends EncodingName = 'utf8'>(
    path: string,
    options?: NamedOptions<K, V>,
  ): Promise<LogStructuredStore<EncodedTypes[K], EncodedTypes[V]>>
  static open<V, K extends EncodingName = 'utf8'>(
    path: string,
    options: OptionsWithoutEncodings & {
      readonly keyEncoding?: K
      readonly valueEncoding: CustomEncoding<V>
    },
  ): Promise<LogStructuredStore<EncodedTypes[K], V>>
  static open<K, V extends EncodingName = 'utf8'>(
    path: string,
    options: OptionsWithoutEncodings & {
      readonly keyEncoding: CustomEncoding<K>
      readonly valueEncoding?: V
    },
  ): Promise<LogStructuredStore<K, EncodedTypes[V]>>
  static open<K, V>(
    path: string,
    options: OptionsWithoutEncodings & {
      readonly keyEncoding: CustomEncoding<K>
      readonly valueEncoding: CustomEncoding<V>
    },
  ): Promise<LogStructuredStore<K, V>>
  static open<K, V>(path: string, options: StoreOptions<K, V>): Promise<LogStructuredStore<K, V>>
  static async open<K, V>(path: string, options: StoreOptions<K, V> = {}): Promise<LogStructuredStore<K, V>> {
    checkPath(path)
    const settings = resolveSettings(options)
    const components = resolveComponents(options)
    const guard = new EncodingGuard()
    const keyEncoding = guard.watch(components.keyEncoding)
    const valueEncoding = guard.watch(components.valueEncoding)
    const engine = await openStore(path, settings, { ...components, keyEncoding, valueEncoding })
    return new LogStructuredStore(engine, guard, keyEncoding, valueEncoding)
  }

  /**
   * Removes the store in the folder `path` for good: every file of the store, and nothing else; the folder stays.
   * Where there is no store, nothing is to do. When it is cut short, do it again.
   *
   * @throws {LockedError} when somebody has it open.
   * @throws {InvalidArgumentError} for a path that is a file, or a folder that has other files and no store.
   * @throws {StorageError} when a file cannot be removed.
   */
  static async destroy(path: string, options: Pick<StoreOptions, 'fileSystem'> = {}): Promise<void> {
    checkPath(path)
    checkOptionNames('destroy', options, ['fileSystem'])
    await destroyStore(options.fileSystem ?? nodeFileSystem, path)
  }

  private constructor(
    engine: StoreEngine<K, V>,
    guard: EncodingGuard,
    keyEncoding: Encoding<K>,
    valueEncoding: Encoding<V>,
  ) {
    super()
    this.#engine = engine
    this.#guard = guard
    this.#keyEncoding = keyEncoding
    this.#valueEncoding = valueEncoding
    this.#decodeEntry = entryDecoder(keyEncoding, valueEncoding)
    this.#lookups = new PointLookups(engine, keyEncoding, valueEncoding)
    this.#encoder = new EntryEncoder(keyEncoding, valueEncoding)
  }

  /** The folder of the store. */
  get path(): string {
    return this.#engine.path
  }

  get(key: K, options?: ReadOptions): Promise<V | undefined> {
    try {
      return this.#lookups.get(key, this.#beginRead('get', options), options?.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  getSync(key: K, options?: ReadOptions): V | undefined {
    return this.#lookups.getSync(key, this.#beginRead('get', options))
  }

  has(key: K, options?: ReadOptions): Promise<boolean> {
    try {
      return this.#lookups.has(key, this.#beginRead('has', options), options?.signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  hasSync(key: K, options?: ReadOptions): boolean {
    return this.#lookups.hasSync(key, this.#beginRead('has', options))
  }

  async getMany(keys: readonly K[], options?: ReadOptions): Promise<(V | undefined)[]> {
    const limit = this.#beginRead('getMany', options)
    checkArray('keys', keys)
    return this.#lookups.getMany(keys, limit, options?.signal)
  }

  getManySync(keys: readonly K[], options?: ReadOptions): (V | undefined)[] {
    const limit = this.#beginRead('getMany', options)
    checkArray('keys', keys)
    return this.#lookups.getManySync(keys, limit)
  }

  getView<R>(key: K, visit: ViewVisitor<R>, options?: ReadOptions): R | undefined {
    checkFunction('visit', visit)
    return this.#lookups.visit(key, this.#beginRead('getView', options), visit)
  }

  getInto(key: K, target: Uint8Array, options?: ReadOptions): number | undefined {
    if (!isBytes(target)) {
      throw new InvalidArgumentError(`target must be a Uint8Array, got ${describeValue(target)}`)
    }
    return this.#lookups.copyInto(key, this.#beginRead('getInto', options), target)
  }

  put(key: K, value: V, options?: WriteOptions): Promise<void> {
    try {
      this.#beginWrite('put', options)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#engine.pipeline.put(key, value, options)
  }

  delete(key: K, options?: WriteOptions): Promise<void> {
    try {
      this.#beginWrite('delete', options)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#engine.pipeline.delete(key, options)
  }

  batch(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void>
  batch(): ChainedBatch<K, V>
  batch(
    ...call: [operations: readonly BatchOperation<K, V>[], options?: WriteOptions | undefined] | []
  ): Promise<void> | ChainedBatch<K, V> {
    return call.length === 0 ? this.#startBatch() : this.#writeBatch(...call)
  }

  putSync(key: K, value: V, options?: WriteOptions): void {
    this.#beginWrite('put', options)
    this.#engine.pipeline.writeSync({ type: 'put', key, value }, options)
  }

  deleteSync(key: K, options?: WriteOptions): void {
    this.#beginWrite('delete', options)
    this.#engine.pipeline.writeSync({ type: 'delete', key }, options)
  }

  batchSync(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): void {
    this.#beginWrite('batch', options)
    checkArray('operations', operations)
    this.#engine.pipeline.batchSync(operations, options)
  }

  async clear(range?: RangeOptions<K> & WriteOptions): Promise<void> {
    this.#assertOpen()
    checkClearOptions(range)
    const { durability, ...scan } = range ?? {}
    const scanned = this.#scan(scan, (entry) => keyCopyOf(entry))
    const keys = this.#track(scanned, scan)
    const writeOptions = { ...(durability && { durability }), ...(scan.signal && { signal: scan.signal }) }
    for await (const operations of deletesOf(keys)) {
      // What comes after the last look for waiting writes would be in no file.
      this.#assertOpen()
      await this.#engine.pipeline.batch(operations, rawEncoder, writeOptions)
    }
  }

  entries(range?: RangeOptions<K>): EntryIterator<K, [K, V]> {
    return this.#iterate('entries', range, this.#decodeEntry)
  }

  keys(range?: RangeOptions<K>): EntryIterator<K, K> {
    return this.#iterate('keys', range, (entry) => decodeKey(this.#keyEncoding, entry))
  }

  values(range?: RangeOptions<K>): EntryIterator<K, V> {
    return this.#iterate('values', range, (entry) => decodeValue(this.#valueEncoding, entry))
  }

  forEach(range: RangeOptions<K>, visit: EntryVisitor): number {
    checkFunction('visit', visit)
    this.#assertOpen()
    checkRangeOptions('forEach', range)
    const scan = this.#scan(range, () => undefined)
    const { arenas } = this.#engine
    const { signal } = range
    const views = new ByteViews()
    arenas.beginViewing()
    try {
      const visitEntry = (entry: EntryView): unknown => {
        if (signal?.aborted) throw signal.reason
        return visit(
          views.of(entry.keyBytes, entry.keyStart, entry.keyLength),
          views.of(entry.valueBytes, entry.valueStart, entry.valueLength),
        )
      }
      return scan.visit(range.limit ?? Number.POSITIVE_INFINITY, visitEntry, () => arenas.moveViewing())
    } finally {
      arenas.endViewing()
      scan.close()
    }
  }

  snapshot(): Snapshot {
    this.#assertOpen()
    const { live, pipeline } = this.#engine
    const sequence = pipeline.publishedSequence
    live.add(sequence)
    live.snapshotCount++
    const snapshot = new SequenceSnapshot(this, sequence, (closed) => {
      live.remove(sequence)
      live.snapshotCount--
      this.#snapshots.delete(closed)
      if (this.#closing === undefined) this.#engine.readerLeft()
    })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  /**
   * Brings everything written so far into segments. Rarely needed: it happens by itself. Writes that wait for room
   * come first, so this waits for them; pass a `signal` when it should not do so for ever.
   */
  async flush(options?: WaitOptions): Promise<void> {
    this.#assertOpen()
    checkWaitOptions('flush', options)
    await this.#engine.flush(options?.signal)
  }

  /** As far as segments tell: what only logs hold does not count. Opens segments at the ends of the bounds. */
  async approximateSize(bounds?: KeyBounds<K>): Promise<number> {
    this.#assertOpen()
    checkRangeOptions('approximateSize', bounds)
    return approximateSize(this.#engine.views, encodeBounds(this.#keyEncoding, bounds))
  }

  /**
   * Merges everything in the bounds down as far as it goes, after a {@link flush}. Rarely needed: it happens by
   * itself. When the `signal` is aborted, the merge that runs goes on, and no further one is begun.
   */
  async compact(options?: KeyBounds<K> & WaitOptions): Promise<void> {
    this.#assertOpen()
    checkCompactOptions(options)
    await this.#engine.compact(encodeBounds(this.#keyEncoding, options), options?.signal)
  }

  /** What the store is and does: plain data, no I/O. Also after `close()`. */
  status(): StoreStatus {
    return statusOf(
      this.#engine,
      this.#keyEncoding.name,
      this.#valueEncoding.name,
      this.#closing !== undefined,
    )
  }

  /** Reads every file and verifies every checksum and invariant. A report, not an error. */
  async check(): Promise<CheckReport> {
    this.#assertOpen()
    return checkStore(this.#engine)
  }

  on<N extends StoreEventName>(name: N, listener: StoreEventListener<N>): this {
    this.#engine.events.on(name, listener)
    return this
  }

  off<N extends StoreEventName>(name: N, listener: StoreEventListener<N>): this {
    this.#engine.events.off(name, listener)
    return this
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all(Array.from(this.#iterators, (iterator) => iterator.closeWithStore()))
    for (const snapshot of this.#snapshots) snapshot.close()
    await this.#engine.close()
  }

  /** Asked by every call. */
  #assertOpen(): void {
    this.#guard.check()
    if (this.#closing !== undefined)
      throw new ClosedError(`the store ${this.#engine.path} is closed; open it again`)
  }

  /** Checks a read and gives the sequence number that it reads at. */
  #beginRead(call: string, options: ReadOptions | undefined): number {
    this.#assertOpen()
    if (options === undefined) return this.#engine.pipeline.publishedSequence
    checkReadOptions(call, options)
    options.signal?.throwIfAborted()
    return this.#sequenceOf(options)
  }

  #beginWrite(call: string, options: WriteOptions | undefined): void {
    this.#assertOpen()
    if (options !== undefined) checkWriteOptions(call, options)
  }

  #sequenceOf({ snapshot }: ReadOptions): number {
    if (snapshot === undefined) return this.#engine.pipeline.publishedSequence
    return SequenceSnapshot.read(snapshot, this)
  }

  #startBatch(): ChainedBatch<K, V> {
    this.#assertOpen()
    return new EncodedChainedBatch({
      keyEncoding: this.#keyEncoding,
      valueEncoding: this.#valueEncoding,
      checkOpen: () => this.#assertOpen(),
      write: (operations, options) => this.#engine.pipeline.batch(operations, rawEncoder, options),
    })
  }

  #writeBatch(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void> {
    try {
      this.#beginWrite('batch', options)
      checkArray('operations', operations)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#engine.pipeline.batch(operations, this.#encoder, options)
  }

  #iterate<T>(
    call: string,
    range: RangeOptions<K> | undefined,
    itemOf: (entry: EntryView) => T,
  ): EntryIterator<K, T> {
    this.#assertOpen()
    checkRangeOptions(call, range)
    return this.#track(this.#scan(range, itemOf), range)
  }

  #scan<T>(range: RangeOptions<K> | undefined, itemOf: (entry: EntryView) => T): RangeScan<T> {
    const { live, views, pace } = this.#engine
    const bounds = encodeBounds(this.#keyEncoding, range)
    const sequence = this.#sequenceOf(range ?? {})
    live.add(sequence)
    live.iteratorCount++
    return new RangeScan<T>({
      views,
      pace,
      sequence,
      range: bounds,
      isReverse: range?.reverse ?? false,
      itemOf,
      onClose: (hasMoved) => {
        live.remove(sequence)
        live.iteratorCount--
        // Merges may have kept something for this reader alone.
        if (hasMoved && this.#closing === undefined) this.#engine.readerLeft()
      },
    })
  }

  #track<T>(source: RangeScan<T>, range: RangeOptions<K> | undefined): IteratorHandle<K, T> {
    const iterator = new IteratorHandle<K, T>({
      source,
      limit: range?.limit ?? Number.POSITIVE_INFINITY,
      signal: range?.signal,
      encodeTarget: (target) => encodeKey(this.#keyEncoding, target, 'target'),
      onClose: (handle) => this.#iterators.delete(handle),
      assertUsable: () => this.#guard.check(),
      measure: (act) => this.#engine.loopBlocks.measure(act),
      turn: () => this.#engine.turns.turn(),
    })
    this.#iterators.add(iterator)
    return iterator
  }
}

function checkPath(path: string): void {
  if (typeof path === 'string' && path !== '') return
  throw new InvalidArgumentError(`path must be the name of a folder, got ${describeValue(path)}`)
}

function keyCopyOf({ keyBytes, keyStart, keyLength }: EntryView): Uint8Array {
  return keyBytes.slice(keyStart, keyStart + keyLength)
}

/** Deletions of the keys, in batches as large as one may be. */
async function* deletesOf(
  keys: AsyncIterable<Uint8Array>,
): AsyncGenerator<BatchOperation<Uint8Array, Uint8Array>[]> {
  const overheadBytes = 32
  let operations: BatchOperation<Uint8Array, Uint8Array>[] = []
  let sizeBytes = 0
  for await (const key of keys) {
    if (sizeBytes + key.length + overheadBytes > batchSizeBytesMax / 2) {
      yield operations
      operations = []
      sizeBytes = 0
    }
    operations.push({ type: 'delete', key })
    sizeBytes += key.length + overheadBytes
  }
  if (operations.length > 0) yield operations
}
