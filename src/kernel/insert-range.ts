/** How an appended entry becomes part of a table: it is counted, and enters the filter and the tree. */
import { addToBloom } from '../bytes/blocked-bloom.ts'
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import {
  entryCountWord,
  entryHeaderSizeBytes,
  filterBlockCountWord,
  filterOffsetWord,
  filterProbeCount,
  kindByte,
  largestDeltaWord,
  sequenceDeltaByte,
  smallestDeltaWord,
  tombstoneCountWord,
  tombstoneKind,
  valueLengthByte,
} from './table-layout.ts'
import { insertIntoTree } from './tree-insert.ts'
import { keyLengthOf, keyPositionOf } from './tree-search.ts'

/** Enters the entries that begin from `from` up to `to`, one behind the other; returns where the next one begins. */
export function insertRange(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  from: number,
  to: number,
): number {
  let entry = from
  while (entry < to) {
    const keyLength = keyLengthOf(bytes, base, entry)
    countEntry(words, bytes, base, entry)
    hashKey(bytes, keyPositionOf(base, entry), keyLength)
    addToFilter(words, base >>> 2, keyHash.high, keyHash.low)
    insertIntoTree(words, bytes, base, entry)
    const valueLength = words[(base + entry + valueLengthByte) >>> 2] as number
    entry += (entryHeaderSizeBytes + keyLength + valueLength + 3) & ~3
  }
  return entry
}

function countEntry(words: Int32Array, bytes: Uint8Array, base: number, entry: number): void {
  const header = base >>> 2
  const delta = words[(base + entry + sequenceDeltaByte) >>> 2] as number
  const entryCount = words[header + entryCountWord] as number
  if (entryCount === 0) words[header + smallestDeltaWord] = delta
  words[header + largestDeltaWord] = delta
  words[header + entryCountWord] = entryCount + 1
  if (bytes[base + entry + kindByte] === tombstoneKind) {
    words[header + tombstoneCountWord] = (words[header + tombstoneCountWord] as number) + 1
  }
}

function addToFilter(words: Int32Array, header: number, hashHigh: number, hashLow: number): void {
  addToBloom(
    words,
    header + ((words[header + filterOffsetWord] as number) >>> 2),
    words[header + filterBlockCountWord] as number,
    filterProbeCount,
    hashHigh,
    hashLow,
  )
}
