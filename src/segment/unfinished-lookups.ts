/**
 * How far lookups came that had to stop for a second or later block. A lookup is repeated from the start after
 * its block was loaded, and with a small cache the first block may be gone by then; without this memory, two
 * blocks could push each other out for ever. Rare: it takes many versions of one key, or tags that agree by
 * chance.
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import type { SequenceNumber } from '../entry/entry.ts'

export interface UnfinishedLookup {
  readonly key: Uint8Array
  readonly sequenceLimit: SequenceNumber
  /** Go on probing the hash index here; -1: the key was found already. */
  readonly slot: number
  /** Go on with the older versions at the start of this block. */
  readonly block: number
}

/** More at a time, and the oldest starts again. */
const lookupCountMax = 64

export class UnfinishedLookups {
  readonly #lookups: UnfinishedLookup[] = []

  get isEmpty(): boolean {
    return this.#lookups.length === 0
  }

  /** Copies the key. */
  add(
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    sequenceLimit: SequenceNumber,
    slot: number,
    block: number,
  ): void {
    if (this.#lookups.length === lookupCountMax) this.#lookups.shift()
    const copy = new Uint8Array(key.subarray(keyStart, keyStart + keyLength))
    this.#lookups.push({ key: copy, sequenceLimit, slot, block })
  }

  /** Removes and gives what is known of this lookup. */
  take(
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    sequenceLimit: SequenceNumber,
  ): UnfinishedLookup | undefined {
    const index = this.#lookups.findIndex(
      (lookup) =>
        lookup.sequenceLimit === sequenceLimit &&
        compareRanges(lookup.key, 0, lookup.key.length, key, keyStart, keyLength) === 0,
    )
    return index < 0 ? undefined : this.#lookups.splice(index, 1)[0]
  }
}
