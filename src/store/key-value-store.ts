/**
 * The contract of a key-value store: what every implementation promises and everything above the engine
 * (adapters, servers, the CLI) depends on. Keys and values are bytes underneath, ordered by unsigned byte
 * comparison of the keys; encodings sit on top. What an implementation can and cannot do is stated as data in
 * `capabilities`, so that one suite of tests fits them all.
 */

/** When a write's promise resolves; see docs/durability.md for what survives what. */
export type Durability = 'memory' | 'os' | 'disk'

/** What an implementation can do, as data. */
export interface StoreCapabilities {
  /** Scans return keys in byte order. */
  readonly ordered: boolean
  readonly snapshots: boolean
  /** The durabilities that make a difference here. */
  readonly durabilities: readonly Durability[]
  readonly keyLengthMax: number
  readonly valueLengthMax: number
  readonly batch: { readonly atomic: boolean; readonly sizeBytesMax: number }
  /** Precision of per-key expiry, or `undefined` where there is none. */
  readonly ttlPrecisionMs: number | undefined
  /** Whether changes can be watched. */
  readonly watch: boolean
}

export interface WriteOptions {
  /** Overrides the store's own `durability` for this write. */
  readonly durability?: Durability
  /** Gives up waiting for room; a write already in the log stays written. */
  readonly signal?: AbortSignal
}

/** For calls that may take long. */
export interface WaitOptions {
  /** Gives up waiting: the call rejects with the signal's reason. What is under way is brought to its end. */
  readonly signal?: AbortSignal
}

export interface ReadOptions {
  /** Reads the past: a snapshot made by the same store. Default: now. */
  readonly snapshot?: Snapshot
  /** Gives up waiting, also for a disk that does not answer. */
  readonly signal?: AbortSignal
}

/** Which keys, in which direction, how many. Given both, `gte` beats `gt` and `lte` beats `lt`. */
export interface KeyBounds<K> {
  readonly gt?: K
  readonly gte?: K
  readonly lt?: K
  readonly lte?: K
  /** Keys whose bytes start with those of `prefix`; combines with the bounds. For tuples: leading elements. */
  readonly prefix?: K
}

export interface RangeOptions<K> extends KeyBounds<K>, ReadOptions {
  /** From the last key to the first. Default false. */
  readonly reverse?: boolean
  /** The most entries to return; at least 0. Default: all. */
  readonly limit?: number
}

export type BatchOperation<K, V> =
  | { readonly type: 'put'; readonly key: K; readonly value: V }
  | { readonly type: 'delete'; readonly key: K }

/** A fixed view of the store's past. Costs little, but keeps old versions on disk: close it. */
export interface Snapshot extends Disposable, AsyncDisposable {
  /** The place in the order of writes that it shows. */
  readonly sequenceNumber: number
  /** Safe to call twice. Also done when the store closes. */
  close(): void
}

/**
 * A walk over a range, used once: by `for await`, by `for … of`, or by hand. Shows the store as it was when
 * the iterator was made. Close one that is not run to its end (the loops do so by themselves).
 */
export interface EntryIterator<K, T> extends Disposable, AsyncDisposable {
  /** Up to `count` items (at least 1); an empty array means the end. */
  nextMany(count: number): Promise<T[]>
  /** The same, blocking. Throws `InvalidArgumentError` where the store has no synchronous reads. */
  nextManySync(count: number): T[]
  /** Moves to the first key at or after `target` (reverse: at or before), within the range. */
  seek(target: K): void
  /** Safe to call twice, and while `nextMany` runs: that then ends. */
  close(): Promise<void>
  [Symbol.iterator](): IterableIterator<T>
  [Symbol.asyncIterator](): AsyncIterableIterator<T>
}

/** Writes collected one after the other, written at once or not at all. */
export interface ChainedBatch<K, V> {
  /** Operations so far. */
  readonly length: number
  put(key: K, value: V): this
  delete(key: K): this
  /** Forgets the operations so far. */
  clear(): this
  /** Writes the batch, which can then not be used again. */
  write(options?: WriteOptions): Promise<void>
  /** Drops the batch. Safe to call twice. */
  close(): void
}

