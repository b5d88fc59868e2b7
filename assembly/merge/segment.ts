/** The segment being written: entries go into blocks, hashes of keys into a list, and everything is counted. */
import { hashKey } from '../key-hash'
import {
  appendEntry,
  beginBlock,
  blockEntryCount,
  blockSize,
  couldFit,
  emptyBlock,
  finishBlock,
  hasRoomFor,
  listLargeBlock,
} from './block'
import { copy } from './keys'
import {
  blockCountAt,
  blockCountMaxAt,
  blockListCountAt,
  blockListCountMax,
  blockSizeMaxAt,
  entryCountAt,
  entryFlagsByte,
  fileOffsetAt,
  keyAtByte,
  keyBytesAt,
  keyCapacityAt,
  keyCountAt,
  keyLengthByte,
  keysAt,
  kindMask,
  largestSequenceAt,
  lastKeyAt,
  lastKeyLengthAt,
  olderVersion,
  outputSizeAt,
  outputUsedAt,
  segmentSizeMaxAt,
  separatorsSizeBytes,
  separatorsUsedAt,
  sequenceByte,
  smallestSequenceAt,
  tombstone,
  tombstoneCountAt,
  valueAtByte,
  valueBytesAt,
  valueLengthByte,
} from './layout'

export const added: u32 = 0
export const outputIsFull: u32 = 1
export const keysAreFull: u32 = 2
/** The owner has to lay out the entry's block, and then calls for {@link finishLarge}. */
export const isLarge: u32 = 3

/** Of a key in the list: hash, and where its newest version is (block and ordinal, as in a slot of the hash index). */
const keySizeBytes: u32 = 12

export function beginSegment(): void {
  emptyBlock()
  store<u32>(keyCountAt, 0)
  store<u32>(entryCountAt, 0)
  store<u32>(tombstoneCountAt, 0)
  store<u64>(keyBytesAt, 0)
  store<u64>(valueBytesAt, 0)
  store<u64>(smallestSequenceAt, u64.MAX_VALUE)
  store<u64>(largestSequenceAt, 0)
  store<u32>(blockCountAt, 0)
}

export function isFull(): bool {
  if (load<u32>(entryCountAt) === 0) return false
  if (load<u32>(blockCountAt) >= load<u32>(blockCountMaxAt)) return true
  const open: u32 = blockEntryCount() === 0 ? 0 : blockSize()
  return load<u32>(fileOffsetAt) + open >= load<u32>(segmentSizeMaxAt)
}

/** Appends the entry that the source stands on; `isOlder`: the entry written last has its key. */
export function add(source: u32, isOlder: bool): u32 {
  if (load<u32>(outputUsedAt) + load<u32>(blockSizeMaxAt) > load<u32>(outputSizeAt)) return outputIsFull
  // An entry may end one block and be another, large one.
  if (load<u32>(blockListCountAt) + 2 > blockListCountMax) return outputIsFull
  if (load<u32>(separatorsUsedAt) + load<u32>(blockSizeMaxAt) > separatorsSizeBytes) return outputIsFull
  if (load<u32>(keyCountAt) === load<u32>(keyCapacityAt)) return keysAreFull
  const keyAt = load<u32>(source, keyAtByte)
  const keyLength = load<u32>(source, keyLengthByte)
  const valueLength = load<u32>(source, valueLengthByte)
  if (!couldFit(keyLength, valueLength)) {
    if (blockEntryCount() > 0) finishBlock()
    listLargeBlock(keyAt, keyLength)
    return isLarge
  }
  const sequence = load<u64>(source, sequenceByte)
  if (!hasRoomFor(keyLength, valueLength, sequence)) finishBlock()
  if (blockEntryCount() === 0) beginBlock(keyAt, keyLength)
  if (!isOlder) indexKey(keyAt, keyLength, blockEntryCount())
  const flags = (load<u32>(source, entryFlagsByte) & 0x7f) | (isOlder ? olderVersion : 0)
  appendEntry(keyAt, keyLength, load<u32>(source, valueAtByte), valueLength, flags, sequence)
  countEntry(source, isOlder)
  return added
}

/** The owner laid out the block of the large entry that the source stands on. */
export function finishLarge(source: u32, isOlder: bool): void {
  if (!isOlder) indexKey(load<u32>(source, keyAtByte), load<u32>(source, keyLengthByte), 0)
  countEntry(source, isOlder)
}

/** Lays out what is left of the last block. */
export function finishBlocks(): void {
  if (blockEntryCount() > 0) finishBlock()
}

function indexKey(keyAt: u32, keyLength: u32, ordinal: u32): void {
  const count = load<u32>(keyCountAt)
  const at = load<u32>(keysAt) + keySizeBytes * count
  const hash = hashKey(keyAt, keyLength)
  store<u32>(at, <u32>(hash >> 32))
  store<u32>(at, <u32>hash, 4)
  store<u32>(at, ((load<u32>(blockCountAt) - 1) << 16) | (ordinal << 8), 8)
  store<u32>(keyCountAt, count + 1)
}

function countEntry(source: u32, isOlder: bool): void {
  const keyLength = load<u32>(source, keyLengthByte)
  const sequence = load<u64>(source, sequenceByte)
  store<u32>(entryCountAt, load<u32>(entryCountAt) + 1)
  if ((load<u32>(source, entryFlagsByte) & kindMask) === tombstone) {
    store<u32>(tombstoneCountAt, load<u32>(tombstoneCountAt) + 1)
  }
  store<u64>(keyBytesAt, load<u64>(keyBytesAt) + keyLength)
  store<u64>(valueBytesAt, load<u64>(valueBytesAt) + load<u32>(source, valueLengthByte))
  if (sequence < load<u64>(smallestSequenceAt)) store<u64>(smallestSequenceAt, sequence)
  if (sequence > load<u64>(largestSequenceAt)) store<u64>(largestSequenceAt, sequence)
  if (isOlder) return
  store<u32>(lastKeyLengthAt, keyLength)
  copy(load<u32>(source, keyAtByte), keyLength, lastKeyAt)
}

/** Enters keys `from` up to `to` into a hash index of `slotCount` slots, filled with ones (src/segment/hash-index.ts). */
export function fillHashIndex(slots: u32, slotCount: u32, from: u32, to: u32): void {
  const keys = load<u32>(keysAt)
  for (let key = from; key < to; key += 1) {
    const at = keys + keySizeBytes * key
    let slot = <u32>((<u64>(load<u32>(at, 4) >> 5) * slotCount) >> 27)
    while (load<u32>(slots + 4 * slot) !== 0xffffffff) slot = slot + 1 === slotCount ? 0 : slot + 1
    store<u32>(slots + 4 * slot, load<u32>(at, 8) | (load<u32>(at) & 0xff))
  }
}

/** Enters keys `from` up to `to` into a filter of `blockCount` blocks (src/bytes/blocked-bloom.ts). */
export function fillFilter(filter: u32, blockCount: u32, probeCount: u32, from: u32, to: u32): void {
  const keys = load<u32>(keysAt)
  for (let key = from; key < to; key += 1) {
    const at = keys + keySizeBytes * key
    const block = filter + ((<u32>((<u64>load<u32>(at) * blockCount) >> 32)) << 6)
    let g = load<u32>(at, 4)
    for (let probe: u32 = 0; probe < probeCount; probe += 1) {
      const bit = g >> 23
      const word = block + ((bit >> 5) << 2)
      store<u32>(word, load<u32>(word) | (1 << (bit & 31)))
      g *= 0x9e3779b9
    }
  }
}
