/**
 * Keys and values as JSON, both ways, so that what one side writes the other reads back to the same bytes.
 *
 * - A key is a string, or `{"base64": "…"}` where its bytes are no UTF-8.
 * - A value that is a string stands for its UTF-8. An object whose only member is `base64` with a string stands
 *   for those bytes. All other JSON stands for its own compact text.
 * - Written: bytes that are no UTF-8 as base64; compact JSON that is not one of the forms above as that JSON; all
 *   other text as a string.
 */
import { isUtf8 } from 'node:buffer'
import { compactJson, memberTexts } from './json-text.ts'

export interface EntryBytes {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Thrown for input that is no entry; the message fits behind "line 7: ". */
export class EntryFormatError extends Error {
  override readonly name: string = 'EntryFormatError'
}

/** Reads `{"key": …, "value": …}`. Throws `EntryFormatError`. */
export function readJsonEntry(line: string): EntryBytes {
  const parsed = parseJson(line)
  if (!isObject(parsed)) throw new EntryFormatError('not an object; a line is {"key": …, "value": …}')
  for (const name of ['key', 'value']) {
    if (!Object.hasOwn(parsed, name))
      throw new EntryFormatError(`no "${name}"; a line is {"key": …, "value": …}`)
  }
  const unknown = Object.keys(parsed).find((name) => name !== 'key' && name !== 'value')
  if (unknown !== undefined) {
    throw new EntryFormatError(`unknown member ${JSON.stringify(unknown)}; a line is {"key": …, "value": …}`)
  }
  return { key: readKey(parsed.key), value: readValue(parsed.value, line) }
}

function readKey(key: unknown): Uint8Array {
  if (typeof key === 'string') return utf8Of(key, 'the key')
  if (isBase64Object(key)) return bytesOfBase64(key.base64, 'the key')
  throw new EntryFormatError(
    `the key must be a string or {"base64": "…"}, not ${JSON.stringify(key).slice(0, 40)}`,
  )
}

function readValue(value: unknown, line: string): Uint8Array {
  if (typeof value === 'string') return utf8Of(value, 'the value')
  if (isBase64Object(value)) return bytesOfBase64(value.base64, 'the value')
  return Buffer.from(memberTexts(compactJson(line)).get('value') as string)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new EntryFormatError(`no JSON: ${(error as Error).message}`)
  }
}

function utf8Of(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text)
  // Half a surrogate pair has no UTF-8 and would silently become another character.
  if (/[\ud800-\udfff]/.test(text) && bytes.toString() !== text) {
    throw new EntryFormatError(
      `${what} holds half a surrogate pair, which is no text; use {"base64": "…"} for bytes`,
    )
  }
  return bytes
}

function bytesOfBase64(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') === text) return bytes
  const advice = what === 'the key' ? '' : '; to store this very object, write its JSON as a string'
  throw new EntryFormatError(`${what} is no padded base64${advice}`)
}

/** A key in JSON. */
export function jsonOfKey(key: Uint8Array): string {
  const bytes = asBuffer(key)
  return isUtf8(bytes) ? JSON.stringify(bytes.toString()) : `{"base64":"${bytes.toString('base64')}"}`
}

/** A value in JSON. `stringsOnly` writes all text as strings, even where it is JSON itself. */
export function jsonOfValue(value: Uint8Array, stringsOnly: boolean): string {
  const bytes = asBuffer(value)
  if (!isUtf8(bytes)) return `{"base64":"${bytes.toString('base64')}"}`
  const text = bytes.toString()
  return !stringsOnly && isPlainJson(text) ? text : JSON.stringify(text)
}

/** Whether `text` is compact JSON that stands for itself: no string, nothing that reads as base64. */
export function isPlainJson(text: string): boolean {
  if (!/^[[{\-0-9tfn]/.test(text)) return false
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return false
  }
  return !isBase64Object(parsed) && compactJson(text) === text
}

function isBase64Object(value: unknown): value is { base64: string } {
  if (!isObject(value) || typeof value.base64 !== 'string') return false
  return Object.keys(value).length === 1
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
