/**
 * The bytes of a tuple, chosen so that comparing bytes compares tuples (docs/format/tuple.md draws it):
 *
 *     tuple   = element*
 *     element = tag payload
 *     payload = nothing                          null, false, true
 *             | 8 bytes                          number, date: IEEE 754, big-endian, sign bit flipped; all bits
 *                                                flipped where it was set
 *             | length:2 magnitude               bigint, big-endian; all bits flipped for negative ones
 *             | escaped bytes, 00                string (UTF-8), bytes: 00 → 01 01, 01 → 01 02
 *             | element*, 00                     array
 *
 * No element is the beginning of another one, and every tag is above 00. So a tuple's leading elements are a
 * prefix of its bytes, and a key that begins with those bytes begins with those elements.
 */

/** What a tuple can hold. Strings must be well-formed, numbers not NaN, dates valid. */
export type TupleElement =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly TupleElement[]

export type Tuple = readonly TupleElement[]

/** Order of types. On disk: never renumber; the gaps are for types to come. */
export const TupleTag = {
  null: 0x10,
  false: 0x20,
  true: 0x21,
  number: 0x30,
  negativeBigint: 0x38,
  bigint: 0x39,
  string: 0x40,
  bytes: 0x50,
  date: 0x60,
  array: 0x70,
} as const

/** Ends strings, bytes and arrays. On disk: never change. */
export const terminatorByte = 0x00
/** Stands before a byte that would read as {@link terminatorByte} or as itself, which follows plus one. */
export const escapeByte = 0x01

/** The most bytes that the magnitude of a bigint may have: 524,280 bits. */
export const bigintLengthMax = 65_535
/** How deep arrays may lie in arrays. */
export const tupleDepthMax = 64

const float = new DataView(new ArrayBuffer(8))

/** Writes a number in eight bytes that sort as numbers do; -0 becomes 0. Never call it with NaN. */
export function writeOrderedNumber(value: number, target: Uint8Array, offset: number): void {
  float.setFloat64(0, value === 0 ? 0 : value)
  const high = float.getUint32(0)
  const low = float.getUint32(4)
  const isNegative = high >= 0x8000_0000
  writeUint32(isNegative ? ~high : high ^ 0x8000_0000, target, offset)
  writeUint32(isNegative ? ~low : low, target, offset + 4)
}

/** The number that {@link writeOrderedNumber} wrote. */
export function readOrderedNumber(bytes: Uint8Array, offset: number): number {
  const high = readUint32(bytes, offset)
  const low = readUint32(bytes, offset + 4)
  const wasNegative = high >= 0
  float.setUint32(0, wasNegative ? ~high : high ^ 0x8000_0000)
  float.setUint32(4, wasNegative ? ~low : low)
  return float.getFloat64(0)
}

function writeUint32(value: number, target: Uint8Array, offset: number): void {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}

/** As a signed number: its bits are what counts. */
function readUint32(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] as number) << 24) | ((bytes[offset + 1] as number) << 16)
  return high | ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number)
}
