/**
 * The iterator that callers hold, for every store: it counts the limit, queues calls and ends cleanly. Where items come from is an `ItemSource`, which works synchronously inside what is in
 * memory and answers `pending` when it has to load first; so one handle serves blocking and non-blocking calls.
 *
 * Life of a handle: open, then exactly one of ended (all items were handed out), closed (by its owner), failed
 * (by an error or the signal) or closed with the store. Whatever ends it lets go of the source once, as soon as
 * no step runs.
 */
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import { checkWholeNumber } from './arguments.ts'
import type { EntryIterator } from './key-value-store.ts'
import { LoopFeed } from './loop-feed.ts'
import { untilAborted } from './until-aborted.ts'

/** How a fill ended: with as many items as asked for (or as large), at the end, or before something to load. */
export const FillState = { filled: 0, end: 1, pending: 2 } as const
export type FillState = (typeof FillState)[keyof typeof FillState]

/** Where an iterator's items come from, in its direction and range. One step at a time. */
export interface ItemSource<T> {
  /**
   * Appends items until there are `count` or those of this call have `sizeBytesMax` bytes (one item may be
   * larger). After `pending`, which keeps the items so far: load, then call again with the same array. After
   * `end` it is only called again when `seek` came between.
   */
  fill(items: T[], count: number, sizeBytesMax: number): FillState
  /** After `pending`: brings what is missing into memory. */
  load(): Promise<void>
  /** The same, blocking. */
  loadSync(): void
  /** The next fill starts at the first key at or after `target` (reverse: at or before), within the range. */
  seek(target: Uint8Array): void
  /** Lets go of everything. Called once, never during a step. */
  close(): void
}

/** What a store keeps of its open iterators. */
export interface ClosesWithStore {
  closeWithStore(): Promise<void>
}

export interface IteratorParts<K, T> {
  readonly source: ItemSource<T>
  /** The most items to hand out; `Infinity` for all. */
  readonly limit: number
  readonly signal: AbortSignal | undefined
  /** The bytes of a `seek` target. */
  encodeTarget(target: K): Uint8Array
  /** Called once when the handle is no longer open: the store forgets it. */
  onClose(handle: ClosesWithStore): void
  /** Asked before each step: throws when the store cannot be used from where it is called. */
  assertUsable?(): void
  /** Runs a piece of an asynchronous step, for which the event loop waits. */
  measure?<R>(act: () => R): R
  /** Asked before each asynchronous step: a promise when the event loop should get its turn first. */
  turn?(): Promise<void> | undefined
}

/** The most bytes one call of `nextMany` gathers; more follow with the next call. */
const nextManySizeBytesMax = 16 * 1024 * 1024

type HandleState = 'open' | 'ended' | 'closed' | 'failed' | 'closed with the store'

export class IteratorHandle<K, T> implements EntryIterator<K, T>, ClosesWithStore {
  readonly #parts: IteratorParts<K, T>
  #state: HandleState = 'open'
  #failure: unknown
  #remaining: number
  /** The last asynchronous step that has not ended; later ones wait for it. */
  #running: Promise<T[]> | undefined
  /** The source has said that it has no more. */
  #isAtEnd = false
  #isReleased = false
  #isLooped = false
  readonly #loop: LoopFeed<T>

