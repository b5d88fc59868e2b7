/**
 * A store in memory alone: the simplest right answer to every call of the contract. For tests, for caches, and
 * as the oracle that the log-structured store is compared with; it loses everything when it is closed. Writes are
 * synchronous inside, so no call ever waits.
 */
import { isBytes } from '../encoding/bytes-encoding.ts'
import { describeValue } from '../encoding/describe-value.ts'
import type { CustomEncoding, Encoding, EncodingChoice, EncodingName } from '../encoding/encoding.ts'
import { EncodingGuard } from '../encoding/encoding-guard.ts'
import { type EncodedTypes, resolveEncoding } from '../encoding/resolve-encoding.ts'
import { batchSizeBytesMax, keyLengthMax, valueLengthMax } from '../entry/entry.ts'
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import {
  checkArray,
  checkBatchSize,
  checkClearOptions,
  checkCompactOptions,
  checkFunction,
  checkOperation,
  checkOptionNames,
  checkRangeOptions,
  checkReadOptions,
  checkWriteOptions,
} from './arguments.ts'
import { EncodedChainedBatch, type EncodedOperation } from './chained-batch.ts'
import { encodeBounds, encodeKey, encodeValue } from './encode-arguments.ts'
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
import { PictureSnapshot } from './picture-snapshot.ts'
import { PictureSource, type PictureStretch } from './picture-source.ts'
import { type EntriesPicture, findValue, indexesOf, SortedEntries } from './sorted-entries.ts'

/** What {@link InMemoryStore.open} takes. */
export interface InMemoryStoreOptions<K = string, V = string> {
  /** Default `utf8`: keys are strings. */
  readonly keyEncoding?: EncodingChoice<K>
  /** Default `utf8`: values are strings. */
  readonly valueEncoding?: EncodingChoice<V>
}

export class InMemoryStore<K = string, V = string> extends SyncKeyValueStore<K, V> {
  readonly capabilities: StoreCapabilities = {
    ordered: true,
    snapshots: true,
    durabilities: ['memory'],
    keyLengthMax,
    valueLengthMax,
    batch: { atomic: true, sizeBytesMax: batchSizeBytesMax },
    ttlPrecisionMs: undefined,
    watch: false,
  }

  readonly #guard = new EncodingGuard()
  readonly #keyEncoding: Encoding<K>
  readonly #valueEncoding: Encoding<V>
  readonly #entries = new SortedEntries()
  readonly #iterators = new Set<ClosesWithStore>()
  readonly #snapshots = new Set<PictureSnapshot>()
  #sequenceNumber = 0
  #closing: Promise<void> | undefined

  /**
   * Makes an empty store. The types of keys and values follow from the encodings; give them as type parameters
   * where that is not enough: `InMemoryStore.open<string, User>({ valueEncoding: 'json' })`.
   */
  static open<K extends EncodingName = 'utf8', V extends EncodingName = 'utf8'>(options?: {
    readonly keyEncoding?: K
    readonly valueEncoding?: V
  }): InMemoryStore<EncodedTypes[K], EncodedTypes[V]>
  static open<V, K extends EncodingName = 'utf8'>(options: {
    readonly keyEncoding?: K
    readonly valueEncoding: CustomEncoding<V>
  }): InMemoryStore<EncodedTypes[K], V>
  static open<K, V extends EncodingName = 'utf8'>(options: {
    readonly keyEncoding: CustomEncoding<K>
    readonly valueEncoding?: V
  }): InMemoryStore<K, EncodedTypes[V]>
  static open<K, V>(options: {
    readonly keyEncoding: CustomEncoding<K>
    readonly valueEncoding: CustomEncoding<V>
  }): InMemoryStore<K, V>
  static open<K, V>(options: InMemoryStoreOptions<K, V>): InMemoryStore<K, V>
  static open<K, V>(options: InMemoryStoreOptions<K, V> = {}): InMemoryStore<K, V> {
    checkOptionNames('open', options, ['keyEncoding', 'valueEncoding'])
    return new InMemoryStore<K, V>(
      resolveEncoding('keyEncoding', options.keyEncoding ?? 'utf8'),
      resolveEncoding('valueEncoding', options.valueEncoding ?? 'utf8'),
    )
  }

  private constructor(keyEncoding: Encoding<K>, valueEncoding: Encoding<V>) {
    super()
    this.#keyEncoding = this.#guard.watch(keyEncoding)
    this.#valueEncoding = this.#guard.watch(valueEncoding)
  }

  getSync(key: K, options?: ReadOptions): V | undefined {
    const value = this.#find('get', key, options)
    return value && this.#decodeValue(value)
  }

