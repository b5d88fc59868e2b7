/** Comparing and copying keys. */

/** The first eight bytes of a key as a big-endian number, padded with zero bytes: they order as the keys do. */
export function prefixOf(at: u32, length: u32): u64 {
  if (length >= 8) return bswap<u64>(load<u64>(at))
  let prefix: u64 = 0
  for (let i: u32 = 0; i < length; i += 1) prefix |= (<u64>load<u8>(at + i)) << (56 - 8 * i)
  return prefix
}

/** Negative, zero or positive as key `a` sorts before, with or after key `b`, which agree in their first `from` bytes. */
export function compareKeys(a: u32, aLength: u32, b: u32, bLength: u32, from: u32): i32 {
  const shorter = aLength < bLength ? aLength : bLength
  let i = from
  for (; i + 8 <= shorter; i += 8) {
    const x = load<u64>(a + i)
    const y = load<u64>(b + i)
    if (x !== y) return bswap<u64>(x) < bswap<u64>(y) ? -1 : 1
  }
  for (; i < shorter; i += 1) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i)
    if (difference !== 0) return difference
  }
  return aLength < bLength ? -1 : aLength > bLength ? 1 : 0
}

/** How many bytes from the left two keys have in common. */
export function commonLength(a: u32, aLength: u32, b: u32, bLength: u32): u32 {
  const shorter = aLength < bLength ? aLength : bLength
  let i: u32 = 0
  for (; i + 8 <= shorter; i += 8) {
    const difference = load<u64>(a + i) ^ load<u64>(b + i)
    if (difference !== 0) return i + (<u32>ctz<u64>(difference) >> 3)
  }
  while (i < shorter && load<u8>(a + i) === load<u8>(b + i)) i += 1
  return i
}

/** Copies words while they are few, which is quicker than asking the runtime to. */
export function copy(from: u32, length: u32, to: u32): void {
  if (length > 128) {
    memory.copy(to, from, length)
    return
  }
  let i: u32 = 0
  for (; i + 8 <= length; i += 8) store<u64>(to + i, load<u64>(from + i))
  for (; i < length; i += 1) store<u8>(to + i, load<u8>(from + i))
}
