/**
 * Text to UTF-8 and back, by the fastest way the platform has. Short ASCII text, which most keys are, goes
 * through plain loops: for it the call into native code costs more than the work. Longer text goes through
 * `Buffer` where there is one, else through `TextEncoder` and `TextDecoder`.
 */

import { decodeShortAscii, shortLengthMax } from './short-ascii.ts'

/** The two directions for text of any length. The bytes may lie in shared memory. */
export interface TextCodec {
  /** Writes well-formed `text` at `offset`, where there is room for it; returns the length in bytes. */
  write(text: string, target: Uint8Array, offset: number): number
  /** How many bytes `text` takes. */
  lengthOf(text: string): number
  /** Text of `bytes[start, end)`; what is not UTF-8 reads as U+FFFD. */
  decode(bytes: Uint8Array, start: number, end: number): string
  /** The same for bytes that are all below 128. */
  decodeAscii(bytes: Uint8Array, start: number, end: number): string
}

/** Methods of `Buffer.prototype` that work on every `Uint8Array` and that its types leave out. */
interface BufferText {
  latin1Slice(this: Uint8Array, start: number, end: number): string
  utf8Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number
}

/** Node's way, or `undefined` on a platform whose `Buffer` is absent or incomplete. */
export function bufferCodec(): TextCodec | undefined {
  if (typeof Buffer === 'undefined') return undefined
  const { latin1Slice, utf8Slice, utf8Write } = Buffer.prototype as unknown as Partial<BufferText>
  if (!latin1Slice || !utf8Slice || !utf8Write) return undefined
  return {
    write: (text, target, offset) => utf8Write.call(target, text, offset, target.length - offset),
    lengthOf: (text) => Buffer.byteLength(text, 'utf8'),
    decode: (bytes, start, end) => utf8Slice.call(bytes, start, end),
    decodeAscii: (bytes, start, end) => latin1Slice.call(bytes, start, end),
  }
}

/** The way of every platform. `TextEncoder` and `TextDecoder` refuse shared memory, hence the copies. */
export function standardCodec(): TextCodec {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const decode = (bytes: Uint8Array, start: number, end: number): string =>
    decoder.decode(new Uint8Array(bytes.subarray(start, end)))
  return {
    write: (text, target, offset) => {
      const bytes = encoder.encode(text)
      target.set(bytes, offset)
      return bytes.length
    },
    lengthOf: (text) => encoder.encode(text).length,
    decode,
    decodeAscii: decode,
  }
}

const codec: TextCodec = bufferCodec() ?? standardCodec()

/** Text up to this long is written by a loop; measured crossover with the native call. */
const loopLengthMax = 32
/** Text up to this long gets the bound of three bytes a character instead of its exact length. */
const roughBoundLengthMax = 4096

/** The most bytes that {@link writeUtf8} needs for `text`. */
export function utf8Bound(text: string): number {
  return text.length <= roughBoundLengthMax ? text.length * 3 : codec.lengthOf(text)
}

/** Writes `text`, which must be well-formed, at `offset`; returns the length in bytes. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  const length = text.length
  if (length > loopLengthMax) return codec.write(text, target, offset)
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return codec.write(text, target, offset)
    target[offset + i] = unit
  }
  return length
}

/** Text of `bytes[start, end)`. `ascii` promises that all of them are below 128. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, ascii: boolean): string {
  const length = end - start
  if (length <= shortLengthMax) {
    if (ascii || isAscii(bytes, start, end)) return decodeShortAscii(bytes, start, length)
  } else if (ascii) {
    return codec.decodeAscii(bytes, start, end)
  }
  return codec.decode(bytes, start, end)
}

/** Whether `text` has no half of a surrogate pair standing alone, which UTF-8 cannot say. */
export const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/\p{Surrogate}/u.test(text)

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0
  for (let i = start; i < end; i++) all |= bytes[i] as number
  return all < 128
}
