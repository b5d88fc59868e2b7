/**
 * Entering a key into the tree of a table.
 *
 * 1. Go down to its leaf. A key that is there only has its slot pointed at the new entry: no slot moves.
 * 2. Make a slot for it. A full node splits first: in the middle, or, when the key goes before or behind
 *    everything in the table, between all its slots and none; so keys that come in order fill their leaves.
 * 3. A split gives the parent a slot more, which may split it in turn, up to a new root.
 *
 * Nodes never merge and entries never move: a table only grows until it is flushed. Apart from the first and the
 * last node of each level, every node has at least `splitSlot` slots in use; `tree-room.ts` builds on that.
 */
import { invariant } from '../invariant.ts'
import { rewritePrefixes, setNodePrefix, shareNodePrefix, writeSlotPrefix } from './node-prefix.ts'
import {
  appendOffsetWord,
  changeCountWord,
  childColumn,
  entryColumn,
  firstLeafWord,
  heightWord,
  highColumn,
  innerCountWord,
  innerSizeBytes,
  keyCountWord,
  lastLeafWord,
  leafCountWord,
  leafSizeBytes,
  lowColumn,
  nextLeafWord,
  nodeCountWord,
  nodePrefixLengthWord,
  nodeTopWord,
  previousByte,
  previousLeafWord,
  rootWord,
  slotCountMax,
  splitSlot,
} from './table-layout.ts'
import { descend, keyLengthOf, keyPositionOf, pathNodes, pathSlots, searchNode } from './tree-search.ts'

/** Enters the entry's key, or links the entry before the older ones of its key. */
export function insertIntoTree(words: Int32Array, bytes: Uint8Array, base: number, entry: number): void {
  const header = base >>> 2
  if (words[header + rootWord] === 0) startTree(words, base)
  const keyPosition = keyPositionOf(base, entry)
  const keyLength = keyLengthOf(bytes, base, entry)
  const leaf = descend(words, bytes, base, keyPosition, keyLength)
  const found = searchNode(words, bytes, base, leaf, 0, keyPosition, keyLength)
  const previousWord = (base + entry + previousByte) >>> 2
  if (found >= 0) {
    const slotEntryWord = ((base + leaf) >>> 2) + entryColumn + found
    words[previousWord] = words[slotEntryWord] as number
    words[slotEntryWord] = entry
    return
  }
  words[previousWord] = 0
  words[header + keyCountWord] = (words[header + keyCountWord] as number) + 1
  words[header + changeCountWord] = (words[header + changeCountWord] as number) + 1
  insertIntoLeaf(words, bytes, base, leaf, ~found, entry)
}

function startTree(words: Int32Array, base: number): void {
  const header = base >>> 2
  const leaf = addLeaf(words, base)
  words[header + rootWord] = leaf
  words[header + firstLeafWord] = leaf
  words[header + lastLeafWord] = leaf
}

function insertIntoLeaf(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  leaf: number,
  slot: number,
  entry: number,
): void {
  if ((words[((base + leaf) >>> 2) + nodeCountWord] as number) < slotCountMax) {
    insertSlot(words, bytes, base, leaf, 0, slot, entry)
    return
  }
  const right = addLeaf(words, base)
  linkAfter(words, base, leaf, right)
  const isLast = words[(base >>> 2) + lastLeafWord] === right
  if (isLast && slot === slotCountMax) {
    insertSlot(words, bytes, base, right, 0, 0, entry)
    insertChild(words, bytes, base, 1, leaf, entry, right)
    return
  }
  // Only the first leaf ever gets a key before all of its own: elsewhere the separator is its first key.
  const kept = slot === 0 ? 0 : splitSlot
  moveUpperSlots(words, bytes, base, leaf, right, 0, kept)
  const separator = words[((base + right) >>> 2) + entryColumn] as number
  if (slot <= kept) insertSlot(words, bytes, base, leaf, 0, slot, entry)
  else insertSlot(words, bytes, base, right, 0, slot - kept, entry)
  insertChild(words, bytes, base, 1, leaf, separator, right)
}

/** Gives the node above `left` a child more: `right`, whose keys begin at that of `separator`. */
function insertChild(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  level: number,
  left: number,
  separator: number,
  right: number,
): void {
  const header = base >>> 2
  if (level > (words[header + heightWord] as number)) {
    const root = addInner(words, base, left)
    words[header + rootWord] = root
    words[header + heightWord] = level
    insertChildSlot(words, bytes, base, root, 1, separator, right)
    return
  }
  const node = pathNodes[level] as number
  const slot = (pathSlots[level] as number) + 1
  if ((words[((base + node) >>> 2) + nodeCountWord] as number) < slotCountMax) {
    insertChildSlot(words, bytes, base, node, slot, separator, right)
    return
  }
  if (slot === slotCountMax && isLastOfLevel(words, base, level)) {
    insertChild(words, bytes, base, level + 1, node, separator, addInner(words, base, right))
    return
  }
  const sibling = addInner(words, base, 0)
  moveUpperSlots(words, bytes, base, node, sibling, 1, splitSlot)
  // The separator of slot 0 says where the node itself begins: that is for the level above.
  const siblingSeparator = words[((base + sibling) >>> 2) + entryColumn] as number
  if (slot <= splitSlot) insertChildSlot(words, bytes, base, node, slot, separator, right)
  else insertChildSlot(words, bytes, base, sibling, slot - splitSlot, separator, right)
  insertChild(words, bytes, base, level + 1, node, siblingSeparator, sibling)
}

