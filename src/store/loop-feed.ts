/**
 * Feeds loops over an iterator: single items to the loop, batches from the iterator. A batch is one item at first,
 * because many loops stop early, and grows as the loop goes on, because each step has its cost.
 */

/** The most items that one step of a loop fetches. */
const countMax = 1000
/** The first step fetches one item, each further one so many times the items of the step before. */
const countFactor = 4
/** The most bytes that one step of a loop fetches. */
const sizeBytesMax = 1024 * 1024

/** The iterator behind a loop. */
export interface LoopSteps<T> {
  /** Up to `count` items and about `sizeBytesMax` bytes; none means the end. */
  step(count: number, sizeBytesMax: number): Promise<T[]>
  /** The same, blocking. */
  stepSync(count: number, sizeBytesMax: number): T[]
  /** Whether the loop just stops here. */
  isOver(): boolean
}

export class LoopFeed<T> {
  readonly #steps: LoopSteps<T>
  /** Items fetched and not yet handed out: those from `#index` on. */
  #fetched: T[] = []
  #index = 0
  #count = 1
  /** The step that runs, until its items are in `#fetched`. */
  #fetching: Promise<IteratorResult<T>> | undefined

  constructor(steps: LoopSteps<T>) {
    this.#steps = steps
  }

  get isFetching(): boolean {
    return this.#fetching !== undefined
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#fetching !== undefined) return this.#fetching.then(() => this.next())
    const item = this.#takeFetched()
    if (item !== undefined) return Promise.resolve(item)
    if (this.#steps.isOver()) return Promise.resolve({ done: true, value: undefined })
    this.#fetching = this.#fetch()
    return this.#fetching
  }

  nextSync(): IteratorResult<T> {
    const item = this.#takeFetched()
    if (item !== undefined) return item
    if (this.#steps.isOver()) return { done: true, value: undefined }
    return this.#startFetched(this.#steps.stepSync(this.#nextCount(), sizeBytesMax))
  }

  /** Drops what was fetched and not handed out; returns how many items that were. */
  forget(): number {
    const count = this.#fetched.length - this.#index
    this.#fetched = []
    this.#index = 0
    return count
  }

  async #fetch(): Promise<IteratorResult<T>> {
    try {
      return this.#startFetched(await this.#steps.step(this.#nextCount(), sizeBytesMax))
    } finally {
      this.#fetching = undefined
    }
  }

  #takeFetched(): IteratorResult<T> | undefined {
    if (this.#index >= this.#fetched.length) return undefined
    return { done: false, value: this.#fetched[this.#index++] as T }
  }

  #startFetched(items: T[]): IteratorResult<T> {
    this.#fetched = items
    this.#index = 0
    return this.#takeFetched() ?? { done: true, value: undefined }
  }

  #nextCount(): number {
    const count = this.#count
    this.#count = Math.min(count * countFactor, countMax)
    return count
  }
}
