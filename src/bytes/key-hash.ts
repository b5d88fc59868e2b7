/**
 * The hash of a key: 64 bits as two 32-bit words. Computed once a read or write and used by the filter of a
 * MemTable and by the filters and hash indexes of Segments alike. Part of the format on disk: never change it.
 *
 * Two lanes `a` and `b` eat the key as little-endian 32-bit words, the last one padded with zero bytes. The
 * length goes into the start values, so padding cannot be confused with zero bytes. With `*` as multiplication
 * modulo 2^32, `rotl` as rotation to the left and `>>>` as unsigned shift:
 *
 *     a = 0x9e3779b1 ^ length, b = 0x85ebca77 + length
 *     for each word w:  a = rotl((a ^ w) * 0xcc9e2d51, 15),  b = rotl((b ^ w) * 0xc2b2ae3d, 13)
 *     mix(x):           x = (x ^ x >>> 16) * 0x85ebca6b,  x = (x ^ x >>> 13) * 0xc2b2ae35,  x ^ x >>> 16
 *     low = b ^ mix(a), high = a ^ mix(low)
 *
 * The lanes rotate by different amounts, so a difference that cancels itself out in one survives in the other.
 * `mix` is the finalizer of MurmurHash3 (Austin Appleby, public domain).
 */

/**
 * Where {@link hashKey} leaves its result; read it before the next call. Both halves are signed 32-bit numbers,
 * because V8 passes those around without allocating; take bits out of them with `>>>`.
 */
export const keyHash: { high: number; low: number } = { high: 0, low: 0 }

/** Hashes the key of `length` bytes that starts at `start`. The result is in {@link keyHash}. */
export function hashKey(bytes: Uint8Array, start: number, length: number): void {
  let a = 0x9e3779b1 ^ length
  let b = (0x85ebca77 + length) | 0
  const end = start + length
  let position = start
  for (; position + 4 <= end; position += 4) {
    const word =
      (bytes[position] as number) |
      ((bytes[position + 1] as number) << 8) |
      ((bytes[position + 2] as number) << 16) |
      ((bytes[position + 3] as number) << 24)
    a = Math.imul(a ^ word, 0xcc9e2d51)
    b = Math.imul(b ^ word, 0xc2b2ae3d)
    a = (a << 15) | (a >>> 17)
    b = (b << 13) | (b >>> 19)
  }
  if (position < end) {
    let word = bytes[position] as number
    if (position + 1 < end) word |= (bytes[position + 1] as number) << 8
    if (position + 2 < end) word |= (bytes[position + 2] as number) << 16
    a = Math.imul(a ^ word, 0xcc9e2d51)
    b = Math.imul(b ^ word, 0xc2b2ae3d)
    a = (a << 15) | (a >>> 17)
    b = (b << 13) | (b >>> 19)
  }
  const low = b ^ mix(a)
  keyHash.low = low
  keyHash.high = a ^ mix(low)
}

function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