/** Whether the path goes through the last child everywhere above `level`. */
function isLastOfLevel(words: Int32Array, base: number, level: number): boolean {
  const height = words[(base >>> 2) + heightWord] as number
  for (let above = level + 1; above <= height; above += 1) {
    const count = words[((base + (pathNodes[above] as number)) >>> 2) + nodeCountWord] as number
    if (pathSlots[above] !== count - 1) return false
  }
  return true
}

function insertChildSlot(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  node: number,
  slot: number,
  separator: number,
  child: number,
): void {
  const nodeWord = (base + node) >>> 2
  const children = nodeWord + childColumn
  for (let i = words[nodeWord + nodeCountWord] as number; i > slot; i -= 1) {
    words[children + i] = words[children + i - 1] as number
  }
  words[children + slot] = child
  insertSlot(words, bytes, base, node, 1, slot, separator)
}

/** Opens a slot for an entry's key in a node that has one free, and fits the node's common prefix to it. */
function insertSlot(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  node: number,
  firstSlot: number,
  slot: number,
  entry: number,
): void {
  const nodeWord = (base + node) >>> 2
  const count = words[nodeWord + nodeCountWord] as number
  if (count === firstSlot) setNodePrefix(words, base, nodeWord, entry, keyLengthOf(bytes, base, entry))
  else shareNodePrefix(words, bytes, base, nodeWord, firstSlot, entry)
  const highs = nodeWord + highColumn
  const lows = nodeWord + lowColumn
  const entries = nodeWord + entryColumn
  for (let i = count; i > slot; i -= 1) {
    words[highs + i] = words[highs + i - 1] as number
    words[lows + i] = words[lows + i - 1] as number
    words[entries + i] = words[entries + i - 1] as number
  }
  words[entries + slot] = entry
  writeSlotPrefix(words, bytes, base, nodeWord, slot)
  words[nodeWord + nodeCountWord] = count + 1
}

/** Splits a full node: all but the first `kept` of its slots go to `right`, which is empty. */
function moveUpperSlots(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  left: number,
  right: number,
  firstSlot: number,
  kept: number,
): void {
  const from = (base + left) >>> 2
  const to = (base + right) >>> 2
  const end = firstSlot === 0 ? childColumn : childColumn + slotCountMax
  for (let column = highColumn; column < end; column += slotCountMax) {
    for (let i = kept; i < slotCountMax; i += 1) {
      words[to + column + i - kept] = words[from + column + i] as number
    }
  }
  words[from + nodeCountWord] = kept
  words[to + nodeCountWord] = slotCountMax - kept
  copyPrefixFields(words, from, to)
  rewritePrefixes(words, bytes, base, from, firstSlot)
  rewritePrefixes(words, bytes, base, to, firstSlot)
}

/** The prefix length, its entry and the copy of its beginning. */
function copyPrefixFields(words: Int32Array, from: number, to: number): void {
  for (let word = nodePrefixLengthWord; word < highColumn; word += 1) {
    words[to + word] = words[from + word] as number
  }
}

function linkAfter(words: Int32Array, base: number, left: number, right: number): void {
  const leftWord = (base + left) >>> 2
  const rightWord = (base + right) >>> 2
  const next = words[leftWord + nextLeafWord] as number
  words[rightWord + nextLeafWord] = next
  words[rightWord + previousLeafWord] = left
  words[leftWord + nextLeafWord] = right
  if (next === 0) words[(base >>> 2) + lastLeafWord] = right
  else words[((base + next) >>> 2) + previousLeafWord] = right
}

function addLeaf(words: Int32Array, base: number): number {
  const header = base >>> 2
  words[header + leafCountWord] = (words[header + leafCountWord] as number) + 1
  return addNode(words, base, leafSizeBytes)
}

/** A new inner node with one child. */
function addInner(words: Int32Array, base: number, firstChild: number): number {
  const header = base >>> 2
  words[header + innerCountWord] = (words[header + innerCountWord] as number) + 1
  const node = addNode(words, base, innerSizeBytes)
  const nodeWord = (base + node) >>> 2
  words[nodeWord + nodeCountWord] = 1
  words[nodeWord + childColumn] = firstChild
  return node
}

/** Takes space below the lowest node; its header is zero, its columns hold what was there. */
function addNode(words: Int32Array, base: number, sizeBytes: number): number {
  const header = base >>> 2
  const node = (words[header + nodeTopWord] as number) - sizeBytes
  invariant(node >= (words[header + appendOffsetWord] as number), 'a table has room for what it is given')
  words[header + nodeTopWord] = node
  const nodeWord = (base + node) >>> 2
  for (let word = 0; word < highColumn; word += 1) words[nodeWord + word] = 0
  return node
}
