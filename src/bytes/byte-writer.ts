/**
 * Writes little-endian fields into a buffer that grows, for files and messages put together rarely (footers,
 * manifests, index blocks). Its counterpart is `ByteReader`.
 */

const firstCapacityBytes = 256
const u48Limit = 2 ** 48

export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacityBytes: number = firstCapacityBytes) {
    this.#bytes = new Uint8Array(Math.max(capacityBytes, 16))
  }

  /** Bytes written so far, which is also the position of the next field. */
  get length(): number {
    return this.#length
  }

  /** What was written: a view, valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A copy of what was written, the caller's to keep. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.#length = 0
  }

  u8(value: number): void {
    checkRange(value, 0x100)
    const position = this.#claim(1)
    this.#bytes[position] = value
  }

  u16(value: number): void {
    checkRange(value, 0x1_0000)
    this.#put(this.#claim(2), value, 2)
  }

  u32(value: number): void {
    checkRange(value, 0x1_0000_0000)
    this.#put(this.#claim(4), value, 4)
  }

  /** Sequence numbers. */
  u48(value: number): void {
    checkRange(value, u48Limit)
    this.#putWide(this.#claim(6), value, 2)
  }

  /** A whole number up to 2^53 - 1 in eight bytes. */
  u64(value: number): void {
    checkRange(value, Number.MAX_SAFE_INTEGER + 1)
    this.#putWide(this.#claim(8), value, 4)
  }

  /** Eight bytes of 64-bit contents given as halves, a hash for instance. */
  u64Halves(high: number, low: number): void {
    const position = this.#claim(8)
    this.#put(position, low, 4)
    this.#put(position + 4, high, 4)
  }

  /** Raw bytes without their length. */
  raw(source: Uint8Array): void {
    const position = this.#claim(source.length)
    this.#bytes.set(source, position)
  }

  /** The length as u32, then the bytes. */
  lengthPrefixed(source: Uint8Array): void {
    this.u32(source.length)
    this.raw(source)
  }

  zeros(count: number): void {
    const position = this.#claim(count)
    this.#bytes.fill(0, position, position + count)
  }

  /** Zero bytes up to the next multiple of `alignment`. */
  align(alignment: number): void {
    this.zeros((alignment - (this.#length % alignment)) % alignment)
  }

  /** Overwrites a u32 written before, for a length that was unknown then. */
  patchU32(position: number, value: number): void {
    checkRange(value, 0x1_0000_0000)
    if (position + 4 > this.#length) throw new RangeError(`nothing was written at ${position} yet`)
    this.#put(position, value, 4)
  }

  #put(position: number, value: number, count: number): void {
    for (let i = 0; i < count; i += 1) this.#bytes[position + i] = value >>> (8 * i)
  }

  #putWide(position: number, value: number, upperCount: number): void {
    this.#put(position, value % 0x1_0000_0000, 4)
    this.#put(position + 4, Math.floor(value / 0x1_0000_0000), upperCount)
  }

  /** Makes room for `count` bytes and returns where they go. May replace the array: fetch that afterwards. */
  #claim(count: number): number {
    const position = this.#length
    const needed = position + count
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, position))
      this.#bytes = grown
    }
    this.#length = needed
    return position
  }
}

function checkRange(value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new RangeError(`${value} is not a whole number from 0 to ${limit - 1}`)
  }
}
