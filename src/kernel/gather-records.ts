/**
 * Putting entries together for a merge: a walk over all versions of all keys in order, each written out as a record
 * (`WindowRecord`). In the kernel because it is most of what a flush does for an entry.
 */
import { copyRange } from '../bytes/copy-range.ts'
import {
  gatheredEndWord,
  gatheredEntryWord,
  gatheredHeaderSizeBytes,
  gatheredLargeWord,
  gatheredSlotWord,
} from './memory-layout.ts'
import { WindowRecord } from './merge-layout.ts'
import {
  asciiValueFlag,
  baseSequenceHighWord,
  baseSequenceLowWord,
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  previousByte,
  sequenceDeltaByte,
  valueLengthByte,
  visibleDeltaWord,
} from './table-layout.ts'
import { entryInSlot, nextSlot } from './tree-walk.ts'

/**
 * Goes on from a slot and an entry in it, 0 for its newest version, and writes records one behind the other into a
 * space (`memory-layout.ts`) as long as they fit into `sizeBytes`. The value of an entry with more than `lengthMax` bytes
 * of key and value stays where it is, and the entry is the last.
 */
export function gatherRecords(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  space: number,
  firstSlot: number,
  firstEntry: number,
  sizeBytes: number,
  lengthMax: number,
): void {
  const visible = words[(base >>> 2) + visibleDeltaWord] as number
  const target = space + gatheredHeaderSizeBytes
  const limit = target + sizeBytes
  let slot = firstSlot
  let entry = firstEntry
  let large = 0
  let at = target
  while (slot !== 0 && large === 0) {
    if (entry === 0) entry = newestIn(words, base, slot, visible)
    while (entry !== 0 && large === 0) {
      const word = (base + entry) >>> 2
      const keyLength = (words[word + keyLengthByte / 4] as number) & 0xffff
      const valueLength = words[word + valueLengthByte / 4] as number
      const isLarge = keyLength + valueLength > lengthMax
      const length = isLarge ? keyLength : keyLength + valueLength
      const end = (at + WindowRecord.headerSizeBytes + length + 7) & ~7
      if (end > limit) {
        finish(words, space, at, slot, entry, 0)
        return
      }
      writeHeader(words, bytes, base, entry, at, isLarge)
      const from = base + entry + entryHeaderSizeBytes
      copyRange(bytes, from, length, bytes, at + WindowRecord.headerSizeBytes)
      at = end
      if (isLarge) large = entry
      entry = words[word + previousByte / 4] as number
    }
    if (entry === 0) slot = nextSlot(words, base, slot)
  }
  finish(words, space, at, slot, entry, large)
}

function finish(
  words: Int32Array,
  space: number,
  end: number,
  slot: number,
  entry: number,
  large: number,
): void {
  const state = space >>> 2
  words[state + gatheredEndWord] = end
  words[state + gatheredSlotWord] = slot
  words[state + gatheredEntryWord] = entry
  words[state + gatheredLargeWord] = large
}

function writeHeader(
  words: Int32Array,
  bytes: Uint8Array,
  base: number,
  entry: number,
  at: number,
  isLarge: boolean,
): void {
  const header = base >>> 2
  const word = (base + entry) >>> 2
  const record = at >>> 2
  const low = (words[header + baseSequenceLowWord] as number) >>> 0
  const sum = low + (words[word + sequenceDeltaByte / 4] as number)
  words[record + WindowRecord.sequence / 4] = sum
  words[record + WindowRecord.sequence / 4 + 1] =
    (words[header + baseSequenceHighWord] as number) + Math.floor(sum / 0x1_0000_0000)
  const isAscii = ((bytes[base + entry + flagsByte] as number) & asciiValueFlag) !== 0
  words[record + WindowRecord.flags / 4] =
    (bytes[base + entry + kindByte] as number) |
    (isAscii ? WindowRecord.asciiValue : 0) |
    (isLarge ? WindowRecord.valueElsewhere : 0)
  words[record + WindowRecord.keyLength / 4] = (words[word + keyLengthByte / 4] as number) & 0xffff
  words[record + WindowRecord.valueLength / 4] = words[word + valueLengthByte / 4] as number
}

/** The newest version in a slot that anybody may see, or 0. */
function newestIn(words: Int32Array, base: number, slotPosition: number, visible: number): number {
  let entry = entryInSlot(words, base, slotPosition)
  while (entry !== 0) {
    const word = (base + entry) >>> 2
    if ((words[word + sequenceDeltaByte / 4] as number) <= visible) break
    entry = words[word + previousByte / 4] as number
  }
  return entry
}
