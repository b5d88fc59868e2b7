/** The hash of a key: 64 bits, as src/bytes/key-hash.ts has it and says why. Part of the format on disk. */

function mix(value: u32): u32 {
  let x = (value ^ (value >> 16)) * 0x85ebca6b
  x = (x ^ (x >> 13)) * 0xc2b2ae35
  return x ^ (x >> 16)
}

/** The high half of the result is the hash's high half, the low half its low half. */
export function hashKey(start: u32, length: u32): u64 {
  let a: u32 = 0x9e3779b1 ^ length
  let b: u32 = 0x85ebca77 + length
  const end = start + length
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = load<u32>(at)
    a = rotl<u32>((a ^ word) * 0xcc9e2d51, 15)
    b = rotl<u32>((b ^ word) * 0xc2b2ae3d, 13)
  }
  if (at < end) {
    let word: u32 = load<u8>(at)
    if (at + 1 < end) word |= (<u32>load<u8>(at, 1)) << 8
    if (at + 2 < end) word |= (<u32>load<u8>(at, 2)) << 16
    a = rotl<u32>((a ^ word) * 0xcc9e2d51, 15)
    b = rotl<u32>((b ^ word) * 0xc2b2ae3d, 13)
  }
  const low = b ^ mix(a)
  const high = a ^ mix(low)
  return ((<u64>high) << 32) | low
}