export abstract class KeyValueStore<K = string, V = string> implements AsyncDisposable {
  abstract readonly capabilities: StoreCapabilities

  /** The newest value of `key`, the caller's to keep; `undefined` when it is absent or deleted. */
  abstract get(key: K, options?: ReadOptions): Promise<V | undefined>

  /**
   * One value or `undefined` a key, in the order of `keys`, all from one moment. The array and what it holds must not
   * change until the promise is settled.
   */
  abstract getMany(keys: readonly K[], options?: ReadOptions): Promise<(V | undefined)[]>

  /** Whether `key` is there. */
  abstract has(key: K, options?: ReadOptions): Promise<boolean>

  /** Sets `key` to `value`. Resolves as `durability` says; rejects when the write did not take place. */
  abstract put(key: K, value: V, options?: WriteOptions): Promise<void>

  /** Removes `key`; fine when it is absent. */
  abstract delete(key: K, options?: WriteOptions): Promise<void>

  /** Applies the operations in their order, all or none. */
  abstract batch(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void>
  /** Starts a batch to be filled by calls. */
  abstract batch(): ChainedBatch<K, V>

  /** Removes the keys of a range: successive atomic batches in key order where one batch is too small. */
  abstract clear(range?: RangeOptions<K> & WriteOptions): Promise<void>

  abstract entries(range?: RangeOptions<K>): EntryIterator<K, [K, V]>
  abstract keys(range?: RangeOptions<K>): EntryIterator<K, K>
  abstract values(range?: RangeOptions<K>): EntryIterator<K, V>

  /** A fixed view for reads that must agree with each other. */
  abstract snapshot(): Snapshot

  /**
   * About how many bytes the entries in the bounds take where the store keeps them: files on disk, or memory for
   * a store that has nothing else. An estimate: entries that were written last may be missing from it, and those
   * that were overwritten or deleted count until they are merged away.
   */
  abstract approximateSize(bounds?: KeyBounds<K>): Promise<number>

  /**
   * Merges everything in the bounds as far as it goes; where there is nothing to merge, there is nothing to do.
   * Rarely needed: it happens by itself.
   */
  abstract compact(options?: KeyBounds<K> & WaitOptions): Promise<void>

  /** Waits for what is under way and lets go of everything. Safe to call twice. */
  abstract close(): Promise<void>

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** A view of bytes inside the store: valid until the callback returns, never to be written to. */
export type ViewVisitor<R> = (value: Uint8Array) => R

/** Called for each entry of a scan with views valid until it returns; answering `false` ends the scan. */
export type EntryVisitor = (key: Uint8Array, value: Uint8Array) => unknown

/** A store that can also answer without a promise. The calls block the thread while they read or write. */
export abstract class SyncKeyValueStore<K = string, V = string> extends KeyValueStore<K, V> {
  abstract getSync(key: K, options?: ReadOptions): V | undefined
  abstract getManySync(keys: readonly K[], options?: ReadOptions): (V | undefined)[]
  abstract hasSync(key: K, options?: ReadOptions): boolean
  abstract putSync(key: K, value: V, options?: WriteOptions): void
  abstract deleteSync(key: K, options?: WriteOptions): void
  abstract batchSync(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): void

  /**
   * Calls `visit` with the value's bytes where they lie, no copy made.
   *
   * @returns what `visit` returned, or `undefined` when the key is absent.
   */
  abstract getView<R>(key: K, visit: ViewVisitor<R>, options?: ReadOptions): R | undefined

  /**
   * Copies the value's bytes to the start of `target`.
   *
   * @returns the value's length, which may exceed `target` (then only what fits is copied), or `undefined`.
   */
  abstract getInto(key: K, target: Uint8Array, options?: ReadOptions): number | undefined

  /** Visits the entries of a range as bytes, the fastest scan; returns how many were visited. */
  abstract forEach(range: RangeOptions<K>, visit: EntryVisitor): number
}
