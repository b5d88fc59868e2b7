/**
 * Writes LZ4 blocks: greedy, by one table from four bytes to the place where they were met last. The twin in plain
 * TypeScript, src/kernel/plain-lz4.ts, writes the same bytes.
 */
import {
  lastLiteralCount,
  lastMatchDistance,
  matchLengthMin,
  offsetMax,
  patienceBits,
  tableSizeBytes,
  tableSlotBits,
  tokenLengthMax,
} from './layout'

/** The table holds places of earlier inputs, too: they are not above this. So it need not be emptied. */
let floor: u32 = 0

/**
 * Compresses `length` bytes at `source` to `target`. Returns how many they became, or 0 where that would be more than
 * `limit`. Up to eight bytes behind the limit are overwritten. `table` is the same at each call.
 */
export function compress(table: u32, source: u32, length: u32, target: u32, limit: u32): u32 {
  if (floor > 0xffff_fff0 - length) {
    memory.fill(table, 0, tableSizeBytes)
    floor = 0
  }
  const known = floor
  floor += length
  // What the table has of a place of this input, less the place: 1 and above.
  const bias = known + 1 - source
  const end = source + length
  const targetEnd = target + limit
  let anchor = source
  let to = target
  if (length >= lastMatchDistance) {
    const lastStart = end - lastMatchDistance
    const matchEndMax = end - lastLiteralCount
    let at = source
    let attempts: u32 = 1 << patienceBits
    while (at <= lastStart) {
      const word = load<u32>(at)
      const slot = slotOf(table, word)
      const entry = load<u32>(slot)
      store<u32>(slot, bias + at)
      // Whether the place is of this input is chance, which no processor foretells: so there is no branch for it.
      let from = select<u32>(entry - bias, source, entry > known)
      if (load<u32>(from) !== word || entry <= known || at - from > offsetMax) {
        at += attempts >> patienceBits
        attempts += 1
        continue
      }
      const matchEnd = endOfMatch(at + matchLengthMin, from + matchLengthMin, matchEndMax)
      while (at > anchor && from > source && load<u8>(at - 1) === load<u8>(from - 1)) {
        at -= 1
        from -= 1
      }
      const literalCount = at - anchor
      const matchLength = matchEnd - at - matchLengthMin
      const size = 1 + extensionSize(literalCount) + literalCount + 2 + extensionSize(matchLength)
      if (to + size > targetEnd) return 0
      to = putLiterals(to, anchor, literalCount, nibbleOf(matchLength))
      store<u16>(to, <u16>(at - from))
      to = putExtension(to + 2, matchLength)
      anchor = matchEnd
      at = matchEnd
      if (at <= lastStart) store<u32>(slotOf(table, load<u32>(at - 2)), bias + at - 2)
      attempts = 1 << patienceBits
    }
  }
  const literalCount = end - anchor
  if (to + 1 + extensionSize(literalCount) + literalCount > targetEnd) return 0
  return putLiterals(to, anchor, literalCount, 0) - target
}

function slotOf(table: u32, word: u32): u32 {
  return table + (((word * 0x9e3779b1) >> (32 - tableSlotBits)) << 2)
}

/** Where what begins alike at `at` and `from` stops being alike, at most `limit`. */
function endOfMatch(at: u32, from: u32, limit: u32): u32 {
  while (at + 8 <= limit) {
    const difference = load<u64>(at) ^ load<u64>(from)
    if (difference !== 0) return at + (<u32>ctz<u64>(difference) >> 3)
    at += 8
    from += 8
  }
  while (at < limit && load<u8>(at) === load<u8>(from)) {
    at += 1
    from += 1
  }
  return at
}

/** What of a length the token holds. */
function nibbleOf(length: u32): u32 {
  return length < tokenLengthMax ? length : tokenLengthMax
}

/** How many bytes behind the token a length takes. */
function extensionSize(length: u32): u32 {
  return length < tokenLengthMax ? 0 : (length - tokenLengthMax) / 255 + 1
}

function putExtension(to: u32, length: u32): u32 {
  if (length < tokenLengthMax) return to
  let rest = length - tokenLengthMax
  for (; rest >= 255; rest -= 255) {
    store<u8>(to, 255)
    to += 1
  }
  store<u8>(to, <u8>rest)
  return to + 1
}

/** A token with its literals; whole words are copied. */
function putLiterals(to: u32, from: u32, count: u32, matchNibble: u32): u32 {
  store<u8>(to, <u8>((nibbleOf(count) << 4) | matchNibble))
  to = putExtension(to + 1, count)
  for (let i: u32 = 0; i < count; i += 8) store<u64>(to + i, load<u64>(from + i))
  return to + count
}
