/**
 * Reads little-endian fields from bytes of doubtful origin: every read is checked against the end. The
 * counterpart of `ByteWriter`.
 */

/** The bytes ended early, or a field cannot be what it should be. Who knows the file makes it a CorruptionError. */
export class ByteReaderError extends RangeError {
  override readonly name: string = 'ByteReaderError'
  /** Where the field begins, in bytes from the start of the reader's array. */
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #position: number

  /** Reads `bytes` from `start` to `end` (exclusive); both inside the array. */
  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length) {
    if (start < 0 || end > bytes.length || start > end) throw new RangeError('range outside the array')
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  /** Where the next field begins, in bytes from the start of the array. */
  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  u16(): number {
    const position = this.#take(2)
    return (this.#bytes[position] as number) | ((this.#bytes[position + 1] as number) << 8)
  }

  u32(): number {
    return this.#u32At(this.#take(4))
  }

  u48(): number {
    const position = this.#take(6)
    const upper = (this.#bytes[position + 4] as number) | ((this.#bytes[position + 5] as number) << 8)
    return upper * 0x1_0000_0000 + this.#u32At(position)
  }

  /** A whole number up to 2^53 - 1; anything above is damage. */
  u64(): number {
    const position = this.#take(8)
    const upper = this.#u32At(position + 4)
    if (upper > 0x1f_ffff) throw new ByteReaderError(`a number above 2^53 - 1 at ${position}`, position)
    return upper * 0x1_0000_0000 + this.#u32At(position)
  }

  /** Raw bytes: a view into the reader's array. */
  raw(length: number): Uint8Array {
    const position = this.#take(length)
    return this.#bytes.subarray(position, position + length)
  }

  /** Bytes behind their length as u32: a view into the reader's array. `lengthMax` guards against damage. */
  lengthPrefixed(lengthMax: number = 0xffff_ffff): Uint8Array {
    const position = this.#position
    const length = this.u32()
    if (length > lengthMax) {
      throw new ByteReaderError(
        `a length of ${length} at ${position}, at most ${lengthMax} allowed`,
        position,
      )
    }
    return this.raw(length)
  }

  skip(count: number): void {
    this.#take(count)
  }

  /** Throws unless all was read. */
  expectEnd(): void {
    if (this.remaining === 0) return
    throw new ByteReaderError(`${this.remaining} bytes too many at ${this.#position}`, this.#position)
  }

  #u32At(position: number): number {
    const bytes = this.#bytes
    return (
      ((bytes[position] as number) |
        ((bytes[position + 1] as number) << 8) |
        ((bytes[position + 2] as number) << 16) |
        ((bytes[position + 3] as number) << 24)) >>>
      0
    )
  }

  #take(count: number): number {
    const position = this.#position
    if (!(count >= 0 && count <= this.#end - position)) {
      const found = this.#end - position
      throw new ByteReaderError(`${count} bytes expected at ${position}, ${found} there`, position)
    }
    this.#position = position + count
    return position
  }
}
