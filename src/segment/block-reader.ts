/**
 * Reads one block where it lies: finds keys by the prefix columns and fills views of entries. One reader is
 * moved from block to block, so that nothing is allocated on a read. The block must have passed
 * {@link checkBlock}; a reader trusts it.
 */
import { commonPrefixLength, compareRanges, equalRanges } from '../bytes/compare-bytes.ts'
import { keyPrefix, readPrefix } from '../bytes/prefix.ts'
import { EntryFlag, type EntryKind, type EntryView } from '../entry/entry.ts'
import { type BlockMemory, noMemory } from './block-memory.ts'
import { BlockEntryFlag, BlockKind, blockHeaderSizeBytes, largeDataOffset } from './segment-format.ts'

export class BlockReader {
  /** Entries of the block. */
  count = 0
  #memory: BlockMemory = noMemory
  #bytes: Uint8Array = this.#memory.bytes
  #halves: Uint16Array = this.#memory.halves
  #words: Uint32Array = this.#memory.words
  #at = 0
  #isLarge = false
  /** Indexes into the view of each column's width. */
  #highsAt = 0
  #endsAt = 0
  #keyLengthsAt = 0
  #flagsAt = 0
  #baseSequence = 0
  /** How many bytes all keys of the block have in common. */
  #prefixLength = 0

  /** Moves to the block at `at` (a multiple of eight) in `memory`. */
  open(memory: BlockMemory, at: number): void {
    if (memory !== this.#memory) {
      this.#memory = memory
      this.#bytes = memory.bytes
      this.#halves = memory.halves
      this.#words = memory.words
    }
    this.#at = at
    const wordAt = at >>> 2
    const shape = this.#words[wordAt + 2] as number
    const count = (shape >>> 8) & 0xff
    this.count = count
    this.#prefixLength = shape >>> 16
    this.#isLarge = (shape & 0xff) === BlockKind.large
    this.#baseSequence =
      (this.#words[wordAt + 4] as number) + (this.#words[wordAt + 5] as number) * 0x1_0000_0000
    this.#highsAt = wordAt + (blockHeaderSizeBytes >>> 2)
    this.#endsAt = (this.#highsAt + 3 * count) * 2
    this.#keyLengthsAt = this.#endsAt + count + 1
    this.#flagsAt = this.#isLarge ? at + blockHeaderSizeBytes + 8 : (this.#keyLengthsAt + count) * 2
  }

  /** Whether the entry is an older version of the key of the entry before it. */
  isOlderVersion(ordinal: number): boolean {
    return ((this.#bytes[this.#flagsAt + ordinal] as number) & BlockEntryFlag.olderVersion) !== 0
  }

  sequenceNumberOf(ordinal: number): number {
    if (this.#isLarge) return this.#baseSequence
    return this.#baseSequence + (this.#words[this.#highsAt + 2 * this.count + ordinal] as number)
  }

  hasKey(ordinal: number, key: Uint8Array, keyStart: number, keyLength: number): boolean {
    return (
      this.#keyLengthOf(ordinal) === keyLength &&
      equalRanges(this.#bytes, this.#keyStartOf(ordinal), keyLength, key, keyStart, keyLength)
    )
  }

  /**
   * The first entry whose key is at or after the given one, or with `after` strictly after it; `count` when
   * there is none.
   */
  search(key: Uint8Array, keyStart: number, keyLength: number, after: boolean): number {
    const prefixLength = this.#prefixLength
    const firstKeyAt = this.#keyStartOf(0)
    if (prefixLength > 0) {
      const comparedLength = Math.min(keyLength, prefixLength)
      const side = compareRanges(key, keyStart, comparedLength, this.#bytes, firstKeyAt, prefixLength)
      if (side !== 0) return side < 0 ? 0 : this.count
    }
    if (this.#isLarge) {
      const order = compareRanges(this.#bytes, firstKeyAt, this.#keyLengthOf(0), key, keyStart, keyLength)
      return order < 0 || (after && order === 0) ? 1 : 0
    }
    readPrefix(key, keyStart, keyStart + keyLength, prefixLength)
    const high = keyPrefix.high >>> 0
    const low = keyPrefix.low >>> 0
    const words = this.#words
    const highsAt = this.#highsAt
    const lowsAt = highsAt + this.count
    let from = 0
    let to = this.count
    while (from < to) {
      const middle = (from + to) >>> 1
      let order = (words[highsAt + middle] as number) - high
      if (order === 0) {
        order = (words[lowsAt + middle] as number) - low
        if (order === 0) order = this.#compareKey(middle, key, keyStart, keyLength)
      }
      if (order < 0 || (after && order === 0)) from = middle + 1
      else to = middle
    }
    return from
  }

  /** Points the view at the entry; it stays valid as long as the block's memory. */
  view(ordinal: number, out: EntryView): void {
    const bytes = this.#bytes
    const flags = bytes[this.#flagsAt + ordinal] as number
    const keyLength = this.#keyLengthOf(ordinal)
    const keyStart = this.#keyStartOf(ordinal)
    const valueStart = keyStart + keyLength
    out.keyBytes = bytes
    out.keyStart = keyStart
    out.keyLength = keyLength
    out.valueBytes = bytes
    out.valueStart = valueStart
    out.valueLength = this.#isLarge
      ? (this.#words[this.#highsAt + 1] as number)
      : this.#at + (this.#halves[this.#endsAt + ordinal + 1] as number) - valueStart
    out.sequenceNumber = this.sequenceNumberOf(ordinal)
    out.kind = (flags & BlockEntryFlag.kindMask) as EntryKind
    out.flags = (flags & BlockEntryFlag.asciiValue) !== 0 ? EntryFlag.asciiValue : 0
  }

  #keyStartOf(ordinal: number): number {
    return this.#at + (this.#isLarge ? largeDataOffset : (this.#halves[this.#endsAt + ordinal] as number))
  }

  #keyLengthOf(ordinal: number): number {
    return (this.#isLarge ? this.#words[this.#highsAt] : this.#halves[this.#keyLengthsAt + ordinal]) as number
  }

  #compareKey(ordinal: number, key: Uint8Array, keyStart: number, keyLength: number): number {
    const at = this.#keyStartOf(ordinal)
    return compareRanges(this.#bytes, at, this.#keyLengthOf(ordinal), key, keyStart, keyLength)
  }

  /** Whether the prefix columns say what the keys say. For verifying; a checksum already told damage. */
  hasTruePrefixes(): boolean {
    if (this.#isLarge) return true
    const bytes = this.#bytes
    const last = this.count - 1
    const prefixLength = this.#prefixLength
    const firstAt = this.#keyStartOf(0)
    const lastAt = this.#keyStartOf(last)
    const shared = commonPrefixLength(
      bytes,
      firstAt,
      this.#keyLengthOf(0),
      bytes,
      lastAt,
      this.#keyLengthOf(last),
    )
    if (shared !== prefixLength) return false
    for (let ordinal = 0; ordinal <= last; ordinal += 1) {
      const keyStart = this.#keyStartOf(ordinal)
      readPrefix(bytes, keyStart, keyStart + this.#keyLengthOf(ordinal), prefixLength)
      const at = this.#highsAt + ordinal
      if (this.#words[at] !== keyPrefix.high >>> 0) return false
      if (this.#words[at + this.count] !== keyPrefix.low >>> 0) return false
    }
    return true
  }
}
