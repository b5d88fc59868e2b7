/**
 * `varve/level`: a Varve store behind the interface of abstract-level 3, in the place of classic-level. It stands
 * on the contract `KeyValueStore` alone, so it works over any store whose keys and values are bytes; over a folder
 * it opens the store on disk itself. abstract-level does what does not depend on the store: states, encodings,
 * sublevels, hooks, events. docs/level.md is the page for users.
 */
import type { AbstractDatabaseOptions, AbstractSnapshot } from 'abstract-level'
import { SyncKeyValueStore } from '../../store/key-value-store.ts'
import { LogStructuredStore } from '../../store/log-structured-store.ts'
import type { StoreOptions } from '../../store/settings.ts'
import type { IteratorCallOptions } from './item-feed.ts'
import { LevelChainedBatch, type LevelOperation, storeOperationsOf } from './level-batch.ts'
import { LevelBase, type LevelBoundsOptions } from './level-calls.ts'
import { inTermsOfLevel, LevelError, throwLevelError } from './level-error.ts'
import {
  bytesOf,
  itemOf,
  type KeyFormat,
  type LevelItem,
  passingBytesOf,
  textOf,
  type ValueFormat,
} from './level-format.ts'
import {
  type EntryIteratorCallOptions,
  LevelIterator,
  LevelKeyIterator,
  LevelValueIterator,
} from './level-iterators.ts'
import type { OpenCallOptions, VarveLevelOptions } from './level-options.ts'
import { boundsOf, type LevelRange } from './level-range.ts'
import { LevelSnapshot, readOptionsOf } from './level-snapshot.ts'
import { type ByteStore, type StoreSource, storeSourceOf } from './store-source.ts'
import { type LevelWriteOptions, writeOptionsOf } from './write-options.ts'

export type {
  LevelBoundsOptions,
  LevelCalls,
  LevelChainedBatchCalls,
  LevelOpenOptions,
  LevelReadOptions,
  LevelWalkOptions,
} from './level-calls.ts'
export { LevelError, type LevelErrorCode } from './level-error.ts'
export type { ClassicOptions, VarveLevelOptions } from './level-options.ts'
export type { ByteStore } from './store-source.ts'
export type { LevelWriteOptions } from './write-options.ts'

/** What abstract-level hands on with a read. */
interface ReadCallOptions {
  readonly snapshot?: unknown
}

export class VarveLevel<KDefault = string, VDefault = string> extends LevelBase<KDefault, VDefault> {
  readonly #source: StoreSource
  #store: ByteStore | undefined
  #syncStore: SyncKeyValueStore<Uint8Array, Uint8Array> | undefined

  /**
   * Opens, by itself and in the background, the store in the folder `location`; calls made before that wait.
   *
   * @throws {LevelError} `LEVEL_INVALID_ARGUMENT` for wrong options.
   */
  constructor(location: string, options?: VarveLevelOptions<KDefault, VDefault>)
  /**
   * A database over an open store with byte keys and values, which stays its owner's: closing the database leaves
   * the store open. Several may share a store.
   */
  constructor(store: ByteStore, options?: AbstractDatabaseOptions<KDefault, VDefault>)
  constructor(place: string | ByteStore, options?: VarveLevelOptions<KDefault, VDefault>) {
    const source = checkedSource(place, options)
    super(source.manifest, options)
    this.#source = source
  }

  /** The folder, or `undefined` over a store that was given. */
  get location(): string | undefined {
    return this.#source.location
  }

