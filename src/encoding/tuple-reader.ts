/**
 * Bytes to tuples. Reads what `tuple-writer.ts` writes and nothing else: bytes that are no tuple, or not the one
 * way to write it, are refused with their place.
 */
import { InvalidArgumentError } from '../errors.ts'
import { copyBytes } from './byte-slab.ts'
import {
  escapeByte,
  readOrderedNumber,
  type TupleElement,
  TupleTag,
  terminatorByte,
  tupleDepthMax,
} from './tuple-format.ts'
import { decodeUtf8 } from './utf8.ts'

/** The tuple in `bytes[start, end)`. Throws `InvalidArgumentError` when they hold something else. */
export function readTuple(bytes: Uint8Array, start: number, end: number): TupleElement[] {
  return new TupleReader(bytes, start, end).readAll()
}

class TupleReader {
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number
  #offset: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#offset = start
  }

  readAll(): TupleElement[] {
    const elements: TupleElement[] = []
    while (this.#offset < this.#end) elements.push(this.#readElement(0))
    return elements
  }

  #readElement(depth: number): TupleElement {
    const tag = this.#readByte()
    switch (tag) {
      case TupleTag.null:
        return null
      case TupleTag.false:
        return false
      case TupleTag.true:
        return true
      case TupleTag.number:
        return this.#readNumber()
      case TupleTag.negativeBigint:
        return -this.#readMagnitude(0xff)
      case TupleTag.bigint:
        return this.#readMagnitude(0)
      case TupleTag.string:
        return this.#readString()
      case TupleTag.bytes:
        return this.#readBytes()
      case TupleTag.date:
        return this.#readDate()
      case TupleTag.array:
        return this.#readArray(depth + 1)
      default:
        throw this.#refusal(`there is no type 0x${tag.toString(16).padStart(2, '0')}`)
    }
  }

  #readArray(depth: number): TupleElement[] {
    if (depth > tupleDepthMax) throw this.#refusal(`arrays nested over ${tupleDepthMax} deep`)
    const elements: TupleElement[] = []
    while (this.#peekByte() !== terminatorByte) elements.push(this.#readElement(depth))
    this.#offset++
    return elements
  }

  #readNumber(): number {
    const from = this.#take(8)
    const value = readOrderedNumber(this.#bytes, from)
    if (Number.isNaN(value) || Object.is(value, -0))
      throw this.#refusal(`the number ${value} is never written`)
    return value
  }

  #readDate(): Date {
    const timeMs = this.#readNumber()
    const date = new Date(timeMs)
    if (date.getTime() !== timeMs) throw this.#refusal(`there is no date ${timeMs}`)
    return date
  }

  /** `flip` is what the bytes of the length and the magnitude are xored with. */
  #readMagnitude(flip: number): bigint {
    const at = this.#take(2)
    const length = (this.#byteAt(at, flip) << 8) | this.#byteAt(at + 1, flip)
    const from = this.#take(length)
    if (length === 0 ? flip !== 0 : this.#byteAt(from, flip) === 0)
      throw this.#refusal('a bigint with leading zeros')
    let hex = '0x0'
    for (let i = 0; i < length; i++)
      hex += this.#byteAt(from + i, flip)
        .toString(16)
        .padStart(2, '0')
    return BigInt(hex)
  }

  #readString(): string {
    const from = this.#offset
    const escapeCount = this.#skipEscaped()
    const to = this.#offset - 1
    if (escapeCount === 0) return decodeUtf8(this.#bytes, from, to, false)
    const plain = this.#unescape(from, to, escapeCount)
    return decodeUtf8(plain, 0, plain.length, false)
  }

  #readBytes(): Uint8Array {
    const from = this.#offset
    const escapeCount = this.#skipEscaped()
    const to = this.#offset - 1
    return escapeCount === 0 ? copyBytes(this.#bytes, from, to) : this.#unescape(from, to, escapeCount)
  }

  /** Moves past the terminator; returns how many escapes came before it. */
  #skipEscaped(): number {
    let escapeCount = 0
    for (;;) {
      const byte = this.#readByte()
      if (byte === terminatorByte) return escapeCount
      if (byte !== escapeByte) continue
      escapeCount++
      const escaped = this.#readByte()
      if (escaped !== terminatorByte + 1 && escaped !== escapeByte + 1)
        throw this.#refusal('an unknown escape')
    }
  }

  #unescape(from: number, to: number, escapeCount: number): Uint8Array {
    const plain = new Uint8Array(to - from - escapeCount)
    for (let i = 0; i < plain.length; i++) {
      const byte = this.#byteAt(from++, 0)
      plain[i] = byte === escapeByte ? this.#byteAt(from++, 0) - 1 : byte
    }
    return plain
  }

  #byteAt(offset: number, flip: number): number {
    return (this.#bytes[offset] as number) ^ flip
  }

  #readByte(): number {
    return this.#byteAt(this.#take(1), 0)
  }

  #peekByte(): number {
    const byte = this.#readByte()
    this.#offset--
    return byte
  }

  /** Moves past `length` bytes and returns where they start. */
  #take(length: number): number {
    const from = this.#offset
    if (from + length > this.#end) throw this.#refusal('the bytes end inside an element')
    this.#offset = from + length
    return from
  }

  #refusal(reason: string): InvalidArgumentError {
    const place = this.#offset - this.#start
    return new InvalidArgumentError(
      `the ${this.#end - this.#start} bytes stored here are not a tuple (${reason}, before byte ${place}); ` +
        'they were probably written with another encoding',
    )
  }
}
