/**
 * Entering keys into the tree: src/kernel/tree-insert.ts, node for node and byte for byte. The way down is
 * remembered by recursion, as there is no other memory here than the table's.
 */
import { keyLengthOf, keyOf } from './keys'
import {
  appendOffsetByte,
  changeCountByte,
  childColumn,
  columnSizeBytes,
  entryColumn,
  firstLeafByte,
  heightByte,
  highColumn,
  innerCountByte,
  innerSizeBytes,
  keyCountByte,
  lastLeafByte,
  leafCountByte,
  leafSizeBytes,
  lowColumn,
  nextLeafByte,
  nodeCountByte,
  nodeTopByte,
  prefixLengthByte,
  previousByte,
  previousLeafByte,
  rootByte,
  slotCountMax,
  splitSlot,
} from './layout'
import { rewritePrefixes, setNodePrefix, shareNodePrefix, writeSlotPrefix } from './node-prefix'
import { childAt, childSlotOf, searchNode } from './search'

/** Of the latest split: the entry at whose key the new node begins. */
let separator: u32 = 0

/** Enters the entry's key, or links the entry before the older ones of its key. */
export function insertIntoTree(base: u32, entry: u32): void {
  if (load<u32>(base, rootByte) === 0) startTree(base)
  const root = load<u32>(base, rootByte)
  const height = load<u32>(base, heightByte)
  const right = insertBelow(base, root, height, true, entry, keyOf(base, entry), keyLengthOf(base, entry))
  if (right === 0) return
  const above = addInner(base, root)
  store<u32>(base, above, rootByte)
  store<u32>(base, height + 1, heightByte)
  insertChildSlot(base, above, 1, separator, right)
}

function startTree(base: u32): void {
  const leaf = addLeaf(base)
  store<u32>(base, leaf, rootByte)
  store<u32>(base, leaf, firstLeafByte)
  store<u32>(base, leaf, lastLeafByte)
}

/**
 * Enters an entry somewhere below a node, which is the last of its level or not. Returns the node's new right
 * neighbour if it was split, and 0 if not.
 */
function insertBelow(base: u32, node: u32, level: u32, isLast: bool, entry: u32, key: u32, length: u32): u32 {
  if (level === 0) return insertIntoLeaf(base, node, entry, key, length)
  const slot = childSlotOf(base, node, key, length)
  const isLastBelow = isLast && slot === load<u32>(base + node, nodeCountByte) - 1
  const child = childAt(base, node, slot)
  const right = insertBelow(base, child, level - 1, isLastBelow, entry, key, length)
  return right === 0 ? 0 : insertChild(base, node, isLast, slot + 1, right)
}

function insertIntoLeaf(base: u32, leaf: u32, entry: u32, key: u32, length: u32): u32 {
  const found = searchNode(base, leaf, 0, key, length)
  if (found >= 0) {
    const slotAt = base + leaf + (found << 2)
    store<u32>(base + entry, load<u32>(slotAt, entryColumn), previousByte)
    store<u32>(slotAt, entry, entryColumn)
    return 0
  }
  store<u32>(base + entry, 0, previousByte)
  store<u32>(base, load<u32>(base, keyCountByte) + 1, keyCountByte)
  store<u32>(base, load<u32>(base, changeCountByte) + 1, changeCountByte)
  const slot = <u32>~found
  if (load<u32>(base + leaf, nodeCountByte) < slotCountMax) {
    insertSlot(base, leaf, 0, slot, entry)
    return 0
  }
  return splitLeaf(base, leaf, slot, entry)
}

function splitLeaf(base: u32, leaf: u32, slot: u32, entry: u32): u32 {
  const right = addLeaf(base)
  linkAfter(base, leaf, right)
  if (slot === slotCountMax && load<u32>(base, lastLeafByte) === right) {
    insertSlot(base, right, 0, 0, entry)
    separator = entry
    return right
  }
  // Only the first leaf ever gets a key before all of its own: elsewhere the separator is its first key.
  const kept: u32 = slot === 0 ? 0 : splitSlot
  moveUpperSlots(base, leaf, right, 0, kept)
  const first = load<u32>(base + right, entryColumn)
  if (slot <= kept) insertSlot(base, leaf, 0, slot, entry)
  else insertSlot(base, right, 0, slot - kept, entry)
  separator = first
  return right
}

