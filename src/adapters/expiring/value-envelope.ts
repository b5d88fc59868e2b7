/**
 * What the adapters that know times to live put around a value, because the engine does not know them yet: when it
 * was written, when it expires, and whether it is text. docs/format/value-envelope.md shows the bytes:
 *
 *   format u8 | flags u8 | writtenMs u48 | expiresMs u48, only with flag 2 | content
 *
 * The store covers all of it by its own checksums. Bytes of another shape are refused by name, never guessed at.
 */
import { copyRange } from '../../bytes/copy-range.ts'
import { fillBytes } from '../../encoding/byte-slab.ts'
import { decodeUtf8, writeUtf8 } from '../../encoding/utf8.ts'
import { textSizeBound } from '../../encoding/utf8-encoding.ts'
import { UnsupportedFormatError } from '../../errors.ts'
import { invariant } from '../../invariant.ts'

// On disk: never renumber.
const formatNumber = 1
const textFlag = 1
const expiresFlag = 2
const knownFlags = textFlag | expiresFlag

const writtenOffset = 2
const expiresOffset = 8
const headSizeBytes = 8
const headSizeBytesWithExpiry = 14

/** The last millisecond that an envelope can name, in the year 10889. */
export const expiresMsMax: number = 2 ** 48 - 1

/** A value with what is known about it. Times are milliseconds since 1970. */
export interface Enveloped {
  readonly content: string | Uint8Array
  readonly writtenMs: number
  /** The last moment at which the value can be read; `undefined`: it stays. */
  readonly expiresMs: number | undefined
}

/** An envelope as it lies in the store, its content not decoded yet. */
export class OpenedEnvelope {
  readonly #bytes: Uint8Array
  readonly expiresMs: number | undefined

  /** `bytes` are an envelope as {@link openEnvelope} has checked it. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.expiresMs = hasExpiry(bytes) ? timeAt(bytes, expiresOffset) : undefined
  }

  get writtenMs(): number {
    return timeAt(this.#bytes, writtenOffset)
  }

  get isText(): boolean {
    return ((this.#bytes[1] as number) & textFlag) !== 0
  }

  /** The content's bytes: a view of the bytes given. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(headSizeOf(this.expiresMs))
  }

  /** The content as text; bytes are read as UTF-8. */
  get text(): string {
    return decodeUtf8(this.#bytes, headSizeOf(this.expiresMs), this.#bytes.length, false)
  }

  get content(): string | Uint8Array {
    return this.isText ? this.text : this.bytes
  }

  isExpired(nowMs: number): boolean {
    return isExpired(this.expiresMs, nowMs)
  }
}

/** Expired is what was to be read at `expiresMs` for the last time, as Keyv counts. */
export function isExpired(expiresMs: number | undefined, nowMs: number): boolean {
  return expiresMs !== undefined && nowMs > expiresMs
}

/** Throws `InvalidArgumentError` for text that holds half of a surrogate pair. */
export function encodeEnvelope(value: Enveloped): Uint8Array {
  const { content, expiresMs } = value
  const sizeBound = typeof content === 'string' ? textSizeBound(content) : content.length
  return fillBytes(value, headSizeOf(expiresMs) + sizeBound, writeEnvelope)
}

/** Writes the envelope at `offset`; returns its length in bytes. */
function writeEnvelope(value: Enveloped, target: Uint8Array, offset: number): number {
  const { content, writtenMs, expiresMs } = value
  const headSize = headSizeOf(expiresMs)
  const isText = typeof content === 'string'
  target[offset] = formatNumber
  target[offset + 1] = (isText ? textFlag : 0) | (expiresMs === undefined ? 0 : expiresFlag)
  putTime(target, offset + writtenOffset, writtenMs)
  if (expiresMs !== undefined) putTime(target, offset + expiresOffset, expiresMs)
  if (isText) return headSize + writeUtf8(content, target, offset + headSize)
  copyRange(content, 0, content.length, target, offset + headSize)
  return headSize + content.length
}

/** `key` names the value in the error. Throws `UnsupportedFormatError` for bytes that are no such envelope. */
export function openEnvelope(bytes: Uint8Array, key: string): OpenedEnvelope {
  const problem = problemOf(bytes)
  if (problem !== undefined) {
    throw new UnsupportedFormatError(
      `the value of ${JSON.stringify(key.slice(0, 80))} was not written by this adapter: ${problem}; give each use of ` +
        'the store a prefix of its own, or upgrade Varve if a later release wrote the value',
    )
  }
  return new OpenedEnvelope(bytes)
}

/** When a value expires; `undefined` where it never does, and where the bytes are no envelope. */
export function expiresMsOf(bytes: Uint8Array): number | undefined {
  return problemOf(bytes) === undefined && hasExpiry(bytes) ? timeAt(bytes, expiresOffset) : undefined
}

function hasExpiry(bytes: Uint8Array): boolean {
  return ((bytes[1] as number) & expiresFlag) !== 0
}

function headSizeOf(expiresMs: number | undefined): number {
  return expiresMs === undefined ? headSizeBytes : headSizeBytesWithExpiry
}

function problemOf(bytes: Uint8Array): string | undefined {
  const format = bytes[0]
  const flags = bytes[1] ?? 0
  if (format !== formatNumber) return `it has the format ${format ?? 'of no bytes'}, not ${formatNumber}`
  if ((flags & ~knownFlags) !== 0) return `it has the flags ${flags}`
  const headSize = (flags & expiresFlag) === 0 ? headSizeBytes : headSizeBytesWithExpiry
  return bytes.length < headSize ? `it has ${bytes.length} bytes, the head alone ${headSize}` : undefined
}

function putTime(bytes: Uint8Array, offset: number, timeMs: number): void {
  invariant(
    Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= expiresMsMax,
    `time ${timeMs} fits in 48 bits`,
  )
  const high = Math.floor(timeMs / 2 ** 24)
  const low = timeMs - high * 2 ** 24
  for (let i = 0; i < 3; i++) {
    bytes[offset + i] = low >>> (8 * i)
    bytes[offset + 3 + i] = high >>> (8 * i)
  }
}

function timeAt(bytes: Uint8Array, offset: number): number {
  let timeMs = 0
  for (let i = 5; i >= 0; i--) timeMs = timeMs * 256 + (bytes[offset + i] as number)
  return timeMs
}