  getManySync(keys: readonly K[], options?: ReadOptions): (V | undefined)[] {
    this.#checkOpen()
    checkReadOptions('getMany', options)
    checkArray('keys', keys)
    const picture = this.#pictureFor(options?.snapshot)
    return Array.from(keys, (key, index) => {
      const value = findValue(picture, encodeKey(this.#keyEncoding, key, `keys[${index}]`))
      return value && this.#decodeValue(value)
    })
  }

  hasSync(key: K, options?: ReadOptions): boolean {
    return this.#find('has', key, options) !== undefined
  }

  getView<R>(key: K, visit: ViewVisitor<R>, options?: ReadOptions): R | undefined {
    checkFunction('visit', visit)
    const value = this.#find('getView', key, options)
    return value && visit(value)
  }

  getInto(key: K, target: Uint8Array, options?: ReadOptions): number | undefined {
    if (!isBytes(target)) {
      throw new InvalidArgumentError(`target must be a Uint8Array, got ${describeValue(target)}`)
    }
    const value = this.#find('getInto', key, options)
    if (value === undefined) return undefined
    target.set(value.subarray(0, target.length))
    return value.length
  }

  putSync(key: K, value: V, options?: WriteOptions): void {
    this.#checkOpen()
    checkWriteOptions('put', options)
    const keyBytes = encodeKey(this.#keyEncoding, key)
    this.#apply([{ type: 'put', key: keyBytes, value: encodeValue(this.#valueEncoding, value) }])
  }

  deleteSync(key: K, options?: WriteOptions): void {
    this.#checkOpen()
    checkWriteOptions('delete', options)
    this.#apply([{ type: 'delete', key: encodeKey(this.#keyEncoding, key) }])
  }

  batchSync(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): void {
    this.#checkOpen()
    checkWriteOptions('batch', options)
    checkArray('operations', operations)
    let sizeBytes = 0
    const encoded = Array.from(operations, (operation, index): EncodedOperation => {
      const encodedOperation = this.#encodeOperation(operation, index)
      sizeBytes += encodedOperation.key.length
      if (encodedOperation.type === 'put') sizeBytes += encodedOperation.value.length
      checkBatchSize(sizeBytes)
      return encodedOperation
    })
    this.#apply(encoded)
  }

  forEach(range: RangeOptions<K>, visit: EntryVisitor): number {
    checkFunction('visit', visit)
    const { picture, from, to, reverse, letGo } = this.#walk('forEach', range)
    try {
      const count = Math.min(to - from, range.limit ?? Number.POSITIVE_INFINITY)
      for (let i = 0; i < count; i++) {
        const index = reverse ? to - 1 - i : from + i
        const goOn = visit(picture.keys[index] as Uint8Array, picture.values[index] as Uint8Array)
        if (goOn === false) return i + 1
      }
      return count
    } finally {
      letGo()
    }
  }

  entries(range?: RangeOptions<K>): EntryIterator<K, [K, V]> {
    return this.#iterate('entries', range, (key, value) => [this.#decodeKey(key), this.#decodeValue(value)])
  }

  keys(range?: RangeOptions<K>): EntryIterator<K, K> {
    return this.#iterate('keys', range, (key) => this.#decodeKey(key))
  }

  values(range?: RangeOptions<K>): EntryIterator<K, V> {
    return this.#iterate('values', range, (_, value) => this.#decodeValue(value))
  }

  snapshot(): Snapshot {
    this.#checkOpen()
    const snapshot = new PictureSnapshot(this.#snapshots, this.#sequenceNumber, this.#entries.current)
    this.#snapshots.add(snapshot)
    return snapshot
  }

  async get(key: K, options?: ReadOptions): Promise<V | undefined> {
    return this.getSync(key, options)
  }

  async getMany(keys: readonly K[], options?: ReadOptions): Promise<(V | undefined)[]> {
    return this.getManySync(keys, options)
  }

  async has(key: K, options?: ReadOptions): Promise<boolean> {
    return this.hasSync(key, options)
  }

  async put(key: K, value: V, options?: WriteOptions): Promise<void> {
    this.putSync(key, value, options)
  }

  async delete(key: K, options?: WriteOptions): Promise<void> {
    this.deleteSync(key, options)
  }

  batch(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void>
  batch(): ChainedBatch<K, V>
  batch(
    ...call: [operations: readonly BatchOperation<K, V>[], options?: WriteOptions | undefined] | []
  ): Promise<void> | ChainedBatch<K, V> {
    return call.length === 0 ? this.#startBatch() : this.#batchAsync(...call)
  }

  async clear(range?: RangeOptions<K> & WriteOptions): Promise<void> {
    this.#checkOpen()
    checkClearOptions(range)
    const picture = this.#pictureFor(range?.snapshot)
    const [from, to] = indexesOf(picture, encodeBounds(this.#keyEncoding, range))
    const count = Math.min(to - from, range?.limit ?? Number.POSITIVE_INFINITY)
    const first = range?.reverse ? to - count : from
    if (picture === this.#entries.current) this.#entries.deleteBetween(first, first + count)
    else for (const key of picture.keys.slice(first, first + count)) this.#entries.delete(key)
    this.#sequenceNumber += count
  }

  /** The lengths of keys and values. */
  async approximateSize(bounds?: KeyBounds<K>): Promise<number> {
    this.#checkOpen()
    checkRangeOptions('approximateSize', bounds)
    const { keys, values } = this.#entries.current
    const [from, to] = indexesOf(this.#entries.current, encodeBounds(this.#keyEncoding, bounds))
    let sizeBytes = 0
    for (let i = from; i < to; i++) {
      sizeBytes += (keys[i] as Uint8Array).length + (values[i] as Uint8Array).length
    }
    return sizeBytes
  }

  /** Nothing is ever left to merge here. */
  async compact(options?: KeyBounds<K> & WaitOptions): Promise<void> {
    this.#checkOpen()
    checkCompactOptions(options)
    encodeBounds(this.#keyEncoding, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    for (const snapshot of this.#snapshots) snapshot.close()
    await Promise.all(Array.from(this.#iterators, (iterator) => iterator.closeWithStore()))
  }

  #checkOpen(): void {
    this.#guard.check()
    if (this.#closing !== undefined) throw new ClosedError('the store is closed; open it again')
  }

  #find(call: string, key: K, options: ReadOptions | undefined): Uint8Array | undefined {
    this.#checkOpen()
    checkReadOptions(call, options)
    return findValue(this.#pictureFor(options?.snapshot), encodeKey(this.#keyEncoding, key))
  }

  /** What a read with this snapshot sees, for use before the next write. */
  #pictureFor(snapshot: Snapshot | undefined): EntriesPicture {
    if (snapshot === undefined) return this.#entries.current
    if (!(snapshot instanceof PictureSnapshot) || !snapshot.isOf(this.#snapshots)) {
      throw new InvalidArgumentError('the snapshot was made by another store; each store reads its own')
    }
    if (!this.#snapshots.has(snapshot)) throw new ClosedError('the snapshot is closed')
    return snapshot.picture
  }

  /** Checks the options of a scan and holds what it is to see. */
  #walk(call: string, range: RangeOptions<K> | undefined): PictureStretch {
    this.#checkOpen()
    checkRangeOptions(call, range)
    const picture = this.#pictureFor(range?.snapshot)
    const [from, to] = indexesOf(picture, encodeBounds(this.#keyEncoding, range))
    return { picture, from, to, reverse: range?.reverse ?? false, letGo: picture.hold() }
  }

  #iterate<T>(
    call: string,
    range: RangeOptions<K> | undefined,
    itemOf: (key: Uint8Array, value: Uint8Array) => T,
  ): EntryIterator<K, T> {
    const source = new PictureSource(this.#walk(call, range), itemOf)
    const iterator = new IteratorHandle<K, T>({
      source,
      limit: range?.limit ?? Number.POSITIVE_INFINITY,
      signal: range?.signal,
      encodeTarget: (target) => encodeKey(this.#keyEncoding, target, 'target'),
      onClose: (handle) => this.#iterators.delete(handle),
      assertUsable: () => this.#guard.check(),
    })
    this.#iterators.add(iterator)
    return iterator
  }

  #startBatch(): ChainedBatch<K, V> {
    this.#checkOpen()
    return new EncodedChainedBatch({
      keyEncoding: this.#keyEncoding,
      valueEncoding: this.#valueEncoding,
      checkOpen: () => this.#checkOpen(),
      write: async (operations) => this.#apply(operations),
    })
  }

  async #batchAsync(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void> {
    this.batchSync(operations, options)
  }

  #encodeOperation(operation: BatchOperation<K, V>, index: number): EncodedOperation {
    checkOperation(operation, index)
    const key = encodeKey(this.#keyEncoding, operation.key, `operations[${index}].key`)
    if (operation.type === 'delete') return { type: 'delete', key }
    return {
      type: 'put',
      key,
      value: encodeValue(this.#valueEncoding, operation.value, `operations[${index}].value`),
    }
  }

  /** All or none: nothing here can fail. */
  #apply(operations: readonly EncodedOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') this.#entries.put(operation.key, operation.value)
      else this.#entries.delete(operation.key)
      this.#sequenceNumber++
    }
  }

  #decodeKey(key: Uint8Array): K {
    return this.#keyEncoding.decode(key, 0, key.length, false)
  }

  #decodeValue(value: Uint8Array): V {
    return this.#valueEncoding.decode(value, 0, value.length, false)
  }
}
