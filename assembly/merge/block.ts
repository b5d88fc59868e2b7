/**
 * The columnar block being filled, and its way into the output. src/segment/segment-format.ts has the format,
 * src/segment/block-writer.ts the twin.
 */
import { xxh64 } from '../xxh64'
import { compressBlock } from './compressed-block'
import { commonLength, copy } from './keys'
import {
  aligned,
  blockCountAt,
  blockDataAt,
  blockEntryCountMax,
  blockHeaderSizeBytes,
  blockListAt,
  blockListCountAt,
  blockSizeMaxAt,
  columnarKind,
  columnsSize,
  entryCountAt,
  fileOffsetAt,
  flagsAt,
  isCompressingAt,
  keyLengthsAt,
  lastKeyAt,
  lastKeyLengthAt,
  listedBlockAtByte,
  listedBlockSizeBytes,
  listedContinues,
  listedFlagsByte,
  listedLarge,
  listedPositionByte,
  listedSeparatorAtByte,
  listedSeparatorLengthByte,
  outputAt,
  outputUsedAt,
  segmentNumberAt,
  separatorsAt,
  separatorsUsedAt,
  sequencesAt,
  startsAt,
} from './layout'

let count: u32 = 0
let dataLength: u32 = 0
let sequenceMin: u64 = 0
let sequenceMax: u64 = 0
/** Of the block being filled: the length of its separator, and whether it continues the key before it. */
let separatorLength: u32 = 0
let continues: u32 = 0

export function emptyBlock(): void {
  count = 0
  dataLength = 0
}

export function blockEntryCount(): u32 {
  return count
}

/** Size of the block once laid out. */
export function blockSize(): u32 {
  return aligned(columnsSize(count) + dataLength)
}

/** Whether an entry would fit an empty block. */
export function couldFit(keyLength: u32, valueLength: u32): bool {
  return aligned(columnsSize(1) + keyLength + valueLength) <= load<u32>(blockSizeMaxAt)
}

/** Whether the entry fits behind those that are here. */
export function hasRoomFor(keyLength: u32, valueLength: u32, sequence: u64): bool {
  if (count === 0) return true
  if (count === blockEntryCountMax) return false
  if (aligned(columnsSize(count + 1) + dataLength + keyLength + valueLength) > load<u32>(blockSizeMaxAt))
    return false
  // Each sequence number must fit its delta. Differences wrap around where the other one is larger.
  return (
    (sequence < sequenceMin || sequence - sequenceMin < 0x1_0000_0000) &&
    (sequence > sequenceMax || sequenceMax - sequence < 0x1_0000_0000)
  )
}

/** A block begins with this key: finds the shortest separator before it. */
export function beginBlock(keyAt: u32, keyLength: u32): void {
  const blockCount = load<u32>(blockCountAt)
  if (load<u32>(entryCountAt) === 0) {
    separatorLength = keyLength
    continues = 0
  } else {
    const lastLength = load<u32>(lastKeyLengthAt)
    const common = commonLength(lastKeyAt, lastLength, keyAt, keyLength)
    const isSameKey = common === lastLength && common === keyLength
    separatorLength = isSameKey ? keyLength : common + 1
    continues = isSameKey && blockCount > 0 ? listedContinues : 0
  }
  store<u32>(blockCountAt, blockCount + 1)
}

export function appendEntry(
  keyAt: u32,
  keyLength: u32,
  valueAt: u32,
  valueLength: u32,
  flags: u32,
  sequence: u64,
): void {
  if (count === 0 || sequence < sequenceMin) sequenceMin = sequence
  if (count === 0 || sequence > sequenceMax) sequenceMax = sequence
  store<u16>(startsAt + 2 * count, <u16>dataLength)
  store<u16>(keyLengthsAt + 2 * count, <u16>keyLength)
  store<u8>(flagsAt + count, <u8>flags)
  store<u64>(sequencesAt + 8 * count, sequence)
  copy(keyAt, keyLength, blockDataAt + dataLength)
  copy(valueAt, valueLength, blockDataAt + dataLength + keyLength)
  dataLength += keyLength + valueLength
  count += 1
}

