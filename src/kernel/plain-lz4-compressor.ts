/** Writes LZ4 blocks in plain TypeScript: the twin of assembly/lz4/compress.ts, byte for byte. */
import {
  lastLiteralCount,
  lastMatchDistance,
  matchLengthMin,
  offsetMax,
  patienceBits,
  tableSlotBits,
  tokenLengthMax,
} from './lz4-layout.ts'

/** Up to here a loop copies faster than the runtime does, view and all. */
const byteLoopLengthMax = 48

export class PlainLz4Compressor {
  /** From four bytes to where they were met last, counted over all inputs. */
  readonly #table = new Uint32Array(1 << tableSlotBits)
  /** Places in the table up to this one are of earlier inputs. */
  #floor = 0
  #target: Uint8Array = new Uint8Array(0)
  #to = 0

  /** As `Lz4.compress`, into a target that does not overlap the source and has room for the limit. */
  compress(source: Uint8Array, start: number, end: number, target: Uint8Array, limit: number): number {
    const length = end - start
    if (this.#floor > 0xffff_fff0 - length) {
      this.#table.fill(0)
      this.#floor = 0
    }
    const known = this.#floor
    this.#floor += length
    this.#target = target
    this.#to = 0
    const table = this.#table
    const bias = known + 1 - start
    let anchor = start
    if (length >= lastMatchDistance) {
      const lastStart = end - lastMatchDistance
      const matchEndMax = end - lastLiteralCount
      let at = start
      let attempts = 1 << patienceBits
      while (at <= lastStart) {
        const word = wordAt(source, at)
        const slot = slotOf(word)
        const entry = table[slot] as number
        table[slot] = bias + at
        let from = entry - bias
        if (entry <= known || at - from > offsetMax || wordAt(source, from) !== word) {
          at += attempts >>> patienceBits
          attempts += 1
          continue
        }
        let matchEnd = at + matchLengthMin
        let fromEnd = from + matchLengthMin
        while (matchEnd < matchEndMax && source[matchEnd] === source[fromEnd]) {
          matchEnd += 1
          fromEnd += 1
        }
        while (at > anchor && from > start && source[at - 1] === source[from - 1]) {
          at -= 1
          from -= 1
        }
        const literalCount = at - anchor
        const matchLength = matchEnd - at - matchLengthMin
        const size = 1 + extensionSize(literalCount) + literalCount + 2 + extensionSize(matchLength)
        if (this.#to + size > limit) return 0
        this.#putLiterals(source, anchor, at, Math.min(matchLength, tokenLengthMax))
        target[this.#to] = at - from
        target[this.#to + 1] = (at - from) >>> 8
        this.#to += 2
        this.#putExtension(matchLength)
        anchor = matchEnd
        at = matchEnd
        if (at <= lastStart) table[slotOf(wordAt(source, at - 2))] = bias + at - 2
        attempts = 1 << patienceBits
      }
    }
    const literalCount = end - anchor
    if (this.#to + 1 + extensionSize(literalCount) + literalCount > limit) return 0
    this.#putLiterals(source, anchor, end, 0)
    return this.#to
  }

  /** A token with its literals. */
  #putLiterals(source: Uint8Array, from: number, end: number, matchNibble: number): void {
    const target = this.#target
    const count = end - from
    target[this.#to] = (Math.min(count, tokenLengthMax) << 4) | matchNibble
    this.#to += 1
    this.#putExtension(count)
    if (count > byteLoopLengthMax) target.set(source.subarray(from, end), this.#to)
    else for (let i = 0; i < count; i += 1) target[this.#to + i] = source[from + i] as number
    this.#to += count
  }

  #putExtension(length: number): void {
    if (length < tokenLengthMax) return
    let rest = length - tokenLengthMax
    for (; rest >= 255; rest -= 255) {
      this.#target[this.#to] = 255
      this.#to += 1
    }
    this.#target[this.#to] = rest
    this.#to += 1
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - tableSlotBits)
}

/** How many bytes behind the token a length takes. */
function extensionSize(length: number): number {
  return length < tokenLengthMax ? 0 : Math.floor((length - tokenLengthMax) / 255) + 1
}
