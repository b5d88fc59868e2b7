/**
 * The content of an InMemoryStore: keys in order and their values, as bytes. A picture of it is the pair of
 * arrays itself, held; the first write while a picture is held copies the arrays and goes on with the copy. So
 * taking a picture is free, and nobody who holds one sees a later write.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import type { KeyRange } from '../entry/key-range.ts'

/** Keys in order and the value of each. Changes with the next write, unless it is held. */
export interface EntriesPicture {
  readonly keys: readonly Uint8Array[]
  readonly values: readonly Uint8Array[]
  /** From now on nothing here changes, until the returned function is called, once. */
  hold(): () => void
}

class Entries implements EntriesPicture {
  readonly keys: Uint8Array[]
  readonly values: Uint8Array[]
  #holderCount = 0

  constructor(keys: Uint8Array[], values: Uint8Array[]) {
    this.keys = keys
    this.values = values
  }

  get isHeld(): boolean {
    return this.#holderCount > 0
  }

  hold(): () => void {
    this.#holderCount++
    return () => {
      this.#holderCount--
    }
  }
}

export class SortedEntries {
  #entries = new Entries([], [])

  /** What is there now. */
  get current(): EntriesPicture {
    return this.#entries
  }

  /** Sets a key. Keeps both arrays: they must never change. */
  put(key: Uint8Array, value: Uint8Array): void {
    const { keys, values } = this.#writable()
    const index = lowerIndex(keys, key)
    if (hasKeyAt(keys, index, key)) {
      values[index] = value
    } else {
      keys.splice(index, 0, key)
      values.splice(index, 0, value)
    }
  }

  /** Removes a key, if it is there. */
  delete(key: Uint8Array): void {
    const { keys, values } = this.#writable()
    const index = lowerIndex(keys, key)
    if (!hasKeyAt(keys, index, key)) return
    keys.splice(index, 1)
    values.splice(index, 1)
  }

  /** Removes the keys from index `from` to before index `to` of {@link current}. */
  deleteBetween(from: number, to: number): void {
    const { keys, values } = this.#writable()
    keys.splice(from, to - from)
    values.splice(from, to - from)
  }

  #writable(): Entries {
    const { keys, values, isHeld } = this.#entries
    if (isHeld) this.#entries = new Entries([...keys], [...values])
    return this.#entries
  }
}

/** The value of a key, or `undefined`. */
export function findValue({ keys, values }: EntriesPicture, key: Uint8Array): Uint8Array | undefined {
  const index = lowerIndex(keys, key)
  return hasKeyAt(keys, index, key) ? values[index] : undefined
}

/** The part of the arrays that lies in a range: from the first index to before the second. */
export function indexesOf({ keys }: EntriesPicture, { lower, upper }: KeyRange): [from: number, to: number] {
  const from = lower === undefined ? 0 : indexAfter(keys, lower.key, !lower.inclusive)
  const to = upper === undefined ? keys.length : indexAfter(keys, upper.key, upper.inclusive)
  return [from, Math.max(from, to)]
}

/** The index of the first key that is at or after `key`; `strict`: after it. */
export function indexAfter(keys: readonly Uint8Array[], key: Uint8Array, strict: boolean): number {
  const index = lowerIndex(keys, key)
  return strict && hasKeyAt(keys, index, key) ? index + 1 : index
}

/** The index of the first key at or after `key`. */
function lowerIndex(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes(keys[middle] as Uint8Array, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function hasKeyAt(keys: readonly Uint8Array[], index: number, key: Uint8Array): boolean {
  return index < keys.length && compareBytes(keys[index] as Uint8Array, key) === 0
}
