/**
 * The common prefix of a node's keys, and the key prefixes of its slots that are taken after it. A key that
 * shares less makes the common prefix shorter, which shifts the numbers in place. A split makes it longer again
 * where that pays: when the upper halves of a node's prefixes are all alike, at least four bytes are to be won;
 * for less it is not worth reading 64 keys.
 */
import { biasPrefix, keyPrefix, readPrefix } from '../bytes/prefix.ts'
import {
  entryColumn,
  highColumn,
  inlinePrefixLengthMax,
  inlinePrefixWord,
  lowColumn,
  nodeCountWord,
  nodePrefixEntryWord,
  nodePrefixLengthWord,
} from './table-layout.ts'
import { compareWithNodePrefix, keyLengthOf, keyPositionOf, sharedLength } from './tree-search.ts'

/** Makes the first `length` bytes of the entry's key the common prefix; says nothing about the slots. */
export function setNodePrefix(
  words: Int32Array,
  base: number,
  nodeWord: number,
  entry: number,
  length: number,
): void {
  words[nodeWord + nodePrefixLengthWord] = length
  words[nodeWord + nodePrefixEntryWord] = entry
  // Copies whole words, perhaps past the prefix or the key: only the first `length` bytes are ever looked at.
  const keyWord = keyPositionOf(base, entry) >>> 2
  const wordCount = (Math.min(length, inlinePrefixLengthMax) + 3) >>> 2
  for (let i = 0; i < wordCount; i += 1) words[nodeWord + inlinePrefixWord + i] = words[keyWord + i] as number
}

/** Shortens the common prefix to what the entry's key shares with it. */
export function shareNodePrefix(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  nodeWord: number,
  firstSlot: number,
  entry: number,
): void {
  const prefixLength = words[nodeWord + nodePrefixLengthWord] as number
  if (prefixLength === 0) return
  const keyPosition = keyPositionOf(base, entry)
  const keyLength = keyLengthOf(bytes, base, entry)
  if (compareWithNodePrefix(words, bytes, base, nodeWord, prefixLength, keyPosition, keyLength) === 0) return
  const prefixPosition = keyPositionOf(base, words[nodeWord + nodePrefixEntryWord] as number)
  const shared = sharedLength(words, bytes, keyPosition, prefixPosition, 0, Math.min(keyLength, prefixLength))
  readPrefix(bytes, prefixPosition, prefixPosition + prefixLength, shared)
  const count = words[nodeWord + nodeCountWord] as number
  prependToPrefixes(words, nodeWord, firstSlot, count, keyPrefix.high, keyPrefix.low, prefixLength - shared)
  words[nodeWord + nodePrefixLengthWord] = shared
}

/** Puts the first `byteCount` bytes of (`newHigh`, `newLow`) before every slot's prefix; the last ones fall off. */
function prependToPrefixes(
  words: Int32Array,
  nodeWord: number,
  firstSlot: number,
  count: number,
  newHigh: number,
  newLow: number,
  byteCount: number,
): void {
  const bits = (byteCount & 3) << 3
  const opposite = 32 - bits
  for (let slot = firstSlot; slot < count; slot += 1) {
    const highWord = nodeWord + highColumn + slot
    const lowWord = nodeWord + lowColumn + slot
    const oldHigh = biasPrefix(words[highWord] as number)
    const oldLow = biasPrefix(words[lowWord] as number)
    let high = newHigh
    let low = newLow
    // The new bytes are zero padded from `byteCount` on, so the shifted old ones can be added by `|`.
    if (byteCount < 4) {
      high |= oldHigh >>> bits
      low = (oldHigh << opposite) | (oldLow >>> bits)
    } else if (byteCount < 8) {
      low |= oldHigh >>> bits
    }
    words[highWord] = biasPrefix(high)
    words[lowWord] = biasPrefix(low)
  }
}

/** Lengthens the common prefix to all that the keys have in common, if it pays. */
export function rewritePrefixes(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  nodeWord: number,
  firstSlot: number,
): void {
  const count = words[nodeWord + nodeCountWord] as number
  const lastSlot = count - 1
  if (lastSlot <= firstSlot) return
  if (words[nodeWord + highColumn + firstSlot] !== words[nodeWord + highColumn + lastSlot]) return
  const first = words[nodeWord + entryColumn + firstSlot] as number
  const last = words[nodeWord + entryColumn + lastSlot] as number
  const shorter = Math.min(keyLengthOf(bytes, base, first), keyLengthOf(bytes, base, last))
  const prefixLength = words[nodeWord + nodePrefixLengthWord] as number
  const firstPosition = keyPositionOf(base, first)
  const shared = sharedLength(words, bytes, firstPosition, keyPositionOf(base, last), prefixLength, shorter)
  if (shared < prefixLength + 4) return
  setNodePrefix(words, base, nodeWord, first, shared)
  for (let slot = firstSlot; slot < count; slot += 1) writeSlotPrefix(words, bytes, base, nodeWord, slot)
}

/** Takes the prefix of a slot from its entry's key, which shares the node's common prefix. */
export function writeSlotPrefix(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  nodeWord: number,
  slot: number,
): void {
  const entry = words[nodeWord + entryColumn + slot] as number
  const start = keyPositionOf(base, entry)
  const prefixLength = words[nodeWord + nodePrefixLengthWord] as number
  readPrefix(bytes, start, start + keyLengthOf(bytes, base, entry), prefixLength)
  words[nodeWord + highColumn + slot] = biasPrefix(keyPrefix.high)
  words[nodeWord + lowColumn + slot] = biasPrefix(keyPrefix.low)
}
