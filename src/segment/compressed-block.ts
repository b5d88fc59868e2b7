/**
 * Blocks that are stored compressed. All behind the block header is one LZ4 block then, and the header says of which
 * kind and how long the plain block is. In memory there are plain blocks only: a reader expands what it has read and
 * checked.
 */
import { keyLengthMax, valueLengthMax } from '../entry/entry.ts'
import { lz4 } from '../kernel/lz4.ts'
import { alignedSize, type BlockMemory } from './block-memory.ts'
import {
  BlockKind,
  blockHeaderSizeBytes,
  blockSizeBytesMax,
  compressedDataOffset,
  largeDataOffset,
} from './segment-format.ts'

/** What compressing adds to a kind. */
const compressedKindStep: number = BlockKind.compressedColumnar - BlockKind.columnar
/** A compressed block has less than so many hundredths of the plain one: else expanding it is not worth it. */
const storedPercentMax = 88
/** No plain block is longer: the longest key with the longest value. */
const plainLengthMax: number = alignedSize(largeDataOffset + keyLengthMax + valueLengthMax)

const kindMask = 0xff

function kindAt({ words }: BlockMemory, at: number): number {
  return (words[(at >>> 2) + 2] as number) & kindMask
}

export function isCompressed(memory: BlockMemory, at: number): boolean {
  const kind = kindAt(memory, at)
  return kind === BlockKind.compressedColumnar || kind === BlockKind.compressedLarge
}

/** Whether it holds several entries, compressed or not. */
export function isColumnar(memory: BlockMemory, at: number): boolean {
  const kind = kindAt(memory, at)
  return kind === BlockKind.columnar || kind === BlockKind.compressedColumnar
}

/** Length of the checked block once it is plain. */
export function plainLengthOf(memory: BlockMemory, at: number): number {
  return memory.words[(at >>> 2) + (isCompressed(memory, at) ? 6 : 3)] as number
}

/**
 * Compresses the plain block of `length` bytes at `at` where it lies, unless that saves too little. Returns how long
 * it is now. Checksums are left to the caller.
 */
export function compressBlock(memory: BlockMemory, at: number, length: number): number {
  const limit = storedLengthMax(length) - compressedDataOffset
  if (limit <= 0) return length
  const { bytes, words } = memory
  const dataAt = at + compressedDataOffset
  const compressedLength = lz4().compress(bytes, at + blockHeaderSizeBytes, at + length, bytes, dataAt, limit)
  if (compressedLength === 0) return length
  const storedLength = alignedSize(compressedDataOffset + compressedLength)
  bytes.fill(0, dataAt + compressedLength, at + storedLength)
  const wordAt = at >>> 2
  words[wordAt + 2] = (words[wordAt + 2] as number) + compressedKindStep
  words[wordAt + 3] = storedLength
  words[wordAt + 6] = length
  words[wordAt + 7] = compressedLength
  return storedLength
}

/** What is wrong with the header of a compressed block of `length` bytes, if anything. */
export function compressedProblem(memory: BlockMemory, at: number, length: number): string | undefined {
  if (length < compressedDataOffset) return `a compressed block cannot have ${length} bytes`
  const { words } = memory
  const plainLength = words[(at >>> 2) + 6] as number
  const compressedLength = words[(at >>> 2) + 7] as number
  const lengthMax = kindAt(memory, at) === BlockKind.compressedColumnar ? blockSizeBytesMax : plainLengthMax
  if (plainLength % 8 !== 0 || plainLength <= length || plainLength > lengthMax) {
    return `a block of ${length} bytes cannot be a compressed one of ${plainLength}`
  }
  if (alignedSize(compressedDataOffset + compressedLength) !== length) {
    return `a block of ${length} bytes cannot hold ${compressedLength} compressed ones`
  }
  return undefined
}

/**
 * Expands the checked, compressed block at `at` to `to` in `target`, which has room for it and may be where it lies.
 * `false`: the bytes do not decompress to what the header says.
 */
export function expandBlock(memory: BlockMemory, at: number, target: BlockMemory, to: number): boolean {
  const { words: stored } = memory
  const storedAt = at >>> 2
  // The block may come to lie over this.
  const checksumLow = stored[storedAt] as number
  const checksumHigh = stored[storedAt + 1] as number
  const shape = stored[storedAt + 2] as number
  const baseLow = stored[storedAt + 4] as number
  const baseHigh = stored[storedAt + 5] as number
  const plainLength = stored[storedAt + 6] as number
  const dataAt = at + compressedDataOffset
  const dataEnd = dataAt + (stored[storedAt + 7] as number)
  const bodyAt = to + blockHeaderSizeBytes
  const bodyLength = plainLength - blockHeaderSizeBytes
  if (!lz4().decompress(memory.bytes, dataAt, dataEnd, target.bytes, bodyAt, bodyLength)) return false
  const { words } = target
  const wordAt = to >>> 2
  words[wordAt] = checksumLow
  words[wordAt + 1] = checksumHigh
  words[wordAt + 2] = shape - compressedKindStep
  words[wordAt + 3] = plainLength
  words[wordAt + 4] = baseLow
  words[wordAt + 5] = baseHigh
  return true
}

/** The most bytes that a compressed block may have instead of `plainLength` plain ones. */
function storedLengthMax(plainLength: number): number {
  return Math.floor(Math.floor((plainLength * storedPercentMax - 1) / 100) / 8) * 8
}
