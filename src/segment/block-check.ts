/**
 * The door through which every block from the disk comes: its checksum, seeded with the segment's number and
 * the block's position, and then its shape, so that readers can trust offsets and kinds without looking.
 */
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { type BlockMemory, unsetMemory } from './block-memory.ts'
import { compressedProblem, expandBlock, isCompressed, plainLengthOf } from './compressed-block.ts'
import {
  BlockEntryFlag,
  BlockKind,
  blockHeaderSizeBytes,
  blockSizeBytesMax,
  columnsSizeBytes,
  isKnownEntryKind,
  largeDataOffset,
} from './segment-format.ts'

/** Hashes a block but for its checksum; the result is in `hashResult`. */
export function hashBlock(
  memory: BlockMemory,
  at: number,
  length: number,
  number: number,
  offset: number,
): void {
  xxh64(memory.bytes, at + 8, at + length, number >>> 0, offset / 8)
}

/** Hashes what lies at `offset` in segment `number`; the result is in `hashResult`. */
export function hashAt(bytes: Uint8Array, start: number, end: number, number: number, offset: number): void {
  xxh64(bytes, start, end, number >>> 0, offset / 8)
}

/**
 * Throws unless the bytes at `at` are the block of `length` bytes that segment `number` (in the file `path`)
 * has at `offset`. A compressed one has still to be made plain, which checks what is in it.
 */
export function checkBlock(
  memory: BlockMemory,
  at: number,
  length: number,
  number: number,
  path: string,
  offset: number,
): void {
  hashBlock(memory, at, length, number, offset)
  checkHashedBlock(memory, at, length, path, offset, hashResult)
}

/** {@link checkBlock} of a block whose hash, all but its checksum, is `hash`. */
export function checkHashedBlock(
  memory: BlockMemory,
  at: number,
  length: number,
  path: string,
  offset: number,
  hash: { readonly high: number; readonly low: number },
): void {
  const { words } = memory
  if (words[at >>> 2] !== hash.low || words[(at >>> 2) + 1] !== hash.high) {
    throw new CorruptionError('a block does not match its checksum', path, offset)
  }
  const problem = blockProblem(memory, at, length, path)
  if (problem !== undefined) throw new CorruptionError(problem, path, offset)
}

/** Where a plain block lies. */
export interface PlainBlock {
  readonly memory: BlockMemory
  readonly at: number
}

/** A checked block as a plain one: where it lies, or expanded into memory of its own. Throws `CorruptionError`. */
export function plainBlockOf(memory: BlockMemory, at: number, path: string, offset: number): PlainBlock {
  if (!isCompressed(memory, at)) return { memory, at }
  const plain = unsetMemory(plainLengthOf(memory, at))
  expandCheckedBlock(memory, at, plain, 0, path, offset)
  return { memory: plain, at: 0 }
}

/**
 * Expands a checked, compressed block to `to` in `target`, which has room for the plain one and may be where it lies.
 * Throws `CorruptionError`.
 */
export function expandCheckedBlock(
  memory: BlockMemory,
  at: number,
  target: BlockMemory,
  to: number,
  path: string,
  offset: number,
): void {
  if (!expandBlock(memory, at, target, to)) refuseCompressed(path, offset)
  checkShape(target, to, path, offset)
}

/** A checked block does not decompress. */
export function refuseCompressed(path: string, offset: number): never {
  throw new CorruptionError('a block does not decompress to what its header says', path, offset)
}

/** Throws unless a plain block whose length is right is well-formed. */
export function checkShape(memory: BlockMemory, at: number, path: string, offset: number): void {
  const problem = shapeProblem(memory, at, path)
  if (problem !== undefined) throw new CorruptionError(problem, path, offset)
}

function blockProblem(memory: BlockMemory, at: number, length: number, path: string): string | undefined {
  if (memory.words[(at >>> 2) + 3] !== length) return 'a block is not as long as the index says'
  if (isCompressed(memory, at)) return compressedProblem(memory, at, length)
  return shapeProblem(memory, at, path)
}

function shapeProblem(memory: BlockMemory, at: number, path: string): string | undefined {
  const shape = memory.words[(at >>> 2) + 2] as number
  const length = memory.words[(at >>> 2) + 3] as number
  const kind = shape & 0xff
  const count = (shape >>> 8) & 0xff
  if (kind === BlockKind.columnar) return columnarProblem(memory, at, length, count, path)
  if (kind === BlockKind.large) return largeProblem(memory, at, length, count, path)
  throw new UnsupportedFormatError(`${path} has blocks of kind ${kind}, which this release does not know`)
}

function columnarProblem(
  memory: BlockMemory,
  at: number,
  length: number,
  count: number,
  path: string,
): string | undefined {
  const { halves, bytes } = memory
  if (count === 0 || length > blockSizeBytesMax || columnsSizeBytes(count) > length) {
    return `a block of ${length} bytes cannot have ${count} entries`
  }
  const endsAt = (at + blockHeaderSizeBytes + 12 * count) >>> 1
  const keyLengthsAt = endsAt + count + 1
  const flagsAt = (keyLengthsAt + count) * 2
  let end = halves[endsAt] as number
  if (end !== columnsSizeBytes(count)) return 'the entries of a block do not start behind its columns'
  for (let i = 0; i < count; i += 1) {
    const start = end
    end = halves[endsAt + 1 + i] as number
    if (start + (halves[keyLengthsAt + i] as number) > end) return `entry ${i} of a block ends before its key`
    checkEntryKind(bytes[flagsAt + i] as number, path)
  }
  return end > length ? 'the entries of a block are longer than the block' : undefined
}

function largeProblem(
  memory: BlockMemory,
  at: number,
  length: number,
  count: number,
  path: string,
): string | undefined {
  const wordAt = (at + blockHeaderSizeBytes) >>> 2
  const keyLength = memory.words[wordAt] as number
  const valueLength = memory.words[wordAt + 1] as number
  if (count !== 1 || largeDataOffset + keyLength + valueLength > length) {
    return 'the entry of a large block is longer than the block'
  }
  checkEntryKind((memory.words[wordAt + 2] as number) & 0xff, path)
  return undefined
}

function checkEntryKind(flags: number, path: string): void {
  const kind = flags & BlockEntryFlag.kindMask
  if (!isKnownEntryKind(kind)) {
    throw new UnsupportedFormatError(`${path} has entries of kind ${kind}, which this release does not know`)
  }
}