  constructor(parts: IteratorParts<K, T>) {
    this.#parts = parts
    this.#remaining = parts.limit
    this.#loop = new LoopFeed({
      step: (count, sizeBytesMax) => this.#step(count, sizeBytesMax),
      stepSync: (count, sizeBytesMax) => this.#stepSync(count, sizeBytesMax),
      isOver: () => this.#state === 'ended' || this.#state === 'closed',
    })
  }

  nextMany(count: number): Promise<T[]> {
    try {
      this.#checkByHand('nextMany', count)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#step(count, nextManySizeBytesMax)
  }

  nextManySync(count: number): T[] {
    this.#checkByHand('nextManySync', count)
    return this.#stepSync(count, nextManySizeBytesMax)
  }

  seek(target: K): void {
    this.#checkOpen()
    if (this.#state === 'ended') throw new ClosedError('the iterator ran to its end, which closed it')
    this.#checkIdle('seek')
    const bytes = this.#parts.encodeTarget(target)
    this.#remaining += this.#loop.forget()
    this.#isAtEnd = false
    this.#parts.source.seek(bytes)
  }

  async close(): Promise<void> {
    this.#end('closed')
    // Whoever gave up waiting for a load does not wait for it here either.
    if (this.#parts.signal?.aborted !== true) await this.#idle()
  }

  /** Closing by the store: a step that runs is let end, and whoever goes on reading is told. */
  async closeWithStore(): Promise<void> {
    await this.#idle()
    this.#end('closed with the store')
    await this.#idle()
  }

  [Symbol.dispose](): void {
    this.#end('closed')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [Symbol.iterator](): IterableIterator<T> {
    this.#startLoop()
    const loop: IterableIterator<T> = {
      next: () => this.#loop.nextSync(),
      return: () => {
        this.#end('closed')
        return { done: true, value: undefined }
      },
      [Symbol.iterator]: () => loop,
    }
    return loop
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    this.#startLoop()
    const loop: AsyncIterableIterator<T> = {
      next: () => this.#loop.next(),
      return: async () => {
        await this.close()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]: () => loop,
    }
    return loop
  }

  #startLoop(): void {
    if (this.#isLooped) {
      throw new InvalidArgumentError('an iterator is for a single use; ask the store for another one')
    }
    this.#checkOpen()
    this.#isLooped = true
  }

  /** Resolves without a detour when nothing runs and everything is in memory. */
  #step(count: number, sizeBytesMax: number): Promise<T[]> {
    const items: T[] = []
    const first = this.#running ?? this.#parts.turn?.()
    if (first === undefined) {
      try {
        if (this.#fillMeasured(items, count, sizeBytesMax)) return Promise.resolve(items)
      } catch (error) {
        return Promise.reject(error)
      }
    }
    const step = this.#stepLater(first, items, count, sizeBytesMax)
    this.#running = step
    const done = (): void => {
      if (this.#running !== step) return
      this.#running = undefined
      this.#release()
    }
    step.then(done, done)
    // Who gave up finds the iterator closed, also while the step itself has not noticed yet.
    return untilAborted(step, this.#parts.signal, () => this.#giveUp())
  }

  #giveUp(): void {
    if (this.#state !== 'open') return
    this.#failure = this.#parts.signal?.reason
    this.#end('failed')
  }

  /** Waits for what comes first (a step before it, the event loop), or else starts with the load it needs. */
  async #stepLater(
    first: Promise<unknown> | undefined,
    items: T[],
    count: number,
    sizeBytesMax: number,
  ): Promise<T[]> {
    // A step that failed has closed the handle, which the fill will notice.
    await (first === undefined ? this.#load() : first.catch(() => undefined))
    for (;;) {
      if (this.#state === 'closed') return []
      if (this.#fillMeasured(items, count, sizeBytesMax)) return items
      await this.#load()
    }
  }

  async #load(): Promise<void> {
    try {
      await this.#parts.source.load()
    } catch (error) {
      // Whoever closed the iterator meanwhile no longer wants to know.
      if (this.#state !== 'closed') this.#fail(error)
    }
  }

  #stepSync(count: number, sizeBytesMax: number): T[] {
    this.#checkIdle('a blocking step')
    const items: T[] = []
    while (!this.#fill(items, count, sizeBytesMax)) {
      try {
        this.#parts.source.loadSync()
      } catch (error) {
        this.#fail(error)
      }
    }
    return items
  }

  #fillMeasured(items: T[], count: number, sizeBytesMax: number): boolean {
    const fill = (): boolean => this.#fill(items, count, sizeBytesMax)
    return this.#parts.measure === undefined ? fill() : this.#parts.measure(fill)
  }

  /** Fills as far as memory reaches. False: load, then go on. */
  #fill(items: T[], count: number, sizeBytesMax: number): boolean {
    this.#checkOpen()
    if (this.#state === 'ended') return true
    if (this.#parts.signal?.aborted) this.#fail(this.#parts.signal.reason)
    const wanted = Math.min(count, this.#remaining)
    if (items.length < wanted && !this.#isAtEnd) {
      const state = this.#fillFromSource(items, wanted, sizeBytesMax)
      if (state === FillState.pending) return false
      this.#isAtEnd = state === FillState.end
    }
    this.#remaining -= items.length
    if (items.length === 0) this.#end('ended')
    return true
  }

  #fillFromSource(items: T[], count: number, sizeBytesMax: number): FillState {
    try {
      return this.#parts.source.fill(items, count, sizeBytesMax)
    } catch (error) {
      return this.#fail(error)
    }
  }

  #checkByHand(call: string, count: number): void {
    checkWholeNumber(`count of ${call}`, count, 1, Number.MAX_SAFE_INTEGER)
    this.#checkOpen()
    if (this.#isLooped) {
      throw new InvalidArgumentError(`${call} on an iterator that a loop uses; ask the store for another one`)
    }
  }

  #checkIdle(call: string): void {
    if (this.#running === undefined && !this.#loop.isFetching) return
    throw new InvalidArgumentError(`${call} while another step of the iterator runs: wait for that first`)
  }

  #checkOpen(): void {
    this.#parts.assertUsable?.()
    switch (this.#state) {
      case 'closed':
        throw new ClosedError('the iterator is closed')
      case 'closed with the store':
        throw new ClosedError('the store is closed, and its iterators with it')
      case 'failed':
        throw new ClosedError('an earlier error closed the iterator', { cause: this.#failure })
    }
  }

  #fail(error: unknown): never {
    this.#failure = error
    this.#end('failed')
    throw error
  }

  #end(state: HandleState): void {
    if (this.#state !== 'open') return
    this.#state = state
    this.#loop.forget()
    this.#parts.onClose(this)
    if (this.#running === undefined) this.#release()
  }

  /** Lets go of the source once the handle is no longer open. */
  #release(): void {
    if (this.#state === 'open' || this.#isReleased) return
    this.#isReleased = true
    this.#parts.source.close()
  }

  /** When the steps that run now have ended, well or badly. */
  async #idle(): Promise<void> {
    await this.#running?.catch(() => undefined)
  }
}
