/** The common prefix of a node's keys, and the prefixes of its slots: src/kernel/node-prefix.ts. */
import { keyLengthOf, keyOf, prefixAfter, sharedLength } from './keys'
import {
  entryColumn,
  highColumn,
  inlinePrefixByte,
  inlinePrefixLengthMax,
  lowColumn,
  nodeCountByte,
  prefixEntryByte,
  prefixLengthByte,
} from './layout'
import { biasedPrefix, compareWithNodePrefix } from './search'

/** Makes the first `length` bytes of the entry's key the common prefix; says nothing about the slots. */
export function setNodePrefix(base: u32, at: u32, entry: u32, length: u32): void {
  store<u32>(at, length, prefixLengthByte)
  store<u32>(at, entry, prefixEntryByte)
  // Whole words, perhaps past the prefix or the key: only the first `length` bytes are ever looked at.
  const key = keyOf(base, entry)
  const end = (min<u32>(length, inlinePrefixLengthMax) + 3) & ~3
  for (let i: u32 = 0; i < end; i += 4) store<u32>(at + i, load<u32>(key + i), inlinePrefixByte)
}

/** Shortens the common prefix to what the entry's key shares with it. */
export function shareNodePrefix(base: u32, at: u32, firstSlot: u32, entry: u32): void {
  const prefixLength = load<u32>(at, prefixLengthByte)
  if (prefixLength === 0) return
  const key = keyOf(base, entry)
  const length = keyLengthOf(base, entry)
  if (compareWithNodePrefix(base, at, prefixLength, key, length) === 0) return
  const prefixKey = keyOf(base, load<u32>(at, prefixEntryByte))
  const shared = sharedLength(key, prefixKey, 0, min<u32>(length, prefixLength))
  prependToPrefixes(at, firstSlot, prefixAfter(prefixKey, prefixLength, shared), prefixLength - shared)
  store<u32>(at, shared, prefixLengthByte)
}

/** Puts the first `byteCount` bytes of `bytes`, which has no others, before every slot's prefix. */
function prependToPrefixes(at: u32, firstSlot: u32, bytes: u64, byteCount: u32): void {
  const end = at + (load<u32>(at, nodeCountByte) << 2)
  for (let slotAt = at + (firstSlot << 2); slotAt < end; slotAt += 4) {
    const prefix = loadPrefix(slotAt)
    storePrefix(slotAt, byteCount < 8 ? bytes | (prefix >> (byteCount << 3)) : bytes)
  }
}

/** Lengthens the common prefix to all that the keys have in common, if it pays. */
export function rewritePrefixes(base: u32, at: u32, firstSlot: u32): void {
  const count = load<u32>(at, nodeCountByte)
  if (count <= firstSlot + 1) return
  const firstAt = at + (firstSlot << 2)
  const lastAt = at + ((count - 1) << 2)
  if (load<u32>(firstAt, highColumn) !== load<u32>(lastAt, highColumn)) return
  const first = load<u32>(firstAt, entryColumn)
  const last = load<u32>(lastAt, entryColumn)
  const shorter = min<u32>(keyLengthOf(base, first), keyLengthOf(base, last))
  const prefixLength = load<u32>(at, prefixLengthByte)
  const shared = sharedLength(keyOf(base, first), keyOf(base, last), prefixLength, shorter)
  if (shared < prefixLength + 4) return
  setNodePrefix(base, at, first, shared)
  for (let slot = firstSlot; slot < count; slot += 1) writeSlotPrefix(base, at, slot)
}

/** Takes the prefix of a slot from its entry's key, which shares the node's common prefix. */
export function writeSlotPrefix(base: u32, at: u32, slot: u32): void {
  const slotAt = at + (slot << 2)
  const entry = load<u32>(slotAt, entryColumn)
  const prefixLength = load<u32>(at, prefixLengthByte)
  storeBiased(slotAt, biasedPrefix(keyOf(base, entry), keyLengthOf(base, entry), prefixLength))
}

function loadPrefix(slotAt: u32): u64 {
  const high = load<u32>(slotAt, highColumn) ^ 0x8000_0000
  const low = load<u32>(slotAt, lowColumn) ^ 0x8000_0000
  return ((<u64>high) << 32) | low
}

function storePrefix(slotAt: u32, prefix: u64): void {
  storeBiased(slotAt, prefix ^ 0x8000_0000_8000_0000)
}

function storeBiased(slotAt: u32, prefix: u64): void {
  store<u32>(slotAt, <u32>(prefix >> 32), highColumn)
  store<u32>(slotAt, <u32>prefix, lowColumn)
}
