/** Blocks that are stored compressed; src/segment/compressed-block.ts has the twins. */
import { compress } from '../lz4/compress'
import { decompress } from '../lz4/decompress'
import {
  aligned,
  blockHeaderSizeBytes,
  compressedDataOffset,
  compressedKindStep,
  compressedLengthByte,
  compressionTableAt,
  plainLengthByte,
  stagingAt,
} from './layout'

/** Compresses the plain block at `at` where it lies, unless that saves too little; returns how long it is now. */
export function compressBlock(at: u32, plainLength: u32): u32 {
  const storedLengthMax = ((plainLength * 88 - 1) / 100) & ~7
  if (storedLengthMax <= compressedDataOffset) return plainLength
  const length = compress(
    compressionTableAt,
    at + blockHeaderSizeBytes,
    plainLength - blockHeaderSizeBytes,
    stagingAt,
    storedLengthMax - compressedDataOffset,
  )
  if (length === 0) return plainLength
  const storedLength = aligned(compressedDataOffset + length)
  memory.copy(at + compressedDataOffset, stagingAt, length)
  for (let i = compressedDataOffset + length; i < storedLength; i += 1) store<u8>(at + i, 0)
  store<u32>(at, load<u32>(at, 8) + compressedKindStep, 8)
  store<u32>(at, storedLength, 12)
  store<u32>(at, plainLength, plainLengthByte)
  store<u32>(at, length, compressedLengthByte)
  return storedLength
}

/** Expands the checked, compressed block at `from` to `to`; the two may overlap. Whether that was possible. */
export function expandBlock(from: u32, to: u32): bool {
  const length = load<u32>(from, compressedLengthByte)
  const plainLength = load<u32>(from, plainLengthByte)
  const checksum = load<u64>(from)
  const shape = load<u32>(from, 8) - compressedKindStep
  const baseSequence = load<u64>(from, 16)
  memory.copy(stagingAt, from + compressedDataOffset, length)
  if (!decompress(stagingAt, stagingAt + length, to + blockHeaderSizeBytes, to + plainLength)) return false
  store<u64>(to, checksum)
  store<u32>(to, shape, 8)
  store<u32>(to, plainLength, 12)
  store<u64>(to, baseSequence, 16)
  return true
}
