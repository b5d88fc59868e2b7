/** The sources of a merge: each gives the entries of its window one by one, and asks for the next window. */
import { prefixOf } from './keys'
import {
  aligned,
  baseSequenceByte,
  blockAtByte,
  blockHeaderSizeBytes,
  countByte,
  entryFlagsByte,
  isLastByte,
  keyAtByte,
  keyLengthByte,
  ordinalByte,
  prefixByte,
  recordFlagsByte,
  recordHeaderSizeBytes,
  recordKeyLengthByte,
  recordSequenceByte,
  recordValueLengthByte,
  sequenceByte,
  valueAtByte,
  valueElsewhere,
  valueLengthByte,
  windowAtByte,
  windowEndByte,
  windowKindByte,
  windowOfBlocks,
} from './layout'

export const needsWindow: u32 = 0
export const hasEntry: u32 = 1
export const isOver: u32 = 2

/** To the next entry of the source. */
export function advance(source: u32): u32 {
  if (load<u32>(source, windowKindByte) === windowOfBlocks) {
    if (load<u32>(source, ordinalByte) >= load<u32>(source, countByte) && !openBlock(source))
      return ending(source)
    readBlockEntry(source)
    return hasEntry
  }
  const at = load<u32>(source, windowAtByte)
  if (at >= load<u32>(source, windowEndByte)) return ending(source)
  readRecord(source, at)
  return hasEntry
}

function ending(source: u32): u32 {
  return load<u32>(source, isLastByte) !== 0 ? isOver : needsWindow
}

/** To the next block of the window; `false` when there is none. */
function openBlock(source: u32): bool {
  const at = load<u32>(source, windowAtByte)
  if (at >= load<u32>(source, windowEndByte)) return false
  store<u32>(source, at, blockAtByte)
  store<u32>(source, (load<u32>(at, 8) >> 8) & 0xff, countByte)
  store<u32>(source, 0, ordinalByte)
  store<u64>(source, load<u64>(at, 16), baseSequenceByte)
  store<u32>(source, at + load<u32>(at, 12), windowAtByte)
  return true
}

function readBlockEntry(source: u32): void {
  const at = load<u32>(source, blockAtByte)
  const count = load<u32>(source, countByte)
  const ordinal = load<u32>(source, ordinalByte)
  const deltas = at + blockHeaderSizeBytes + 8 * count
  const ends = deltas + 4 * count
  const keyLengths = ends + 2 * count + 2
  const end = ends + 2 * ordinal
  const keyAt = at + load<u16>(end)
  const keyLength: u32 = load<u16>(keyLengths + 2 * ordinal)
  const valueAt = keyAt + keyLength
  store<u32>(source, keyAt, keyAtByte)
  store<u32>(source, keyLength, keyLengthByte)
  store<u32>(source, valueAt, valueAtByte)
  store<u32>(source, at + load<u16>(end, 2) - valueAt, valueLengthByte)
  store<u32>(source, load<u8>(keyLengths + 2 * count + ordinal), entryFlagsByte)
  store<u64>(source, load<u64>(source, baseSequenceByte) + load<u32>(deltas + 4 * ordinal), sequenceByte)
  store<u64>(source, prefixOf(keyAt, keyLength), prefixByte)
  store<u32>(source, ordinal + 1, ordinalByte)
}

function readRecord(source: u32, at: u32): void {
  const flags = load<u32>(at, recordFlagsByte)
  const keyLength = load<u32>(at, recordKeyLengthByte)
  const valueLength = load<u32>(at, recordValueLengthByte)
  const keyAt = at + recordHeaderSizeBytes
  const presentLength = keyLength + ((flags & valueElsewhere) !== 0 ? 0 : valueLength)
  store<u32>(source, keyAt, keyAtByte)
  store<u32>(source, keyLength, keyLengthByte)
  store<u32>(source, keyAt + keyLength, valueAtByte)
  store<u32>(source, valueLength, valueLengthByte)
  store<u32>(source, flags, entryFlagsByte)
  store<u64>(source, load<u64>(at, recordSequenceByte), sequenceByte)
  store<u64>(source, prefixOf(keyAt, keyLength), prefixByte)
  store<u32>(source, keyAt + aligned(presentLength), windowAtByte)
}
