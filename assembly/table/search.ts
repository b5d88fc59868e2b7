/**
 * Finding keys in the tree: src/kernel/tree-search.ts with 64-bit numbers, and with vectors of four slots where
 * that one halves the node. A node's upper halves are four cache lines, which the processor fetches together.
 */
import { compareTails, keyLengthOf, keyOf, prefixAfter, sharedLength } from './keys'
import {
  childColumn,
  entryColumn,
  heightByte,
  highColumn,
  inlinePrefixByte,
  inlinePrefixLengthMax,
  lowColumn,
  nodeCountByte,
  prefixEntryByte,
  prefixLengthByte,
  rootByte,
} from './layout'

/** Halves of prefixes lie in the columns so that their signed order is the unsigned order of their bits. */
const bias: u64 = 0x8000_0000_8000_0000

export function biasedPrefix(key: u32, length: u32, skip: u32): u64 {
  return prefixAfter(key, length, skip) ^ bias
}

/** The leaf that holds the key or would; the tree must not be empty. */
export function leafOf(base: u32, key: u32, length: u32): u32 {
  let node = load<u32>(base, rootByte)
  for (let level = load<u32>(base, heightByte); level > 0; level -= 1) {
    node = childAt(base, node, childSlotOf(base, node, key, length))
  }
  return node
}

export function childAt(base: u32, node: u32, slot: u32): u32 {
  return load<u32>(base + node + (slot << 2), childColumn)
}

/** The slot of the child of an inner node that holds the key or would. */
export function childSlotOf(base: u32, node: u32, key: u32, length: u32): u32 {
  const found = searchNode(base, node, 1, key, length)
  return found >= 0 ? found : ~found - 1
}

/**
 * Searches the slots of a node from `firstSlot` (0 in a leaf, 1 in an inner node) for a key. Returns its slot,
 * or the bitwise complement of the slot where it would go.
 */
export function searchNode(base: u32, node: u32, firstSlot: u32, key: u32, length: u32): i32 {
  const at = base + node
  const count = load<u32>(at, nodeCountByte)
  if (count <= firstSlot) return ~firstSlot
  const prefixLength = load<u32>(at, prefixLengthByte)
  if (prefixLength !== 0) {
    const side = compareWithNodePrefix(base, at, prefixLength, key, length)
    if (side !== 0) return side < 0 ? ~firstSlot : ~count
  }
  const prefix = biasedPrefix(key, length, prefixLength)
  const high = <i32>(prefix >> 32)
  const from = countBelow(at + highColumn, firstSlot, count, high)
  if (from === count || load<i32>(at + (from << 2), highColumn) !== high) return ~from
  return searchTies(base, at, from, count, prefix, prefixLength, key, length)
}

/** The first slot from `firstSlot` on whose upper half is not below `high`, or `count`. */
function countBelow(highs: u32, firstSlot: u32, count: u32, high: i32): u32 {
  const wanted = i32x4.splat(high)
  let sums = i32x4.splat(0)
  let at = highs
  const vectorsEnd = highs + ((count & ~3) << 2)
  for (; at < vectorsEnd; at += 16) sums = i32x4.sub(sums, i32x4.lt_s(v128.load(at), wanted))
  let sum =
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  const end = highs + (count << 2)
  for (; at < end; at += 4) sum += <i32>(load<i32>(at) < high)
  // What lies in slot 0 of an inner node is no prefix; whatever it is, it counts as below.
  if (firstSlot !== 0) sum += <i32>(load<i32>(highs) >= high)
  return sum
}

/** The rest of a search, among slots from `first` on, the first of which has the key's upper half. */
function searchTies(
  base: u32,
  at: u32,
  first: u32,
  count: u32,
  prefix: u64,
  prefixLength: u32,
  key: u32,
  length: u32,
): i32 {
  const high = <i32>(prefix >> 32)
  const low = <i32>prefix
  let from = first
  let to = count
  while (from < to) {
    const middle = (from + to) >> 1
    const slotAt = at + (middle << 2)
    let order = 1
    if (load<i32>(slotAt, highColumn) === high) {
      const slotLow = load<i32>(slotAt, lowColumn)
      order = <i32>(slotLow > low) - <i32>(slotLow < low)
      if (order === 0) {
        const entry = load<u32>(slotAt, entryColumn)
        order = compareTails(keyOf(base, entry), keyLengthOf(base, entry), key, length, prefixLength + 8)
        if (order === 0) return middle
      }
    }
    if (order < 0) from = middle + 1
    else to = middle
  }
  return ~from
}

/** 0 if the key begins with the node's common prefix, otherwise on which side of all its keys it lies. */
export function compareWithNodePrefix(base: u32, at: u32, prefixLength: u32, key: u32, length: u32): i32 {
  const prefix =
    prefixLength <= inlinePrefixLengthMax
      ? at + inlinePrefixByte
      : keyOf(base, load<u32>(at, prefixEntryByte))
  const shared = sharedLength(key, prefix, 0, min<u32>(length, prefixLength))
  if (shared === prefixLength) return 0
  if (shared === length) return -1
  return <i32>load<u8>(key + shared) - <i32>load<u8>(prefix + shared)
}
