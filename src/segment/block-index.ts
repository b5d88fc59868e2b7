/**
 * Where each block starts and with which key: a search in memory for the one block that can hold a key. Blocks
 * are named by separators, the shortest bytes that sort after every key of the block before and not after the
 * block's first key. All separators share a prefix, kept once; the eight bytes behind it are columns of their
 * own, so that a search compares numbers. Always in memory while a segment is open, about one byte a key.
 *
 *     block-index = blockCount:u32 commonPrefixLength:u32 suffixesLength:u32 zero:u32
 *                   position:u32[blocks + 1] prefixHigh:u32[blocks] prefixLow:u32[blocks]
 *                   suffixEnd:u32[blocks] blockFlags:u8[blocks] commonPrefix suffixes padding
 *
 * The last position is where the blocks end. Suffix i is a separator without the common prefix; it ends at
 * `suffixEnd[i]` and begins where the one before ends.
 *
 * When the versions of one key cross from a block into the next, the separator of the next is that key itself
 * and its flag `continues` is set: the key's newest version is in an earlier block.
 */
import { commonPrefixLength, compareRanges } from '../bytes/compare-bytes.ts'
import { keyPrefix, readPrefix } from '../bytes/prefix.ts'
import type { BlockMemory } from './block-memory.ts'
import { GrowableWords } from './growable-words.ts'
import { giveBuffer, takeBuffer, takeMemory } from './spare-buffers.ts'

/** Bits of a block's flags byte in the index. On disk: never renumber. */
const IndexedBlockFlag = { continues: 1 } as const

const headerWordCount = 4
const separatorsSizeBytesMin = 4096

/** A loaded block index. The caller verified its checksum, and {@link blockIndexProblem} found nothing. */
export class BlockIndex {
  readonly blockCount: number
  readonly sizeBytes: number
  readonly #words: Uint32Array
  readonly #bytes: Uint8Array
  readonly #prefixHighAt: number
  readonly #prefixLowAt: number
  readonly #suffixEndAt: number
  readonly #flagsAt: number
  readonly #commonPrefixAt: number
  readonly #commonPrefixLength: number
  readonly #suffixesAt: number
  readonly #memory: BlockMemory

  constructor(memory: BlockMemory) {
    const { words, bytes } = memory
    const blockCount = words[0]!
    this.blockCount = blockCount
    this.sizeBytes = bytes.length
    this.#memory = memory
    this.#words = words
    this.#bytes = bytes
    this.#prefixHighAt = headerWordCount + blockCount + 1
    this.#prefixLowAt = this.#prefixHighAt + blockCount
    this.#suffixEndAt = this.#prefixLowAt + blockCount
    this.#flagsAt = (this.#suffixEndAt + blockCount) * 4
    this.#commonPrefixLength = words[1]!
    this.#commonPrefixAt = this.#flagsAt + blockCount
    this.#suffixesAt = this.#commonPrefixAt + this.#commonPrefixLength
  }

