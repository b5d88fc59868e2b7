/** Reads LZ4 blocks, whatever the bytes are. The twin in plain TypeScript is src/kernel/plain-lz4.ts. */
import { lastLiteralCount, matchLengthMin, tokenLengthMax } from './layout'

/** The length that {@link readExtension} could not read, since it is longer than allowed or goes on past the end. */
const tooLong: u32 = 0xffff_ffff

/** Behind the extension read last. */
let behindExtension: u32 = 0

/**
 * Decompresses what lies from `source` to `sourceEnd`; whether it is a whole block of exactly the bytes from `target`
 * to `targetEnd`, outside of which nothing is written or looked at. The two ranges do not overlap.
 */
export function decompress(source: u32, sourceEnd: u32, target: u32, targetEnd: u32): bool {
  let from = source
  let to = target
  while (from < sourceEnd) {
    const token: u32 = load<u8>(from)
    from += 1
    let literalCount = token >> 4
    if (literalCount === tokenLengthMax) {
      literalCount = readExtension(from, sourceEnd, targetEnd - to)
      if (literalCount === tooLong) return false
      from = behindExtension
    }
    if (literalCount > sourceEnd - from || literalCount > targetEnd - to) return false
    copyLiterals(from, sourceEnd, to, targetEnd, literalCount)
    from += literalCount
    to += literalCount
    if (from === sourceEnd) return to === targetEnd
    if (sourceEnd - from < 2) return false
    const offset: u32 = load<u16>(from)
    from += 2
    if (offset === 0 || offset > to - target) return false
    let matchLength = token & tokenLengthMax
    if (matchLength === tokenLengthMax) {
      matchLength = readExtension(from, sourceEnd, targetEnd - to)
      if (matchLength === tooLong) return false
      from = behindExtension
    }
    matchLength += matchLengthMin
    if (matchLength + lastLiteralCount > targetEnd - to) return false
    copyMatch(to, offset, matchLength, targetEnd)
    to += matchLength
  }
  return false
}

/** A length that goes on behind its token, if it is at most `max`. */
function readExtension(from: u32, sourceEnd: u32, max: u32): u32 {
  let length = tokenLengthMax
  while (from < sourceEnd) {
    const byte: u32 = load<u8>(from)
    from += 1
    length += byte
    if (length > max) return tooLong
    if (byte !== 255) {
      behindExtension = from
      return length
    }
  }
  return tooLong
}

function copyLiterals(from: u32, sourceEnd: u32, to: u32, targetEnd: u32, count: u32): void {
  let i: u32 = 0
  // Whole words, as long as both ranges have room for what they copy too much.
  if (count + 8 <= sourceEnd - from && count + 8 <= targetEnd - to) {
    for (; i < count; i += 8) store<u64>(to + i, load<u64>(from + i))
    return
  }
  for (; i + 8 <= count; i += 8) store<u64>(to + i, load<u64>(from + i))
  for (; i < count; i += 1) store<u8>(to + i, load<u8>(from + i))
}

/** What is copied may overlap what it becomes: then it repeats. */
function copyMatch(to: u32, offset: u32, length: u32, targetEnd: u32): void {
  let i: u32 = 0
  let distance = offset
  if (offset < 8) {
    const singles: u32 = length < 8 ? length : 8
    for (; i < singles; i += 1) store<u8>(to + i, load<u8>(to + i - offset))
    // A multiple of the offset that is a word or more repeats the same.
    while (distance < 8) distance += offset
  }
  if (length + 8 <= targetEnd - to) {
    for (; i < length; i += 8) store<u64>(to + i, load<u64>(to + i - distance))
    return
  }
  for (; i + 8 <= length; i += 8) store<u64>(to + i, load<u64>(to + i - distance))
  for (; i < length; i += 1) store<u8>(to + i, load<u8>(to + i - distance))
}
