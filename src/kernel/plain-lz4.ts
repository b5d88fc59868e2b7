/** LZ4 in plain TypeScript: for where there is no WebAssembly, and what the compiled codec is compared with. */
import type { Lz4 } from './lz4.ts'
import { lastLiteralCount, matchLengthMin, tokenLengthMax } from './lz4-layout.ts'
import { PlainLz4Compressor } from './plain-lz4-compressor.ts'

/** What does not need more goes through memory that is kept. */
const keptSizeBytesMax = 64 * 1024
/** Up to here a loop copies faster than the runtime does. */
const byteLoopLengthMax = 48
/** Instead of a length: it is longer than allowed, or goes on past the end. */
const tooLong = -1

export class PlainLz4 implements Lz4 {
  readonly #compressor = new PlainLz4Compressor()
  readonly #kept = new Uint8Array(keptSizeBytesMax)
  /** Behind the extension of a length that was read last. */
  #behindExtension = 0

  compress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    limit: number,
  ): number {
    const output = this.#scratch(limit)
    const length = this.#compressor.compress(source, start, end, output, limit)
    if (length > 0) target.set(output.subarray(0, length), at)
    return length
  }

  decompress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    length: number,
  ): boolean {
    const input = this.#scratch(end - start)
    input.set(source.subarray(start, end))
    return this.#decompress(input, end - start, target, at, at + length)
  }

  #scratch(sizeBytes: number): Uint8Array {
    return sizeBytes <= keptSizeBytesMax ? this.#kept : new Uint8Array(sizeBytes)
  }

  #decompress(
    source: Uint8Array,
    sourceEnd: number,
    target: Uint8Array,
    start: number,
    targetEnd: number,
  ): boolean {
    let from = 0
    let to = start
    while (from < sourceEnd) {
      const token = source[from] as number
      from += 1
      let literalCount = token >>> 4
      if (literalCount === tokenLengthMax) {
        literalCount = this.#readExtension(source, from, sourceEnd, targetEnd - to)
        if (literalCount === tooLong) return false
        from = this.#behindExtension
      }
      if (literalCount > sourceEnd - from || literalCount > targetEnd - to) return false
      copyLiterals(source, from, target, to, literalCount)
      from += literalCount
      to += literalCount
      if (from === sourceEnd) return to === targetEnd
      if (sourceEnd - from < 2) return false
      const offset = (source[from] as number) | ((source[from + 1] as number) << 8)
      from += 2
      if (offset === 0 || offset > to - start) return false
      let matchLength = token & tokenLengthMax
      if (matchLength === tokenLengthMax) {
        matchLength = this.#readExtension(source, from, sourceEnd, targetEnd - to)
        if (matchLength === tooLong) return false
        from = this.#behindExtension
      }
      matchLength += matchLengthMin
      if (matchLength + lastLiteralCount > targetEnd - to) return false
      copyMatch(target, to, offset, matchLength)
      to += matchLength
    }
    return false
  }

  /** A length that goes on behind its token, if it is at most `max`. */
  #readExtension(source: Uint8Array, from: number, sourceEnd: number, max: number): number {
    let length = tokenLengthMax
    while (from < sourceEnd) {
      const byte = source[from] as number
      from += 1
      length += byte
      if (length > max) return tooLong
      if (byte !== 255) {
        this.#behindExtension = from
        return length
      }
    }
    return tooLong
  }
}

function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  if (count > byteLoopLengthMax) target.set(source.subarray(from, from + count), to)
  else for (let i = 0; i < count; i += 1) target[to + i] = source[from + i] as number
}

/** What is copied may overlap what it becomes: then it repeats. */
function copyMatch(target: Uint8Array, to: number, offset: number, length: number): void {
  if (length > byteLoopLengthMax && offset >= length) target.copyWithin(to, to - offset, to - offset + length)
  else for (let i = 0; i < length; i += 1) target[to + i] = target[to + i - offset] as number
}
