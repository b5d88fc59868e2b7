/** Reading and comparing keys. Up to seven bytes past the end of a key may be read, and do not count. */
import { entryHeaderSizeBytes, keyLengthByte } from './layout'

/** Where the key of an entry begins. */
export function keyOf(base: u32, entry: u32): u32 {
  return base + entry + entryHeaderSizeBytes
}

export function keyLengthOf(base: u32, entry: u32): u32 {
  return load<u16>(base + entry, keyLengthByte)
}

/** The eight bytes of a key after its first `skip`, as one big-endian number, padded with zeros. */
export function prefixAfter(key: u32, length: u32, skip: u32): u64 {
  if (skip + 8 <= length) return bswap<u64>(load<u64>(key + skip))
  if (skip >= length) return 0
  return bswap<u64>(load<u64>(key + skip)) & (u64.MAX_VALUE << (64 - ((<u64>(length - skip)) << 3)))
}

/** The length up to which two keys are equal, at most `to`, given that they are up to `from`. */
export function sharedLength(a: u32, b: u32, from: u32, to: u32): u32 {
  let i = from
  while (i + 8 <= to) {
    const difference = load<u64>(a + i) ^ load<u64>(b + i)
    if (difference !== 0) return i + (<u32>ctz<u64>(difference) >> 3)
    i += 8
  }
  while (i < to && load<u8>(a + i) === load<u8>(b + i)) i += 1
  return i
}

/**
 * Order of two keys that agree in their first `from` bytes as far as they have them, zero padded. If one of them
 * ends before `from`, then the padding made them alike, and the shorter one comes first.
 */
export function compareTails(a: u32, aLength: u32, b: u32, bLength: u32, from: u32): i32 {
  const shorter = min<u32>(aLength, bLength)
  if (from < shorter) {
    const shared = sharedLength(a, b, from, shorter)
    if (shared < shorter) return <i32>load<u8>(a + shared) - <i32>load<u8>(b + shared)
  }
  return <i32>aLength - <i32>bLength
}