/** Gives a node a child more, `right`, whose keys begin at {@link separator}. Returns as `insertBelow` does. */
function insertChild(base: u32, node: u32, isLast: bool, slot: u32, right: u32): u32 {
  if (load<u32>(base + node, nodeCountByte) < slotCountMax) {
    insertChildSlot(base, node, slot, separator, right)
    return 0
  }
  if (slot === slotCountMax && isLast) return addInner(base, right)
  const sibling = addInner(base, 0)
  moveUpperSlots(base, node, sibling, 1, splitSlot)
  // The separator of slot 0 says where the node itself begins: that is for the level above.
  const first = load<u32>(base + sibling, entryColumn)
  if (slot <= splitSlot) insertChildSlot(base, node, slot, separator, right)
  else insertChildSlot(base, sibling, slot - splitSlot, separator, right)
  separator = first
  return sibling
}

function insertChildSlot(base: u32, node: u32, slot: u32, entry: u32, child: u32): void {
  const at = base + node
  openSlot(at + childColumn, slot, load<u32>(at, nodeCountByte))
  store<u32>(at + (slot << 2), child, childColumn)
  insertSlot(base, node, 1, slot, entry)
}

/** Opens a slot for an entry's key in a node that has one free, and fits the node's common prefix to it. */
function insertSlot(base: u32, node: u32, firstSlot: u32, slot: u32, entry: u32): void {
  const at = base + node
  const count = load<u32>(at, nodeCountByte)
  if (count === firstSlot) setNodePrefix(base, at, entry, keyLengthOf(base, entry))
  else shareNodePrefix(base, at, firstSlot, entry)
  openSlot(at + highColumn, slot, count)
  openSlot(at + lowColumn, slot, count)
  openSlot(at + entryColumn, slot, count)
  store<u32>(at + (slot << 2), entry, entryColumn)
  writeSlotPrefix(base, at, slot)
  store<u32>(at, count + 1, nodeCountByte)
}

/** Moves what a column has from `slot` up to `count` by one slot. */
function openSlot(column: u32, slot: u32, count: u32): void {
  const end = column + (slot << 2)
  let at = column + (count << 2)
  for (; at >= end + 16; at -= 16) v128.store(at - 12, v128.load(at - 16))
  for (; at > end; at -= 4) store<u32>(at, load<u32>(at - 4))
}

/** Splits a full node: all but the first `kept` of its slots go to `right`, which is empty. */
function moveUpperSlots(base: u32, left: u32, right: u32, firstSlot: u32, kept: u32): void {
  const from = base + left
  const to = base + right
  const end = firstSlot === 0 ? childColumn : childColumn + columnSizeBytes
  for (let column = highColumn; column < end; column += columnSizeBytes) {
    memory.copy(to + column, from + column + (kept << 2), (slotCountMax - kept) << 2)
  }
  store<u32>(from, kept, nodeCountByte)
  store<u32>(to, slotCountMax - kept, nodeCountByte)
  // The prefix length, its entry and the copy of its beginning.
  memory.copy(to + prefixLengthByte, from + prefixLengthByte, highColumn - prefixLengthByte)
  rewritePrefixes(base, from, firstSlot)
  rewritePrefixes(base, to, firstSlot)
}

function linkAfter(base: u32, left: u32, right: u32): void {
  const next = load<u32>(base + left, nextLeafByte)
  store<u32>(base + right, next, nextLeafByte)
  store<u32>(base + right, left, previousLeafByte)
  store<u32>(base + left, right, nextLeafByte)
  if (next === 0) store<u32>(base, right, lastLeafByte)
  else store<u32>(base + next, right, previousLeafByte)
}

function addLeaf(base: u32): u32 {
  store<u32>(base, load<u32>(base, leafCountByte) + 1, leafCountByte)
  return addNode(base, leafSizeBytes)
}

/** A new inner node with one child. */
function addInner(base: u32, firstChild: u32): u32 {
  store<u32>(base, load<u32>(base, innerCountByte) + 1, innerCountByte)
  const node = addNode(base, innerSizeBytes)
  store<u32>(base + node, 1, nodeCountByte)
  store<u32>(base + node, firstChild, childColumn)
  return node
}

/** Takes space below the lowest node; its header is zero, its columns hold what was there. */
function addNode(base: u32, sizeBytes: u32): u32 {
  const top = load<u32>(base, nodeTopByte)
  // Whoever gives an entry to a table has made sure that there is room.
  if (top < load<u32>(base, appendOffsetByte) + sizeBytes) unreachable()
  const node = top - sizeBytes
  store<u32>(base, node, nodeTopByte)
  memory.fill(base + node, 0, highColumn)
  return node
}