  /**
   * The store, for what Level has no call for; keys and values are bytes.
   *
   * @throws {LevelError} `LEVEL_DATABASE_NOT_OPEN` while the database is not open.
   */
  get store(): ByteStore {
    if (this.#store !== undefined) return this.#store
    throw new LevelError('LEVEL_DATABASE_NOT_OPEN', 'Database is not open')
  }

  /** About how many bytes the entries from `start` to before `end` take on disk. */
  approximateSize(start: KDefault, end: KDefault): Promise<number>
  approximateSize<K = KDefault>(start: K, end: K, options: LevelBoundsOptions<K>): Promise<number>
  async approximateSize(...call: BoundsCall): Promise<number> {
    checkBounds(call)
    if (this.status === 'opening') return this.deferAsync(() => this.#approximateSize(...call))
    return this.#approximateSize(...call)
  }

  /** Merges everything from `start` to `end`. Rarely needed: it happens by itself. */
  compactRange(start: KDefault, end: KDefault): Promise<void>
  compactRange<K = KDefault>(start: K, end: K, options: LevelBoundsOptions<K>): Promise<void>
  async compactRange(...call: BoundsCall): Promise<void> {
    checkBounds(call)
    if (this.status === 'opening') return this.deferAsync(() => this.#compactRange(...call))
    return this.#compactRange(...call)
  }

  /** Refused: LevelDB's properties are texts about LevelDB. `status()` of a store on disk has numbers. */
  getProperty(property: string): never {
    const instead = 'status() of the store says what there is to know'
    throw new LevelError(
      'LEVEL_NOT_SUPPORTED',
      `there is no property ${JSON.stringify(property)}; ${instead}`,
    )
  }

  /** Removes the store in a folder for good; the folder and files of others in it stay. */
  static async destroy(location: string, options?: Pick<StoreOptions, 'fileSystem'>): Promise<void> {
    await LogStructuredStore.destroy(location, options).catch(throwLevelError)
  }

  /** Refused: a repair goes into another folder, which this call cannot name. The error says what can. */
  static async repair(location: string): Promise<never> {
    const instead =
      '`varve repair TARGET` and repair() of varve save what is whole of a damaged store into a new one'
    throw new LevelError('LEVEL_NOT_SUPPORTED', `${location} cannot be repaired in its place; ${instead}`)
  }

  protected async _open(options: OpenCallOptions): Promise<void> {
    const { noop } = this.hooks.postopen as unknown as { readonly noop: boolean }
    const store = await this.#source.open(options, !noop).catch(throwLevelError)
    this.#store = store
    this.#syncStore = store instanceof SyncKeyValueStore ? store : undefined
  }

  protected async _close(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    this.#syncStore = undefined
    if (store !== undefined) await this.#source.close(store).catch(throwLevelError)
  }

  protected _get(key: LevelItem, options: ReadCallOptions & ValueFormat): Promise<LevelItem | undefined> {
    const found = this.store.get(bytesOf(key), readOptionsOf(options))
    return options.valueEncoding === 'utf8'
      ? found.then((value) => value && textOf(value), throwLevelError)
      : found.catch(throwLevelError)
  }

  protected _getSync(key: LevelItem, options: ReadCallOptions & ValueFormat): LevelItem | undefined {
    const store = this.#syncStore
    if (store === undefined) throw new LevelError('LEVEL_NOT_SUPPORTED', 'the store has no synchronous reads')
    try {
      return options.valueEncoding === 'utf8'
        ? store.getView(passingBytesOf(key), textOf, readOptionsOf(options))
        : store.getSync(passingBytesOf(key), readOptionsOf(options))
    } catch (error) {
      return throwLevelError(error)
    }
  }

  protected async _getMany(
    keys: LevelItem[],
    options: ReadCallOptions & ValueFormat,
  ): Promise<(LevelItem | undefined)[]> {
    const { valueEncoding } = options
    const values = await this.store.getMany(keys.map(bytesOf), readOptionsOf(options)).catch(throwLevelError)
    return valueEncoding === 'view' ? values : values.map((value) => value && itemOf(value, valueEncoding))
  }

  protected _has(key: LevelItem, options: ReadCallOptions): Promise<boolean> {
    return this.store.has(bytesOf(key), readOptionsOf(options)).catch(throwLevelError)
  }

  /** All from one moment. */
  protected async _hasMany(keys: LevelItem[], options: ReadCallOptions): Promise<boolean[]> {
    const { store } = this
    const given = readOptionsOf(options)
    const own = given === undefined && store.capabilities.snapshots
    const snapshot = own ? inTermsOfLevel(() => store.snapshot()) : undefined
    try {
      const read = snapshot === undefined ? given : { snapshot }
      return await Promise.all(keys.map((key) => store.has(bytesOf(key), read))).catch(throwLevelError)
    } finally {
      snapshot?.close()
    }
  }

  protected _put(key: LevelItem, value: LevelItem, options: LevelWriteOptions): Promise<void> {
    return this.store.put(bytesOf(key), bytesOf(value), writeOptionsOf(options)).catch(throwLevelError)
  }

  protected _del(key: LevelItem, options: LevelWriteOptions): Promise<void> {
    return this.store.delete(bytesOf(key), writeOptionsOf(options)).catch(throwLevelError)
  }

  protected _batch(operations: LevelOperation[], options: LevelWriteOptions): Promise<void> {
    return this.store.batch(storeOperationsOf(operations), writeOptionsOf(options)).catch(throwLevelError)
  }

  protected _chainedBatch(): LevelChainedBatch<this, KDefault, VDefault> {
    return new LevelChainedBatch(
      this,
      inTermsOfLevel(() => this.store.batch()),
    )
  }

  protected _clear(options: LevelRange & LevelWriteOptions): Promise<void> {
    const { reverse, limit } = options
    const range = { ...boundsOf(options), ...readOptionsOf(options), ...writeOptionsOf(options), reverse }
    return this.store.clear(limit < 0 ? range : { ...range, limit }).catch(throwLevelError)
  }

  protected _iterator(options: EntryIteratorCallOptions): LevelIterator<this, KDefault, VDefault> {
    return new LevelIterator(this, this.store, options)
  }

  protected _keys(options: IteratorCallOptions & KeyFormat): LevelKeyIterator<this, KDefault> {
    return new LevelKeyIterator(this, this.store, options)
  }

  protected _values(
    options: IteratorCallOptions & ValueFormat,
  ): LevelValueIterator<this, KDefault, VDefault> {
    return new LevelValueIterator(this, this.store, options)
  }

  protected _snapshot(options: object): AbstractSnapshot {
    return new LevelSnapshot(
      inTermsOfLevel(() => this.store.snapshot()),
      options,
    )
  }

  async #approximateSize(...[start, end, options]: BoundsCall): Promise<number> {
    const bounds = { gte: this.#encodeBound(start, options), lt: this.#encodeBound(end, options) }
    return this.store.approximateSize(bounds).catch(throwLevelError)
  }

  async #compactRange(...[start, end, options]: BoundsCall): Promise<void> {
    const bounds = { gte: this.#encodeBound(start, options), lte: this.#encodeBound(end, options) }
    await this.store.compact(bounds).catch(throwLevelError)
  }

  #encodeBound(bound: unknown, options: BoundsCallOptions | undefined): Uint8Array {
    const { encode } = this.keyEncoding<unknown, unknown>(options?.keyEncoding as never)
    return bytesOf(encode(bound) as LevelItem)
  }
}

type BoundsCallOptions = LevelBoundsOptions<never> | null
type BoundsCall = [start: unknown, end: unknown, options?: BoundsCallOptions]

function checkBounds(call: readonly unknown[]): void {
  if (call.length < 2) throw new TypeError("The arguments 'start' and 'end' are required")
}

/** Where the store comes from, options checked: before abstract-level begins to open anything. */
function checkedSource(place: string | ByteStore, options: object | undefined): StoreSource {
  return inTermsOfLevel(() => {
    const source = storeSourceOf(place)
    source.checkOptions(options ?? {})
    return source
  })
}
