/** Which entries outlive the merge; src/compaction/survivors.ts says why. */
import { compareKeys, copy } from './keys'
import {
  deeperRunCountAt,
  entryFlagsByte,
  keyAtByte,
  keyLengthByte,
  kindMask,
  liveCountAt,
  liveSequencesAt,
  prefixByte,
  seenKeyAt,
  sequenceByte,
  tombstone,
} from './layout'

export const goes: u32 = 0
export const stays: u32 = 1
/** A tombstone that all see: stays if something deeper may hold its key, which the owner knows. */
export const unclear: u32 = 2
/** The entry does not sort after the one before it. */
export const outOfOrder: u32 = 3

const none: u64 = u64.MAX_VALUE

let seenLength: u32 = 0
let seenPrefix: u64 = 0
let hasSeen: bool = false
let newer: u64 = none
let oldest: u64 = 0
let newest: u64 = 0
let startsKeyNow: bool = false

export function beginSurvivors(): void {
  const live = load<u32>(liveSequencesAt)
  const count = load<u32>(liveCountAt)
  oldest = load<u64>(live)
  newest = load<u64>(live + 8 * (count - 1))
  hasSeen = false
  newer = none
}

/** Whether the entry met last was the first one of its key. */
export function startsKey(): bool {
  return startsKeyNow
}

/** What becomes of the entry that the source stands on. Every entry once, in internal-key order. */
export function meet(source: u32): u32 {
  const sequence = load<u64>(source, sequenceByte)
  if (!noticeKey(source)) return outOfOrder
  const hiding = newer
  if (hiding !== none && sequence >= hiding) return outOfOrder
  newer = sequence
  if (!isSeen(sequence, hiding)) return goes
  if ((load<u32>(source, entryFlagsByte) & kindMask) !== tombstone || sequence > oldest) return stays
  return load<u32>(deeperRunCountAt) === 0 ? goes : unclear
}

/** False: the key sorts before the one seen last. */
function noticeKey(source: u32): bool {
  const prefix = load<u64>(source, prefixByte)
  const at = load<u32>(source, keyAtByte)
  const length = load<u32>(source, keyLengthByte)
  if (hasSeen) {
    if (prefix < seenPrefix) return false
    if (prefix === seenPrefix) {
      const from: u32 = length >= 8 && seenLength >= 8 ? 8 : 0
      const order = compareKeys(at, length, seenKeyAt, seenLength, from)
      if (order < 0) return false
      if (order === 0) {
        startsKeyNow = false
        return true
      }
    }
  }
  startsKeyNow = true
  hasSeen = true
  newer = none
  seenPrefix = prefix
  seenLength = length
  copy(at, length, seenKeyAt)
  return true
}

function isSeen(sequence: u64, hiding: u64): bool {
  if (hiding > newest) return sequence < hiding
  if (hiding <= oldest) return false
  return newestBelow(hiding) >= sequence
}

/** The greatest live sequence below `limit`, which is above the least. */
function newestBelow(limit: u64): u64 {
  const live = load<u32>(liveSequencesAt)
  let low: u32 = 0
  let high = load<u32>(liveCountAt)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (load<u64>(live + 8 * middle) < limit) low = middle
    else high = middle
  }
  return load<u64>(live + 8 * low)
}
