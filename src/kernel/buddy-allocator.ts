/**
 * Hands out ranges of a memory whose sizes are powers of two, each beginning on a multiple of its size. A range
 * too large is halved until it fits; a returned range joins its other half (its "buddy") when that is free too.
 * The lowest free range goes out first, so that pages already touched are used again.
 */
import { invariant } from '../invariant.ts'

export class BuddyAllocator {
  readonly #sizeBytes: number
  readonly #smallestBytes: number
  /** Free ranges by size. */
  readonly #free = new Map<number, Set<number>>()
  /** Sizes of the ranges that are out, by their start. */
  readonly #taken = new Map<number, number>()

  /** Both sizes are powers of two. */
  constructor(sizeBytes: number, smallestBytes: number) {
    this.#sizeBytes = sizeBytes
    this.#smallestBytes = smallestBytes
    for (let size = smallestBytes; size <= sizeBytes; size *= 2) this.#free.set(size, new Set())
    this.#freeOf(sizeBytes).add(0)
  }

  /** Bytes that are out. */
  get takenBytes(): number {
    let sum = 0
    for (const size of this.#taken.values()) sum += size
    return sum
  }

  /** The start of a free range of at least `sizeBytes`, or `undefined` when there is none. */
  take(sizeBytes: number): number | undefined {
    const wanted = this.sizeFor(sizeBytes)
    let size = wanted
    while (size <= this.#sizeBytes && this.#freeOf(size).size === 0) size *= 2
    if (size > this.#sizeBytes) return undefined
    const start = Math.min(...this.#freeOf(size))
    this.#freeOf(size).delete(start)
    while (size > wanted) {
      size /= 2
      this.#freeOf(size).add(start + size)
    }
    this.#taken.set(start, wanted)
    return start
  }

  /** Takes back the range that begins at `start`. */
  giveBack(start: number): void {
    let size = this.#taken.get(start)
    invariant(size !== undefined, `the range at ${start} is out`)
    this.#taken.delete(start)
    let from = start
    while (size < this.#sizeBytes) {
      const buddy = from % (size * 2) === 0 ? from + size : from - size
      if (!this.#freeOf(size).delete(buddy)) break
      from = Math.min(from, buddy)
      size *= 2
    }
    this.#freeOf(size).add(from)
  }

  /** The size of the range that a request gets. */
  sizeFor(sizeBytes: number): number {
    let size = this.#smallestBytes
    while (size < sizeBytes) size *= 2
    return size
  }

  #freeOf(size: number): Set<number> {
    const free = this.#free.get(size)
    invariant(free !== undefined, `${size} is a size of this memory`)
    return free
  }
}
