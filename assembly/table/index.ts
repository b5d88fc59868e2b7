/**
 * What the table kernel offers to src/kernel/wasm-kernel.ts: the parts of src/kernel/kernel.ts that are faster
 * here. `base` is where an arena begins; keys are positions in the memory, everything else is relative to it.
 */
import { hashKey } from '../key-hash'
import { xxh64 } from '../xxh64'
import { insertIntoTree } from './insert'
import {
  entryColumn,
  entryCountByte,
  entryHeaderSizeBytes,
  filterBlockCountByte,
  filterOffsetByte,
  filterProbeCount,
  keyLengthByte,
  kindByte,
  kindTombstone,
  largestDeltaByte,
  nextLeafByte,
  nodeCountByte,
  previousByte,
  previousLeafByte,
  rootByte,
  sequenceDeltaByte,
  smallestDeltaByte,
  tombstoneCountByte,
  valueLengthByte,
} from './layout'
import { leafOf, searchNode } from './search'

export { gatherRecords } from './gather'

/** Enters the entries that lie one behind the other from `from` up to `to`; returns where the last one ends. */
export function insertRange(base: u32, from: u32, to: u32): u32 {
  let entry = from
  while (entry < to) {
    const at = base + entry
    const keyLength = <u32>load<u16>(at, keyLengthByte)
    countEntry(base, at)
    addToFilter(base, hashKey(at + entryHeaderSizeBytes, keyLength))
    insertIntoTree(base, entry)
    entry += (entryHeaderSizeBytes + keyLength + load<u32>(at, valueLengthByte) + 3) & ~3
  }
  return entry
}

function countEntry(base: u32, at: u32): void {
  const delta = load<u32>(at, sequenceDeltaByte)
  const count = load<u32>(base, entryCountByte)
  if (count === 0) store<u32>(base, delta, smallestDeltaByte)
  store<u32>(base, delta, largestDeltaByte)
  store<u32>(base, count + 1, entryCountByte)
  if (load<u8>(at, kindByte) === kindTombstone) {
    store<u32>(base, load<u32>(base, tombstoneCountByte) + 1, tombstoneCountByte)
  }
}

/** src/bytes/blocked-bloom.ts */
function addToFilter(base: u32, hash: u64): void {
  const block = ((hash >> 32) * load<u32>(base, filterBlockCountByte)) >> 32
  const at = base + load<u32>(base, filterOffsetByte) + ((<u32>block) << 6)
  let g = <u32>hash
  for (let probe: u32 = 0; probe < filterProbeCount; probe += 1) {
    const word = at + ((g >> 28) << 2)
    store<u32>(word, load<u32>(word) | (1 << ((g >> 23) & 31)))
    g *= 0x9e3779b9
  }
}

/** The newest entry of a key with a sequence delta up to `deltaLimit`, or 0. */
export function findEntry(base: u32, key: u32, length: u32, deltaLimit: i32): u32 {
  if (load<u32>(base, rootByte) === 0) return 0
  const leaf = leafOf(base, key, length)
  const slot = searchNode(base, leaf, 0, key, length)
  if (slot < 0) return 0
  let entry = load<u32>(base + leaf + (slot << 2), entryColumn)
  while (entry !== 0 && load<i32>(base + entry, sequenceDeltaByte) > deltaLimit) {
    entry = load<u32>(base + entry, previousByte)
  }
  return entry
}

/** The slot position of the first key at or after (`strict`: after) the given one, or 0. */
export function positionAtOrAfter(base: u32, key: u32, length: u32, strict: bool): u32 {
  if (load<u32>(base, rootByte) === 0) return 0
  const leaf = leafOf(base, key, length)
  const found = searchNode(base, leaf, 0, key, length)
  const slot = found < 0 ? ~found : found + <i32>strict
  if (slot < load<i32>(base + leaf, nodeCountByte)) return leaf + slot
  return load<u32>(base + leaf, nextLeafByte)
}

/** The slot position of the last key at or before (`strict`: before) the given one, or 0. */
export function positionAtOrBefore(base: u32, key: u32, length: u32, strict: bool): u32 {
  if (load<u32>(base, rootByte) === 0) return 0
  const leaf = leafOf(base, key, length)
  const found = searchNode(base, leaf, 0, key, length)
  const slot = (found < 0 ? ~found : found + <i32>!strict) - 1
  if (slot >= 0) return leaf + slot
  const previous = load<u32>(base + leaf, previousLeafByte)
  return previous === 0 ? 0 : previous + load<u32>(base + previous, nodeCountByte) - 1
}

/** XXH64 of a range, written to `result` as a little-endian number. */
export function hash(start: u32, end: u32, seedHigh: u32, seedLow: u32, result: u32): void {
  store<u64>(result, xxh64(start, end, ((<u64>seedHigh) << 32) | seedLow))
}
