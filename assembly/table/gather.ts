/**
 * Putting entries together for a merge: src/kernel/gather-records.ts, byte for byte. A walk over all versions of all
 * keys in order, each written out as a record (`WindowRecord` in src/kernel/merge-layout.ts).
 */
import {
  asciiValueFlag,
  baseSequenceByte,
  entryColumn,
  entryHeaderSizeBytes,
  flagsByte,
  gatheredEndByte,
  gatheredEntryByte,
  gatheredLargeByte,
  gatheredSlotByte,
  keyLengthByte,
  kindByte,
  nextLeafByte,
  nodeCountByte,
  previousByte,
  recordAsciiValue,
  recordFlagsByte,
  recordHeaderSizeBytes,
  recordKeyLengthByte,
  recordValueElsewhere,
  recordValueLengthByte,
  sequenceDeltaByte,
  slotCountMax,
  touchedByte,
  touchedSlotCount,
  valueLengthByte,
  visibleDeltaByte,
} from './layout'

/** Longer ranges are worth a call. */
const loopLengthMax: u32 = 512

/**
 * Goes on from the slot and the entry that `state` says, 0 for the newest version in the slot, and writes records from
 * `target` on as long as they end before `limit`. The value of an entry with more than `lengthMax` bytes of key and value
 * stays where it is, and the entry is the last. Leaves in `state` where records end, where to go on, and that entry.
 */
export function gatherRecords(base: u32, state: u32, target: u32, limit: u32, lengthMax: u32): void {
  const visible = load<i32>(base, visibleDeltaByte)
  const baseSequence = load<u64>(base, baseSequenceByte)
  let slot = load<u32>(state, gatheredSlotByte)
  let entry = load<u32>(state, gatheredEntryByte)
  let large: u32 = 0
  let at = target
  while (slot !== 0 && large === 0) {
    if (entry === 0) entry = newestIn(base, slot, visible)
    while (entry !== 0) {
      const from = base + entry
      const keyLength = <u32>load<u16>(from, keyLengthByte)
      const valueLength = load<u32>(from, valueLengthByte)
      // Neither sum wraps: values have 26 bits.
      const isLarge = keyLength + valueLength > lengthMax
      const length = isLarge ? keyLength : keyLength + valueLength
      const end = (at + recordHeaderSizeBytes + length + 7) & ~7
      if (end > limit) {
        finish(state, at, slot, entry, 0)
        return
      }
      store<u64>(at, baseSequence + load<u32>(from, sequenceDeltaByte))
      store<u32>(at, flagsOf(from, isLarge), recordFlagsByte)
      store<u32>(at, keyLength, recordKeyLengthByte)
      store<u32>(at, valueLength, recordValueLengthByte)
      copy(at + recordHeaderSizeBytes, from + entryHeaderSizeBytes, length)
      at = end
      if (isLarge) large = entry
      entry = load<u32>(from, previousByte)
      if (large !== 0) break
    }
    if (entry === 0) slot = nextSlot(base, slot, state)
  }
  finish(state, at, slot, entry, large)
}

function finish(state: u32, end: u32, slot: u32, entry: u32, large: u32): void {
  store<u32>(state, end, gatheredEndByte)
  store<u32>(state, slot, gatheredSlotByte)
  store<u32>(state, entry, gatheredEntryByte)
  store<u32>(state, large, gatheredLargeByte)
}

function flagsOf(from: u32, isLarge: bool): u32 {
  let flags = <u32>load<u8>(from, kindByte)
  if ((load<u8>(from, flagsByte) & asciiValueFlag) !== 0) flags |= recordAsciiValue
  return isLarge ? flags | recordValueElsewhere : flags
}

/** The newest version in a slot that anybody may see, or 0. */
function newestIn(base: u32, slotPosition: u32, visible: i32): u32 {
  const slot = slotPosition & (slotCountMax - 1)
  let entry = load<u32>(base + slotPosition - slot + (slot << 2), entryColumn)
  while (entry !== 0 && load<i32>(base + entry, sequenceDeltaByte) > visible) {
    entry = load<u32>(base + entry, previousByte)
  }
  return entry
}

/** As `nextSlot` in src/kernel/tree-walk.ts. */
function nextSlot(base: u32, slotPosition: u32, state: u32): u32 {
  const slot = (slotPosition & (slotCountMax - 1)) + 1
  const leaf = base + slotPosition + 1 - slot
  const count = load<u32>(leaf, nodeCountByte)
  if (slot >= count) {
    const next = load<u32>(leaf, nextLeafByte)
    if (next !== 0) touch(base, base + next, 0, state)
    return next
  }
  if (slot % touchedSlotCount === 0) touch(base, leaf, slot, state)
  return slotPosition + 1
}

/**
 * Entries of neighbouring keys lie far apart: the processor meets these cache misses together, not one by one. Behind any
 * entry there are at least a leaf's bytes.
 */
function touch(base: u32, leaf: u32, from: u32, state: u32): void {
  const to = min<u32>(from + touchedSlotCount, load<u32>(leaf, nodeCountByte))
  let sum: u32 = 0
  for (let slot = from; slot < to; slot += 1) {
    const entry = base + load<u32>(leaf + (slot << 2), entryColumn)
    sum ^= load<u32>(entry) ^ load<u32>(entry, 64) ^ load<u32>(entry, 128)
  }
  // Of no meaning: so that no compiler finds the reads useless.
  store<u32>(state, sum, touchedByte)
}

/** Up to fifteen bytes more are read and written than asked for. */
function copy(to: u32, from: u32, length: u32): void {
  if (length > loopLengthMax) {
    memory.copy(to, from, length)
    return
  }
  for (let i: u32 = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i))
}