  /** Offset in the file where the block begins; for `blockCount` where the blocks end. */
  offsetOf(block: number): number {
    return (this.#words[headerWordCount + block] as number) * 8
  }

  lengthOf(block: number): number {
    const at = headerWordCount + block
    return ((this.#words[at + 1] as number) - (this.#words[at] as number)) * 8
  }

  /** Where it lies, for whoever gave it memory that is used again. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer
  }

  /** Looks at all blocks; for whoever verifies a segment. */
  problem(): string | undefined {
    return indexedBlockProblem(this.#memory)
  }

  /** Whether the block begins with an older version of the last key of the block before. */
  continues(block: number): boolean {
    return ((this.#bytes[this.#flagsAt + block] as number) & IndexedBlockFlag.continues) !== 0
  }

  /** A copy of the separator before the block. */
  separatorOf(block: number): Uint8Array {
    const start = block === 0 ? 0 : this.#words[this.#suffixEndAt + block - 1]!
    const suffix = this.#bytes.subarray(
      this.#suffixesAt + start,
      this.#suffixesAt + this.#words[this.#suffixEndAt + block]!,
    )
    const separator = new Uint8Array(this.#commonPrefixLength + suffix.length)
    separator.set(this.#bytes.subarray(this.#commonPrefixAt, this.#commonPrefixAt + this.#commonPrefixLength))
    separator.set(suffix, this.#commonPrefixLength)
    return separator
  }

  /**
   * The first block whose separator is at or after the key, or with `after` strictly after it; `blockCount`
   * when there is none.
   */
  firstSeparatedBlock(key: Uint8Array, keyStart: number, keyLength: number, after: boolean): number {
    const side = this.#sideOfCommonPrefix(key, keyStart, keyLength)
    if (side !== 0) return side < 0 ? 0 : this.blockCount
    const suffixStart = keyStart + this.#commonPrefixLength
    const suffixLength = keyLength - this.#commonPrefixLength
    readPrefix(key, suffixStart, keyStart + keyLength, 0)
    const high = keyPrefix.high >>> 0
    const low = keyPrefix.low >>> 0
    const words = this.#words
    let from = 0
    let to = this.blockCount
    while (from < to) {
      const middle = (from + to) >>> 1
      let order = (words[this.#prefixHighAt + middle] as number) - high
      if (order === 0) {
        order = (words[this.#prefixLowAt + middle] as number) - low
        if (order === 0) order = this.#compareSuffix(middle, key, suffixStart, suffixLength)
      }
      if (order < 0 || (after && order === 0)) from = middle + 1
      else to = middle
    }
    return from
  }

  /** The block that holds the newest version of the key, if any block does. */
  blockOf(key: Uint8Array, keyStart: number, keyLength: number): number {
    const block = this.firstSeparatedBlock(key, keyStart, keyLength, false)
    if (block === 0) return 0
    if (block === this.blockCount || !this.#isSeparator(block, key, keyStart, keyLength)) return block - 1
    return this.continues(block) ? block - 1 : block
  }

  #isSeparator(block: number, key: Uint8Array, keyStart: number, keyLength: number): boolean {
    if (this.#sideOfCommonPrefix(key, keyStart, keyLength) !== 0) return false
    const prefixLength = this.#commonPrefixLength
    return this.#compareSuffix(block, key, keyStart + prefixLength, keyLength - prefixLength) === 0
  }

  /** Negative or positive when the key sorts before or after everything with the common prefix, else zero. */
  #sideOfCommonPrefix(key: Uint8Array, keyStart: number, keyLength: number): number {
    const prefixLength = this.#commonPrefixLength
    const comparedLength = Math.min(keyLength, prefixLength)
    return compareRanges(key, keyStart, comparedLength, this.#bytes, this.#commonPrefixAt, prefixLength)
  }

  /** How the separator of the block sorts against a key that has the common prefix. */
  #compareSuffix(block: number, key: Uint8Array, suffixStart: number, suffixLength: number): number {
    const start = block === 0 ? 0 : (this.#words[this.#suffixEndAt + block - 1] as number)
    const length = (this.#words[this.#suffixEndAt + block] as number) - start
    return compareRanges(this.#bytes, this.#suffixesAt + start, length, key, suffixStart, suffixLength)
  }
}

/**
 * What is wrong with the shape of an index for blocks from `blocksStart` to `blocksEnd`, if anything, as far as that shows
 * without looking at every block: what its checksum proves was written so. {@link indexedBlockProblem} tells the rest.
 */
export function blockIndexProblem(
  memory: BlockMemory,
  blockCount: number,
  blocksStart: number,
  blocksEnd: number,
): string | undefined {
  const { words, bytes } = memory
  if (bytes.length < headerWordCount * 4 || words[0] !== blockCount || blockCount === 0) {
    return `the block index is not one of ${blockCount} blocks`
  }
  const tablesSize = (headerWordCount + 4 * blockCount + 1) * 4 + blockCount
  if (tablesSize + words[1]! + words[2]! > bytes.length) return 'the block index is longer than its region'
  if (words[headerWordCount]! * 8 !== blocksStart || words[headerWordCount + blockCount]! * 8 !== blocksEnd) {
    return 'the block index does not span the blocks'
  }
  return undefined
}

/** What is wrong with what an index, of which {@link blockIndexProblem} found nothing wrong, says about single blocks, if anything. */
export function indexedBlockProblem({ words }: BlockMemory): string | undefined {
  const blockCount = words[0]!
  const suffixEndAt = headerWordCount + 3 * blockCount + 1
  for (let block = 0; block < blockCount; block += 1) {
    const at = headerWordCount + block
    if (words[at]! >= words[at + 1]!) return `block ${block} of the index does not end after it starts`
    const suffixStart = block === 0 ? 0 : words[suffixEndAt + block - 1]!
    const suffixEnd = words[suffixEndAt + block]!
    if (suffixEnd < suffixStart || suffixEnd > words[2]!) return `separator ${block} lies outside the index`
  }
  return undefined
}

/** Gathers the block index while blocks are written. */
export class BlockIndexWriter {
  readonly #positions = new GrowableWords()
  readonly #separatorEnds = new GrowableWords()
  readonly #continuing: number[] = []
  #separators = new Uint8Array(takeBuffer(separatorsSizeBytesMin))
  #separatorsLength = 0

  get blockCount(): number {
    return this.#positions.length
  }

  /**
   * A block begins at `position` (offset in the file divided by eight) with the key `first`, after `previous`,
   * the last key of the block before. For the first block both are its first key.
   */
  add(
    position: number,
    previous: Uint8Array,
    previousStart: number,
    previousLength: number,
    first: Uint8Array,
    firstStart: number,
    firstLength: number,
  ): void {
    const common = commonPrefixLength(previous, previousStart, previousLength, first, firstStart, firstLength)
    const isSameKey = common === previousLength && common === firstLength
    const separatorLength = isSameKey ? firstLength : common + 1
    this.addSeparated(position, first, firstStart, separatorLength, isSameKey && this.blockCount > 0)
  }

  /** {@link add} where the separator, the first bytes of the block's first key, is known. */
  addSeparated(
    position: number,
    first: Uint8Array,
    firstStart: number,
    separatorLength: number,
    continues: boolean,
  ): void {
    if (continues) this.#continuing.push(this.blockCount)
    this.#positions.push(position)
    this.#pushSeparator(first, firstStart, separatorLength)
  }

  /** Hands the memory on; not used any more. */
  release(): void {
    this.#positions.release()
    this.#separatorEnds.release()
    giveBuffer(this.#separators.buffer)
    this.#separators = new Uint8Array(0)
  }

  /** The region's content, in memory to be handed on by `giveBuffer`. `smallestKey` and `largestKey` are the segment's, `endPosition` is where blocks end. */
  encode(endPosition: number, smallestKey: Uint8Array, largestKey: Uint8Array): BlockMemory {
    const blockCount = this.blockCount
    const prefixLength = commonPrefixLength(
      smallestKey,
      0,
      smallestKey.length,
      largestKey,
      0,
      largestKey.length,
    )
    // The first separator need not tell anything apart: the common prefix alone sorts before every key.
    const firstLength = this.#separatorEnds.words[0]!
    const suffixesLength = this.#separatorsLength - firstLength - (blockCount - 1) * prefixLength
    const flagsAt = (headerWordCount + 4 * blockCount + 1) * 4
    const memory = takeMemory(flagsAt + blockCount + prefixLength + suffixesLength)
    const { words, bytes } = memory
    bytes.fill(0)
    words.set([blockCount, prefixLength, suffixesLength, 0])
    words.set(this.#positions.words.subarray(0, blockCount), headerWordCount)
    words[headerWordCount + blockCount] = endPosition
    for (const block of this.#continuing) bytes[flagsAt + block] = IndexedBlockFlag.continues
    bytes.set(smallestKey.subarray(0, prefixLength), flagsAt + blockCount)
    this.#encodeSuffixes(memory, prefixLength, flagsAt + blockCount + prefixLength)
    return memory
  }

  #encodeSuffixes(memory: BlockMemory, prefixLength: number, suffixesAt: number): void {
    const { words, bytes } = memory
    const blockCount = this.blockCount
    const prefixHighAt = headerWordCount + blockCount + 1
    const suffixEndAt = prefixHighAt + 2 * blockCount
    let end = 0
    for (let block = 1; block < blockCount; block += 1) {
      const from = this.#separatorEnds.words[block - 1]! + prefixLength
      const to = this.#separatorEnds.words[block]!
      readPrefix(this.#separators, from, to, 0)
      words[prefixHighAt + block] = keyPrefix.high
      words[prefixHighAt + blockCount + block] = keyPrefix.low
      bytes.set(this.#separators.subarray(from, to), suffixesAt + end)
      end += to - from
      words[suffixEndAt + block] = end
    }
  }

  #pushSeparator(key: Uint8Array, start: number, length: number): void {
    while (this.#separatorsLength + length > this.#separators.length) {
      const grown = new Uint8Array(takeBuffer(this.#separators.length * 2))
      grown.set(this.#separators)
      giveBuffer(this.#separators.buffer)
      this.#separators = grown
    }
    this.#separators.set(key.subarray(start, start + length), this.#separatorsLength)
    this.#separatorsLength += length
    this.#separatorEnds.push(this.#separatorsLength)
  }
}
