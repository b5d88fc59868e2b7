/**
 * Views of parts of byte arrays, many of the same few arrays one after the other. To ask an array for its buffer is a
 * call into the runtime, half as dear as the view itself, so the answers of the last two arrays are kept.
 */

const noBytes = new Uint8Array(0)

export class ByteViews {
  #last: Uint8Array = noBytes
  #lastBuffer: ArrayBufferLike = noBytes.buffer
  #lastOffset = 0
  #other: Uint8Array = noBytes
  #otherBuffer: ArrayBufferLike = noBytes.buffer
  #otherOffset = 0

  /** A view of `bytes[start, start + length)`. */
  of(bytes: Uint8Array, start: number, length: number): Uint8Array {
    if (bytes !== this.#last) this.#turnTo(bytes)
    return new Uint8Array(this.#lastBuffer, this.#lastOffset + start, length)
  }

  #turnTo(bytes: Uint8Array): void {
    const isKnown = bytes === this.#other
    const buffer = isKnown ? this.#otherBuffer : bytes.buffer
    const offset = isKnown ? this.#otherOffset : bytes.byteOffset
    this.#other = this.#last
    this.#otherBuffer = this.#lastBuffer
    this.#otherOffset = this.#lastOffset
    this.#last = bytes
    this.#lastBuffer = buffer
    this.#lastOffset = offset
  }
}
