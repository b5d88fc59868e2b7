/**
 * The first eight bytes of a key after a prefix that all its neighbours share, as one big-endian number: keys
 * then compare as numbers, and only ties need their bytes. In two halves, for want of 64-bit integers. A key
 * that ends early is padded with zero bytes, so equal prefixes do not mean equal keys.
 */

/**
 * Where {@link readPrefix} leaves its result; read it before the next call. Both halves are signed 32-bit
 * numbers; see {@link biasPrefix} for comparing them.
 */
export const keyPrefix: { high: number; low: number } = { high: 0, low: 0 }

/** Reads the prefix of the key from `start` to `end`, after its first `skip` bytes, into {@link keyPrefix}. */
export function readPrefix(bytes: Uint8Array, start: number, end: number, skip: number): void {
  const from = start + skip
  if (from + 8 <= end) {
    keyPrefix.high =
      ((bytes[from] as number) << 24) |
      ((bytes[from + 1] as number) << 16) |
      ((bytes[from + 2] as number) << 8) |
      (bytes[from + 3] as number)
    keyPrefix.low =
      ((bytes[from + 4] as number) << 24) |
      ((bytes[from + 5] as number) << 16) |
      ((bytes[from + 6] as number) << 8) |
      (bytes[from + 7] as number)
    return
  }
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i += 1) {
    high = (high << 8) | (from + i < end ? (bytes[from + i] as number) : 0)
    low = (low << 8) | (from + i + 4 < end ? (bytes[from + i + 4] as number) : 0)
  }
  keyPrefix.high = high
  keyPrefix.low = low
}

/**
 * Turns half of a prefix into a number whose signed order is the unsigned order of its bits, so that halves can
 * be kept in an `Int32Array` and compared as V8 likes it best. Its own inverse.
 */
export function biasPrefix(half: number): number {
  return half ^ 0x8000_0000
}
