/**
 * A table that leads from the hash of a key to the entry of its newest version: one probe instead of a search,
 * and a miss that needs no block. About five bytes a key.
 *
 *     hash-index = slot:u32[slots]        slots even; slot = block:16 ordinal:8 tag:8, the block in the high bits
 *
 * A key's probing starts at slot `floor((low >>> 5) * slots / 2^27)` of its hash and goes on, around the end,
 * until an empty slot (all bits set; no entry has ordinal 255). The tag is the low byte of the hash's high half;
 * where it agrees, the entry's key decides. (27 bits keep the product exact in a double.)
 */
import { GrowableWords } from './growable-words.ts'

export const emptySlot = 0xffff_ffff

/** Keys per slot of a new table. Fuller saves memory, but a miss looks at more slots and meets more equal tags. */
const loadFactor = 0.75

/** Where the probing for a hash begins. */
export function firstSlotOf(hashLow: number, slotCount: number): number {
  return Math.floor(((hashLow >>> 5) * slotCount) / 0x800_0000)
}

export function tagOf(hashHigh: number): number {
  return hashHigh & 0xff
}

/** The slot's content for an entry. */
export function slotOf(block: number, ordinal: number, tag: number): number {
  return ((block << 16) | (ordinal << 8) | tag) >>> 0
}

/** How many slots a table for so many keys gets: even, and at least one always empty, which ends every probing. */
export function slotCountFor(keyCount: number): number {
  return Math.ceil((keyCount / loadFactor + 1) / 2) * 2
}

/**
 * Gathers the hashes of all keys while they are written, for the table and for the filter; both want to know
 * how many keys there are before the first goes in.
 */
export class KeyHashes {
  readonly highs: GrowableWords = new GrowableWords()
  readonly lows: GrowableWords = new GrowableWords()
  readonly places: GrowableWords = new GrowableWords()

  get count(): number {
    return this.highs.length
  }

  /** Hands the memory on when both tables are made. */
  release(): void {
    this.highs.release()
    this.lows.release()
    this.places.release()
  }

  /** The newest version of the key with this hash is entry `ordinal` of block `block`. */
  add(hashHigh: number, hashLow: number, block: number, ordinal: number): void {
    this.highs.push(hashHigh)
    this.lows.push(hashLow)
    this.places.push((block << 16) | (ordinal << 8))
  }
}

/** Enters keys `from` to `to` (exclusive) into a table that was filled with {@link emptySlot}. */
export function fillHashIndex(slots: Uint32Array, hashes: KeyHashes, from: number, to: number): void {
  const highs = hashes.highs.words
  const lows = hashes.lows.words
  const places = hashes.places.words
  for (let key = from; key < to; key += 1) {
    let slot = firstSlotOf(lows[key] as number, slots.length)
    while (slots[slot] !== emptySlot) slot = slot + 1 === slots.length ? 0 : slot + 1
    slots[slot] = (places[key] as number) | tagOf(highs[key] as number)
  }
}
