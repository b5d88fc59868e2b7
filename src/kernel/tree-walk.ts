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

/**
 * Every so many slots, a step reads a word of each of the coming entries in a tight loop. Entries of neighbouring
 * keys lie far apart, and so the processor meets these cache misses together, not one by one.
 */
const touchedSlotCount = 8
/** Where touched words go, so that no compiler finds the reads useless. */
const touched = new Int32Array(1)

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
  const slot = (slotPosition & slotMask) + 1
  const leafWord = (base + slotPosition - slot + 1) >>> 2
  const count = words[leafWord + nodeCountWord] as number
  if (slot >= count) return words[leafWord + nextLeafWord] as number
  if (slot % touchedSlotCount === 0)
    touch(words, base, leafWord, slot, Math.min(slot + touchedSlotCount, count))
  return slotPosition + 1
}

export function previousSlot(words: Int32Array, base: number, slotPosition: number): number {
  const slot = slotPosition & slotMask
  const leafWord = (base + slotPosition - slot) >>> 2
  if (slot === 0) return lastSlotOf(words, base, words[leafWord + previousLeafWord] as number)
  if (slot % touchedSlotCount === 0) touch(words, base, leafWord, slot - touchedSlotCount, slot)
  return slotPosition - 1
}

/** The newest entry of the key in a slot. */
export function entryInSlot(words: Int32Array, base: number, slotPosition: number): number {
  const slot = slotPosition & slotMask
  return words[((base + slotPosition - slot) >>> 2) + entryColumn + slot] as number
}

function touch(words: Int32Array, base: number, leafWord: number, from: number, to: number): void {
  let sum = 0
  for (let slot = from; slot < to; slot += 1) {
    sum ^= words[(base + (words[leafWord + entryColumn + slot] as number)) >>> 2] as number
  }
  touched[0] = sum
}

function lastSlotOf(words: Int32Array, base: number, leaf: number): number {
  if (leaf === 0) return 0
  return leaf + (words[((base + leaf) >>> 2) + nodeCountWord] as number) - 1
}
