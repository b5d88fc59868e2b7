/**
 * Puts the blocks of a segment together. Entries are gathered until a columnar block is full, then its columns
 * are laid out at once, since they lie before the data and their place depends on how many entries there are.
 * Checksums are left to the caller, who knows the block's position.
 */
import { commonPrefixLength } from '../bytes/compare-bytes.ts'
import { copyRange } from '../bytes/copy-range.ts'
import { keyPrefix, readPrefix } from '../bytes/prefix.ts'
import { EntryFlag, type EntryView } from '../entry/entry.ts'
import { alignedSize, type BlockMemory } from './block-memory.ts'
import {
  BlockEntryFlag,
  BlockKind,
  blockEntryCountMax,
  blockHeaderSizeBytes,
  blockSizeBytesMax,
  columnsSizeBytes,
  largeDataOffset,
} from './segment-format.ts'

/** Sequence numbers of a block span less than this, so that each fits its delta. */
const sequenceSpanMax = 0x1_0000_0000

/** The columnar block being filled. */
export class BlockWriter {
  /** Entries so far. */
  count = 0
  readonly #sizeBytesMax: number
  /** Keys and values of the entries so far, one behind the other. */
  readonly #data: Uint8Array = new Uint8Array(blockSizeBytesMax)
  #dataLength = 0
  readonly #starts: Uint16Array = new Uint16Array(blockEntryCountMax + 1)
  readonly #keyLengths: Uint16Array = new Uint16Array(blockEntryCountMax)
  readonly #flags: Uint8Array = new Uint8Array(blockEntryCountMax)
  readonly #sequences: Float64Array = new Float64Array(blockEntryCountMax)
  #sequenceMin = 0
  #sequenceMax = 0

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax
  }

  /** The most bytes of key and value that an entry may have to fit an empty block. */
  static entryLengthMax(sizeBytesMax: number): number {
    return Math.floor(sizeBytesMax / 8) * 8 - columnsSizeBytes(1)
  }

  /** Whether the entry would fit an empty block. */
  static couldFit(entry: EntryView, sizeBytesMax: number): boolean {
    return entry.keyLength + entry.valueLength <= BlockWriter.entryLengthMax(sizeBytesMax)
  }

  /** Whether the entry fits behind those that are here. */
  hasRoomFor(entry: EntryView): boolean {
    const count = this.count
    if (count === 0) return true
    const size = columnsSizeBytes(count + 1) + this.#dataLength + entry.keyLength + entry.valueLength
    if (count === blockEntryCountMax || alignedSize(size) > this.#sizeBytesMax) return false
    const sequenceNumber = entry.sequenceNumber
    return (
      sequenceNumber - this.#sequenceMin < sequenceSpanMax &&
      this.#sequenceMax - sequenceNumber < sequenceSpanMax
    )
  }

  add(entry: EntryView, isOlderVersion: boolean): void {
    const count = this.count
    const { sequenceNumber, keyLength, valueLength } = entry
    if (count === 0 || sequenceNumber < this.#sequenceMin) this.#sequenceMin = sequenceNumber
    if (count === 0 || sequenceNumber > this.#sequenceMax) this.#sequenceMax = sequenceNumber
    this.#keyLengths[count] = keyLength
    this.#flags[count] = entryFlagsOf(entry, isOlderVersion)
    this.#sequences[count] = sequenceNumber
    const keyAt = this.#dataLength
    copyRange(entry.keyBytes, entry.keyStart, keyLength, this.#data, keyAt)
    copyRange(entry.valueBytes, entry.valueStart, valueLength, this.#data, keyAt + keyLength)
    this.#dataLength = keyAt + keyLength + valueLength
    this.count = count + 1
    this.#starts[count + 1] = this.#dataLength
  }

  /** Size of the block once encoded. */
  get sizeBytes(): number {
    return alignedSize(columnsSizeBytes(this.count) + this.#dataLength)
  }

  /** Lays the block out at `at` in `target`, all but its checksum, and starts an empty one. */
  encodeTo(target: BlockMemory, at: number): void {
    const count = this.count
    const sizeBytes = this.sizeBytes
    const prefixLength = this.#commonPrefixLength()
    encodeBlockHeader(target, at, BlockKind.columnar, count, prefixLength, sizeBytes, this.#sequenceMin)
    const { words, halves, bytes } = target
    const highsAt = (at + blockHeaderSizeBytes) >>> 2
    const endsAt = (highsAt + 3 * count) * 2
    const flagsAt = (endsAt + 2 * count + 1) * 2
    const dataOffset = flagsAt + count - at
    halves[endsAt] = dataOffset
    for (let i = 0; i < count; i += 1) {
      const keyStart = this.#starts[i] as number
      const keyLength = this.#keyLengths[i] as number
      readPrefix(this.#data, keyStart, keyStart + keyLength, prefixLength)
      words[highsAt + i] = keyPrefix.high
      words[highsAt + count + i] = keyPrefix.low
      words[highsAt + 2 * count + i] = (this.#sequences[i] as number) - this.#sequenceMin
      halves[endsAt + 1 + i] = dataOffset + (this.#starts[i + 1] as number)
      halves[endsAt + count + 1 + i] = keyLength
      bytes[flagsAt + i] = this.#flags[i] as number
    }
    const dataAt = at + dataOffset
    bytes.set(this.#data.subarray(0, this.#dataLength), dataAt)
    bytes.fill(0, dataAt + this.#dataLength, at + sizeBytes)
    this.count = 0
    this.#dataLength = 0
  }

  /** What the first and the last key have in common, all keys between them have too. */
  #commonPrefixLength(): number {
    const last = this.count - 1
    return commonPrefixLength(
      this.#data,
      0,
      this.#keyLengths[0]!,
      this.#data,
      this.#starts[last]!,
      this.#keyLengths[last]!,
    )
  }
}

/** Size of the large block that holds the entry. */
export function largeBlockSize(entry: EntryView): number {
  return alignedSize(largeDataOffset + entry.keyLength + entry.valueLength)
}

/** Lays a large block out at `at` in `target`, all but its checksum. */
export function encodeLargeBlock(
  entry: EntryView,
  isOlderVersion: boolean,
  target: BlockMemory,
  at: number,
): void {
  const sizeBytes = largeBlockSize(entry)
  encodeBlockHeader(target, at, BlockKind.large, 1, 0, sizeBytes, entry.sequenceNumber)
  const { words, bytes } = target
  const wordAt = (at + blockHeaderSizeBytes) >>> 2
  words[wordAt] = entry.keyLength
  words[wordAt + 1] = entry.valueLength
  words[wordAt + 2] = entryFlagsOf(entry, isOlderVersion)
  words[wordAt + 3] = 0
  const keyAt = at + largeDataOffset
  const valueAt = keyAt + entry.keyLength
  copyRange(entry.keyBytes, entry.keyStart, entry.keyLength, bytes, keyAt)
  copyRange(entry.valueBytes, entry.valueStart, entry.valueLength, bytes, valueAt)
  bytes.fill(0, valueAt + entry.valueLength, at + sizeBytes)
}

function encodeBlockHeader(
  target: BlockMemory,
  at: number,
  kind: number,
  count: number,
  prefixLength: number,
  sizeBytes: number,
  baseSequence: number,
): void {
  const wordAt = at >>> 2
  const { words } = target
  words[wordAt + 2] = kind | (count << 8) | (prefixLength << 16)
  words[wordAt + 3] = sizeBytes
  words[wordAt + 4] = baseSequence % 0x1_0000_0000
  words[wordAt + 5] = Math.floor(baseSequence / 0x1_0000_0000)
}

function entryFlagsOf(entry: EntryView, isOlderVersion: boolean): number {
  let flags: number = entry.kind
  if ((entry.flags & EntryFlag.asciiValue) !== 0) flags |= BlockEntryFlag.asciiValue
  if (isOlderVersion) flags |= BlockEntryFlag.olderVersion
  return flags
}