/** Lays the block out behind the output so far, and lists it. There must be room. */
export function finishBlock(): void {
  const at = load<u32>(outputAt) + load<u32>(outputUsedAt)
  const plainSize = blockSize()
  const last = count - 1
  const prefixLength = commonLength(
    blockDataAt,
    load<u16>(keyLengthsAt),
    blockDataAt + load<u16>(startsAt + 2 * last),
    load<u16>(keyLengthsAt + 2 * last),
  )
  store<u32>(at, columnarKind | (count << 8) | (prefixLength << 16), 8)
  store<u32>(at, plainSize, 12)
  store<u64>(at, sequenceMin, 16)
  const dataOffset = columnsSize(count)
  layOutColumns(at, prefixLength, dataOffset)
  memory.copy(at + dataOffset, blockDataAt, dataLength)
  for (let i = dataOffset + dataLength; i < plainSize; i += 1) store<u8>(at + i, 0)
  const separator = separatorsAt + load<u32>(separatorsUsedAt)
  copy(at + dataOffset, separatorLength, separator)
  store<u32>(separatorsUsedAt, load<u32>(separatorsUsedAt) + separatorLength)
  const size = load<u32>(isCompressingAt) === 0 ? plainSize : compressBlock(at, plainSize)
  const offset = load<u32>(fileOffsetAt)
  store<u64>(at, xxh64(at + 8, at + size, ((<u64>load<u32>(segmentNumberAt)) << 32) | (offset >> 3)))
  list(offset >> 3, separator, separatorLength, continues, at)
  store<u32>(outputUsedAt, load<u32>(outputUsedAt) + size)
  store<u32>(fileOffsetAt, offset + size)
  emptyBlock()
}

/** Lists a large block, which the owner is going to lay out, beginning with this key. */
export function listLargeBlock(keyAt: u32, keyLength: u32): void {
  beginBlock(keyAt, keyLength)
  list(load<u32>(fileOffsetAt) >> 3, keyAt, separatorLength, continues | listedLarge, 0)
}

function layOutColumns(at: u32, prefixLength: u32, dataOffset: u32): void {
  const highs = at + blockHeaderSizeBytes
  const lows = highs + 4 * count
  const deltas = lows + 4 * count
  const ends = deltas + 4 * count
  const keyLengths = ends + 2 * count + 2
  const flags = keyLengths + 2 * count
  store<u16>(ends, <u16>dataOffset)
  for (let i: u32 = 0; i < count; i += 1) {
    const start: u32 = load<u16>(startsAt + 2 * i)
    const keyLength: u32 = load<u16>(keyLengthsAt + 2 * i)
    const prefix = tailPrefix(blockDataAt + start + prefixLength, keyLength - prefixLength)
    store<u32>(highs + 4 * i, <u32>(prefix >> 32))
    store<u32>(lows + 4 * i, <u32>prefix)
    store<u32>(deltas + 4 * i, <u32>(load<u64>(sequencesAt + 8 * i) - sequenceMin))
    const end: u32 = i + 1 === count ? dataLength : load<u16>(startsAt + 2 * i, 2)
    store<u16>(ends + 2 * i, <u16>(dataOffset + end), 2)
    store<u16>(keyLengths + 2 * i, <u16>keyLength)
    store<u8>(flags + i, load<u8>(flagsAt + i))
  }
}

/** The prefix of what is left of a key in the block's data, behind which whole words may be read. */
function tailPrefix(at: u32, length: u32): u64 {
  const word = bswap<u64>(load<u64>(at))
  if (length >= 8) return word
  return length === 0 ? 0 : word & (u64.MAX_VALUE << (64 - 8 * length))
}

function list(position: u32, separatorAt: u32, length: u32, flags: u32, at: u32): void {
  const listed = load<u32>(blockListCountAt)
  const record = blockListAt + listed * listedBlockSizeBytes
  store<u32>(record, position, listedPositionByte)
  store<u32>(record, separatorAt, listedSeparatorAtByte)
  store<u32>(record, length, listedSeparatorLengthByte)
  store<u32>(record, flags, listedFlagsByte)
  store<u32>(record, at, listedBlockAtByte)
  store<u32>(blockListCountAt, listed + 1)
}
