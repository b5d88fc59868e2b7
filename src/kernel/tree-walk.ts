/** Moving between slots of leaves in key order. A slot position is a leaf's offset plus the slot's number. */
import {
  entryColumn,
  firstLeafWord,
  lastLeafWord,
  nextLeafWord,
  nodeCountWord,
  previousLeafWord,
  rootWord,
  slotMask,
} from './table-layout.ts'
import { descend, searchNode } from './tree-search.ts'

export function firstSlotPosition(words: Int32Array, base: number): number {
  return words[(base >>> 2) + firstLeafWord] as number
}

export function lastSlotPosition(words: Int32Array, base: number): number {
  return lastSlotOf(words, base, words[(base >>> 2) + lastLeafWord] as number)
}

/** The slot of the first key at or after (`strict`: after) the given one, or 0. */
export function slotAtOrAfter(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  keyPosition: number,
  keyLength: number,
  strict: boolean,
): number {
  if (words[(base >>> 2) + rootWord] === 0) return 0
  const leaf = descend(words, bytes, base, keyPosition, keyLength)
  const found = searchNode(words, bytes, base, leaf, 0, keyPosition, keyLength)
  const slot = found < 0 ? ~found : strict ? found + 1 : found
  const leafWord = (base + leaf) >>> 2
  if (slot < (words[leafWord + nodeCountWord] as number)) return leaf + slot
  return words[leafWord + nextLeafWord] as number
}

/** The slot of the last key at or before (`strict`: before) the given one, or 0. */
export function slotAtOrBefore(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  keyPosition: number,
  keyLength: number,
  strict: boolean,
): number {
  if (words[(base >>> 2) + rootWord] === 0) return 0
  const leaf = descend(words, bytes, base, keyPosition, keyLength)
  const found = searchNode(words, bytes, base, leaf, 0, keyPosition, keyLength)
  const slot = (found < 0 ? ~found : strict ? found : found + 1) - 1
  if (slot >= 0) return leaf + slot
  return lastSlotOf(words, base, words[((base + leaf) >>> 2) + previousLeafWord] as number)
}

export function nextSlot(words: Int32Array, base: number, slotPosition: number): number {
  const slot = slotPosition & slotMask
  const leafWord = (base + slotPosition - slot) >>> 2
  if (slot + 1 < (words[leafWord + nodeCountWord] as number)) return slotPosition + 1
  return words[leafWord + nextLeafWord] as number
}

export function previousSlot(words: Int32Array, base: number, slotPosition: number): number {
  const slot = slotPosition & slotMask
  if (slot > 0) return slotPosition - 1
  return lastSlotOf(words, base, words[((base + slotPosition) >>> 2) + previousLeafWord] as number)
}

/** The newest entry of the key in a slot. */
export function entryInSlot(words: Int32Array, base: number, slotPosition: number): number {
  const slot = slotPosition & slotMask
  return words[((base + slotPosition - slot) >>> 2) + entryColumn + slot] as number
}

function lastSlotOf(words: Int32Array, base: number, leaf: number): number {
  if (leaf === 0) return 0
  return leaf + (words[((base + leaf) >>> 2) + nodeCountWord] as number) - 1
}
