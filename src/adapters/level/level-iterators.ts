/** The iterators of Level. Each is a face of a feed, which walks over just what the iterator shows. */
import {
  AbstractIterator,
  type AbstractIteratorOptions,
  AbstractKeyIterator,
  type AbstractKeyIteratorOptions,
  AbstractValueIterator,
  type AbstractValueIteratorOptions,
} from 'abstract-level'
import type { EntryIterator } from '../../store/key-value-store.ts'
import {
  type Feed,
  type FeedSource,
  ItemFeed,
  type IteratorCallOptions,
  type StoreRange,
} from './item-feed.ts'
import { itemOf, type KeyFormat, type LevelFormat, type LevelItem, type ValueFormat } from './level-format.ts'
import type { ByteStore } from './store-source.ts'

/** A key and a value; `undefined` in the place of what was switched off. */
type LevelEntry = [key: LevelItem | undefined, value: LevelItem | undefined]

/** What abstract-level hands on: `keys` and `values` are decided. */
export interface EntryIteratorCallOptions extends IteratorCallOptions, KeyFormat, ValueFormat {
  readonly keys: boolean
  readonly values: boolean
}

type EntryFeed = Feed<LevelEntry>
type PartFeed = Feed<LevelItem>

/** What a feed gives at once or, when it has to wait, later. */
type Soon<T> = T | Promise<T>

export class LevelIterator<Db, K, V> extends AbstractIterator<Db, K, V> {
  readonly #feed: EntryFeed

  constructor(db: Db, store: ByteStore, options: EntryIteratorCallOptions) {
    // First: a walk that cannot be opened must not become a resource of the database.
    const feed = entryFeed(store, options)
    super(db, forAbstract<AbstractIteratorOptions<K, V>>(options))
    this.#feed = feed
  }

  protected _next(): Soon<LevelEntry | undefined> {
    return this.#feed.next(this.limit - this.count)
  }

  protected _nextv(size: number): Soon<LevelEntry[]> {
    return this.#feed.nextMany(size)
  }

  protected _seek(target: LevelItem): void {
    this.#feed.seek(target)
  }

  protected _close(): Promise<void> {
    return this.#feed.close()
  }
}

export class LevelKeyIterator<Db, K> extends AbstractKeyIterator<Db, K> {
  readonly #feed: PartFeed

  constructor(db: Db, store: ByteStore, options: IteratorCallOptions & KeyFormat) {
    const feed = partFeed(options, options.keyEncoding, store, (range) => store.keys(range))
    super(db, forAbstract<AbstractKeyIteratorOptions<K>>(options))
    this.#feed = feed
  }

  protected _next(): Soon<LevelItem | undefined> {
    return this.#feed.next(this.limit - this.count)
  }

  protected _nextv(size: number): Soon<LevelItem[]> {
    return this.#feed.nextMany(size)
  }

  protected _seek(target: LevelItem): void {
    this.#feed.seek(target)
  }

  protected _close(): Promise<void> {
    return this.#feed.close()
  }
}

export class LevelValueIterator<Db, K, V> extends AbstractValueIterator<Db, K, V> {
  readonly #feed: PartFeed

  constructor(db: Db, store: ByteStore, options: IteratorCallOptions & ValueFormat) {
    const feed = partFeed(options, options.valueEncoding, store, (range) => store.values(range))
    super(db, forAbstract<AbstractValueIteratorOptions<K, V>>(options))
    this.#feed = feed
  }

  protected _next(): Soon<LevelItem | undefined> {
    return this.#feed.next(this.limit - this.count)
  }

  protected _nextv(size: number): Soon<LevelItem[]> {
    return this.#feed.nextMany(size)
  }

  protected _seek(target: LevelItem): void {
    this.#feed.seek(target)
  }

  protected _close(): Promise<void> {
    return this.#feed.close()
  }
}

/** The options as abstract-level's own classes read them: it made them, and its types speak of callers. */
function forAbstract<O>(options: object): O {
  return options as O
}

/** Of keys alone, or values alone. */
function partFeed(
  options: IteratorCallOptions,
  format: LevelFormat,
  store: ByteStore,
  open: (range: StoreRange) => EntryIterator<Uint8Array, Uint8Array>,
): PartFeed {
  const shape = (items: Uint8Array[]): LevelItem[] =>
    format === 'view' ? items : items.map((item) => itemOf(item, format))
  return new ItemFeed<Uint8Array, LevelItem>(options, { store, open, shape })
}

function entryFeed(store: ByteStore, options: EntryIteratorCallOptions): EntryFeed {
  const { keys, values, keyEncoding, valueEncoding } = options
  if (keys && values) {
    const isBytes = keyEncoding === 'view' && valueEncoding === 'view'
    const source: FeedSource<[Uint8Array, Uint8Array], LevelEntry> = {
      store,
      open: (range) => store.entries(range),
      shape: (entries) =>
        isBytes
          ? entries
          : entries.map(([key, value]) => [itemOf(key, keyEncoding), itemOf(value, valueEncoding)]),
    }
    return new ItemFeed(options, source)
  }
  const source: FeedSource<Uint8Array, LevelEntry> = {
    store,
    open: (range) => (values ? store.values(range) : store.keys(range)),
    shape: (items) =>
      items.map((item) => [
        keys ? itemOf(item, keyEncoding) : undefined,
        values ? itemOf(item, valueEncoding) : undefined,
      ]),
  }
  return new ItemFeed(options, source)
}
