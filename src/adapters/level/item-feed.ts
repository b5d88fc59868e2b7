/**
 * What the three iterators of Level share: an iterator of the store, and items read ahead for `next()`, because a
 * step of many items costs little more than a step of one. All items are of one moment, so reading ahead changes
 * nothing about what is seen.
 *
 * Level can seek after the end; an iterator of the store is over then, and a new one at the same snapshot takes its
 * place.
 */
import type { EntryIterator, KeyBounds, RangeOptions, Snapshot } from '../../store/key-value-store.ts'
import { asLevelError, LevelError } from './level-error.ts'
import { bytesOf, type LevelItem } from './level-format.ts'
import { boundsOf, type LevelRange } from './level-range.ts'
import { openSnapshotOf } from './level-snapshot.ts'
import type { ByteStore } from './store-source.ts'

export type StoreRange = RangeOptions<Uint8Array>

/** What abstract-level hands on for an iterator. */
export interface IteratorCallOptions extends LevelRange {
  readonly signal?: AbortSignal | undefined
}

/** What an iterator of Level takes its items from. */
export interface Feed<T> {
  /** The next item, or `undefined` at the end. `room`: how many the iterator may still hand out, at least 1. */
  next(room: number): T | undefined | Promise<T | undefined>
  /** Up to `count` items, none at the end. */
  nextMany(count: number): T[] | Promise<T[]>
  seek(target: LevelItem): void
  close(): Promise<void>
}

/** Where the items of a feed come from, and what Level gets instead of each. */
export interface FeedSource<S, T> {
  readonly store: ByteStore
  open(range: StoreRange): EntryIterator<Uint8Array, S>
  /** May change the array. */
  shape(items: S[]): T[]
}

/** Read ahead at first, and at most. It grows, because who asks a third time will likely ask again. */
const readAheadFirst = 1
const readAheadGrowth = 8
const readAheadMax = 512

export class ItemFeed<S, T> implements Feed<T> {
  readonly #source: FeedSource<S, T>
  readonly #range: StoreRange
  /** Made for this iterator alone. */
  readonly #ownSnapshot: Snapshot | undefined
  #iterator: EntryIterator<Uint8Array, S>
  #isAtEnd = false
  #items: T[] = []
  #position = 0
  #readAhead = readAheadFirst

  constructor(options: IteratorCallOptions, source: FeedSource<S, T>) {
    this.#source = source
    const { store } = source
    try {
      const given = options.snapshot ?? undefined
      if (given === undefined && store.capabilities.snapshots) this.#ownSnapshot = store.snapshot()
      const snapshot = given === undefined ? this.#ownSnapshot : openSnapshotOf(given)
      this.#range = rangeOf(boundsOf(options), options, snapshot)
      this.#iterator = source.open(this.#range)
    } catch (error) {
      this.#ownSnapshot?.close()
      throw asLevelError(error)
    }
  }

  next(room: number): T | undefined | Promise<T | undefined> {
    if (this.#position < this.#items.length) return this.#items[this.#position++]
    if (this.#isAtEnd) return undefined
    const count = Math.min(room, this.#readAhead)
    this.#readAhead = Math.min(readAheadMax, this.#readAhead * readAheadGrowth)
    return this.#nextOfStore(count)
  }

  nextMany(count: number): T[] | Promise<T[]> {
    if (this.#position < this.#items.length) {
      const items = this.#items.slice(this.#position, this.#position + count)
      this.#position += items.length
      return items
    }
    if (this.#isAtEnd) return []
    return this.#ask(count)
  }

  seek(target: LevelItem): void {
    this.#forget()
    try {
      if (this.#isAtEnd) {
        this.#iterator = this.#source.open(this.#range)
        this.#isAtEnd = false
      }
      this.#iterator.seek(bytesOf(target))
    } catch (error) {
      throw asLevelError(error)
    }
  }

  async close(): Promise<void> {
    this.#forget()
    await this.#iterator.close()
    this.#ownSnapshot?.close()
  }

  async #nextOfStore(count: number): Promise<T | undefined> {
    this.#items = await this.#ask(count)
    this.#position = 1
    return this.#items[0]
  }

  async #ask(count: number): Promise<T[]> {
    const { signal } = this.#range
    try {
      const items = await this.#iterator.nextMany(count)
      // Level promises the error also when the items were there already.
      signal?.throwIfAborted()
      if (items.length === 0) this.#isAtEnd = true
      return this.#source.shape(items)
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw asLevelError(error)
      throw new LevelError('LEVEL_ABORTED', 'Operation has been aborted', { cause: error })
    }
  }

  #forget(): void {
    this.#items = []
    this.#position = 0
    this.#readAhead = readAheadFirst
  }
}

/** Without the limit, which abstract-level counts: what was read ahead is not handed out yet. */
function rangeOf(
  bounds: KeyBounds<Uint8Array>,
  { reverse, signal }: IteratorCallOptions,
  snapshot: Snapshot | undefined,
): StoreRange {
  return {
    ...bounds,
    reverse,
    ...(snapshot && { snapshot }),
    // abstract-level tells of a signal that is aborted already when the iterator is first used.
    ...(signal && !signal.aborted && { signal }),
  }
}
