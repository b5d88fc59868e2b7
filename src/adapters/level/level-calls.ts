/**
 * What calls of VarveLevel take beyond those of abstract-level, as types: the options that classic-level has, and
 * Varve's own. The class itself inherits the calls; it only sees the options where they arrive.
 */
import {
  type AbstractBatchOperation,
  type AbstractBatchOptions,
  type AbstractChainedBatch,
  type AbstractChainedBatchWriteOptions,
  type AbstractDatabaseOptions,
  type AbstractDelOptions,
  type AbstractGetManyOptions,
  type AbstractGetOptions,
  type AbstractHasManyOptions,
  type AbstractHasOptions,
  type AbstractIterator,
  type AbstractIteratorOptions,
  type AbstractKeyIterator,
  type AbstractKeyIteratorOptions,
  AbstractLevel,
  type AbstractOpenOptions,
  type AbstractPutOptions,
  type AbstractValueIterator,
  type AbstractValueIteratorOptions,
  type Transcoder,
} from 'abstract-level'
import type { OptionsWithoutEncodings } from '../../store/log-structured-store.ts'
import type { ClassicOptions } from './level-options.ts'
import type { Manifest } from './store-source.ts'
import type { LevelWriteOptions } from './write-options.ts'

/** Taken for classic-level's sake, without effect: what is read comes into the cache. */
export interface LevelReadOptions {
  readonly fillCache?: boolean | undefined
}

/** The same: what an iterator reads ahead is bounded by itself. */
export interface LevelWalkOptions extends LevelReadOptions {
  readonly highWaterMarkBytes?: number | undefined
}

/** Options of `open`. */
export type LevelOpenOptions = AbstractOpenOptions & ClassicOptions & OptionsWithoutEncodings

/** Options of `approximateSize` and `compactRange`. */
export interface LevelBoundsOptions<K> {
  /** Encodes both bounds. Default: the database's `keyEncoding`. */
  readonly keyEncoding?: string | Transcoder.PartialEncoder<K> | undefined
}

/** What may be given as keys and values whatever the encoding. */
type LevelFormat = string | Buffer | Uint8Array

export interface LevelChainedBatchCalls<Db, K, V> extends AbstractChainedBatch<Db, K, V> {
  write(): Promise<void>
  write(options: AbstractChainedBatchWriteOptions & LevelWriteOptions): Promise<void>
}

export interface LevelCalls<KDefault, VDefault> extends AbstractLevel<LevelFormat, KDefault, VDefault> {
  open(): Promise<void>
  open(options: LevelOpenOptions): Promise<void>

  get(key: KDefault): Promise<VDefault | undefined>
  get<K = KDefault, V = VDefault>(
    key: K,
    options: AbstractGetOptions<K, V> & LevelReadOptions,
  ): Promise<V | undefined>

  getSync(key: KDefault): VDefault | undefined
  getSync<K = KDefault, V = VDefault>(
    key: K,
    options: AbstractGetOptions<K, V> & LevelReadOptions,
  ): V | undefined

  getMany(keys: KDefault[]): Promise<(VDefault | undefined)[]>
  getMany<K = KDefault, V = VDefault>(
    keys: K[],
    options: AbstractGetManyOptions<K, V> & LevelReadOptions,
  ): Promise<(V | undefined)[]>

  has(key: KDefault): Promise<boolean>
  has<K = KDefault>(key: K, options: AbstractHasOptions<K> & LevelReadOptions): Promise<boolean>

  hasMany(keys: KDefault[]): Promise<boolean[]>
  hasMany<K = KDefault>(keys: K[], options: AbstractHasManyOptions<K> & LevelReadOptions): Promise<boolean[]>

  put(key: KDefault, value: VDefault): Promise<void>
  put<K = KDefault, V = VDefault>(
    key: K,
    value: V,
    options: AbstractPutOptions<K, V> & LevelWriteOptions,
  ): Promise<void>

  del(key: KDefault): Promise<void>
  del<K = KDefault>(key: K, options: AbstractDelOptions<K> & LevelWriteOptions): Promise<void>

  batch(operations: AbstractBatchOperation<this, KDefault, VDefault>[]): Promise<void>
  batch<K = KDefault, V = VDefault>(
    operations: AbstractBatchOperation<this, K, V>[],
    options: AbstractBatchOptions<K, V> & LevelWriteOptions,
  ): Promise<void>
  batch(): LevelChainedBatchCalls<this, KDefault, VDefault>

  iterator(): AbstractIterator<this, KDefault, VDefault>
  iterator<K = KDefault, V = VDefault>(
    options: AbstractIteratorOptions<K, V> & LevelWalkOptions,
  ): AbstractIterator<this, K, V>

  keys(): AbstractKeyIterator<this, KDefault>
  keys<K = KDefault>(options: AbstractKeyIteratorOptions<K> & LevelWalkOptions): AbstractKeyIterator<this, K>

  values(): AbstractValueIterator<this, KDefault, VDefault>
  values<K = KDefault, V = VDefault>(
    options: AbstractValueIteratorOptions<K, V> & LevelWalkOptions,
  ): AbstractValueIterator<this, K, V>
}

/** The constructor of abstract-level's class, whose instances take these calls. */
export type LevelConstructor = new <KDefault, VDefault>(
  manifest: Manifest,
  options?: AbstractDatabaseOptions<KDefault, VDefault>,
) => LevelCalls<KDefault, VDefault>

export const LevelBase: LevelConstructor = AbstractLevel as LevelConstructor
