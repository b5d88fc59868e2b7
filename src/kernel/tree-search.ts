/**
 * Finding keys in the tree of a table: down from the root, by number comparison inside a node, by bytes only
 * where the numbers tie. The way down is kept in {@link pathNodes} and {@link pathSlots} for an insert to climb.
 */
import { biasPrefix, keyPrefix, readPrefix } from '../bytes/prefix.ts'
import {
  childColumn,
  entryColumn,
  entryHeaderSizeBytes,
  heightWord,
  highColumn,
  inlinePrefixLengthMax,
  inlinePrefixWord,
  keyLengthByte,
  lowColumn,
  nodeCountWord,
  nodePrefixEntryWord,
  nodePrefixLengthWord,
  rootWord,
} from './table-layout.ts'

/** Levels a tree can have at most, with room to spare: half-full nodes reach 2^30 keys on six. */
const levelCountMax = 16
/** The inner nodes of the latest way down, by level above the leaves (from 1). */
export const pathNodes: Int32Array = new Int32Array(levelCountMax)
/** The slots taken in {@link pathNodes}. */
export const pathSlots: Int32Array = new Int32Array(levelCountMax)

/** Where the key of an entry begins. */
export function keyPositionOf(base: number, entry: number): number {
  return base + entry + entryHeaderSizeBytes
}

export function keyLengthOf(bytes: Uint8Array, base: number, entry: number): number {
  const at = base + entry + keyLengthByte
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

/** The leaf that holds the key or would; the tree must not be empty. Records the path. */
export function descend(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  keyPosition: number,
  keyLength: number,
): number {
  const header = base >>> 2
  let node = words[header + rootWord] as number
  for (let level = words[header + heightWord] as number; level > 0; level -= 1) {
    const found = searchNode(words, bytes, base, node, 1, keyPosition, keyLength)
    const slot = found >= 0 ? found : ~found - 1
    pathNodes[level] = node
    pathSlots[level] = slot
    node = words[((base + node) >>> 2) + childColumn + slot] as number
  }
  return node
}

/**
 * Searches the slots of a node from `firstSlot` (0 in a leaf, 1 in an inner node) for a key. Returns its slot,
 * or the bitwise complement of the slot where it would go.
 */
export function searchNode(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  node: number,
  firstSlot: number,
  keyPosition: number,
  keyLength: number,
): number {
  const nodeWord = (base + node) >>> 2
  const count = words[nodeWord + nodeCountWord] as number
  if (count <= firstSlot) return ~firstSlot
  const prefixLength = words[nodeWord + nodePrefixLengthWord] as number
  if (prefixLength !== 0) {
    const side = compareWithNodePrefix(words, bytes, base, nodeWord, prefixLength, keyPosition, keyLength)
    if (side !== 0) return side < 0 ? ~firstSlot : ~count
  }

  readPrefix(bytes, keyPosition, keyPosition + keyLength, prefixLength)
  const keyHigh = biasPrefix(keyPrefix.high)
  const keyLow = biasPrefix(keyPrefix.low)
  const highs = nodeWord + highColumn
  const lows = nodeWord + lowColumn
  let from = firstSlot
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    const slotHigh = words[highs + middle] as number
    if (slotHigh < keyHigh) {
      from = middle + 1
    } else if (slotHigh > keyHigh) {
      to = middle
    } else {
      const slotLow = words[lows + middle] as number
      if (slotLow < keyLow) {
        from = middle + 1
      } else if (slotLow > keyLow) {
        to = middle
      } else {
        const entry = words[nodeWord + entryColumn + middle] as number
        const order = compareTails(
          words,
          bytes,
          keyPositionOf(base, entry),
          keyLengthOf(bytes, base, entry),
          keyPosition,
          keyLength,
          prefixLength + 8,
        )
        if (order === 0) return middle
        if (order < 0) from = middle + 1
        else to = middle
      }
    }
  }
  return ~from
}

/** 0 if the key begins with the node's common prefix, otherwise on which side of all its keys it lies. */
export function compareWithNodePrefix(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  nodeWord: number,
  prefixLength: number,
  keyPosition: number,
  keyLength: number,
): number {
  if (prefixLength <= inlinePrefixLengthMax && prefixLength <= keyLength) {
    const keyWord = keyPosition >>> 2
    const prefixWord = nodeWord + inlinePrefixWord
    const wholeWordCount = prefixLength >>> 2
    let i = 0
    while (i < wholeWordCount && words[keyWord + i] === words[prefixWord + i]) i += 1
    if (i === wholeWordCount) {
      const restBits = (prefixLength & 3) << 3
      if (restBits === 0) return 0
      const difference = (words[keyWord + i] as number) ^ (words[prefixWord + i] as number)
      if ((difference & ((1 << restBits) - 1)) === 0) return 0
    }
  }
  const prefixPosition = keyPositionOf(base, words[nodeWord + nodePrefixEntryWord] as number)
  const shared = sharedLength(words, bytes, keyPosition, prefixPosition, 0, Math.min(keyLength, prefixLength))
  if (shared === prefixLength) return 0
  if (shared === keyLength) return -1
  return (bytes[keyPosition + shared] as number) - (bytes[prefixPosition + shared] as number)
}

/**
 * Order of two keys that are known to agree in their first `from` bytes as far as they have them, zero padded.
 * If one of them ends before `from`, then the padding made them alike, and the shorter one comes first.
 */
function compareTails(
  words: Int32Array,
  bytes: Uint8Array,
  aPosition: number,
  aLength: number,
  bPosition: number,
  bLength: number,
  from: number,
): number {
  const shorter = Math.min(aLength, bLength)
  if (from < shorter) {
    const shared = sharedLength(words, bytes, aPosition, bPosition, from, shorter)
    if (shared < shorter) return (bytes[aPosition + shared] as number) - (bytes[bPosition + shared] as number)
  }
  return aLength - bLength
}

/**
 * The length up to which two keys are equal, at most `to`, given that they are up to `from`. Keys begin on
 * multiples of four, so their words line up.
 */
export function sharedLength(
  words: Int32Array,
  bytes: Uint8Array,
  aPosition: number,
  bPosition: number,
  from: number,
  to: number,
): number {
  let i = from
  while (i < to && (i & 3) !== 0 && bytes[aPosition + i] === bytes[bPosition + i]) i += 1
  if ((i & 3) === 0) {
    while (i + 4 <= to && words[(aPosition + i) >>> 2] === words[(bPosition + i) >>> 2]) i += 4
    while (i < to && bytes[aPosition + i] === bytes[bPosition + i]) i += 1
  }
  return i
}
