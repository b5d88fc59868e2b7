/** Entries on their way out, in each of the formats. */

import type { OutputFormat } from '../command.ts'
import type { Piece } from '../terminal/output.ts'
import type { Colors } from '../terminal/text-style.ts'
import { escapeInvisible, quoteBytes, wordOfBytes } from '../words.ts'
import { csvField, csvHeader, csvOfEntry } from './csv-entry.ts'
import { isPlainJson, jsonOfKey, jsonOfValue } from './json-entry.ts'

export type EntryParts = 'both' | 'keys' | 'values'

export interface EntryPrinter {
  /** What stands before the first entry. */
  readonly head: string
  print(key: Uint8Array, value: Uint8Array): readonly Piece[]
}

/** A value in a list is for finding, not for reading: `get` shows all of it. */
const listedValueBytesMax = 1_000

/** Values larger than this are not parsed for the look of their start. */
const parsedValueBytesMax = 1024 * 1024

const nothing = new Uint8Array(0)

/** `stringsOnly` matters to JSON alone; see `jsonOfValue`. */
export function createEntryPrinter(
  format: OutputFormat,
  parts: EntryParts,
  colors: Colors,
  stringsOnly: boolean,
): EntryPrinter {
  switch (format) {
    case 'json':
      return { head: '', print: (key, value) => [`${jsonOfEntry(key, value, parts, stringsOnly)}\n`] }
    case 'csv':
      return csvPrinter(parts)
    case 'hex':
      return separated(parts, (bytes) => hexOf(bytes))
    case 'raw':
      return separated(parts, (bytes) => bytes)
    case 'pretty':
      return prettyPrinter(parts, colors)
  }
}

/** An entry as the line of JSON that `import` reads; or only its key, or its value. */
export function jsonOfEntry(
  key: Uint8Array,
  value: Uint8Array,
  parts: EntryParts,
  stringsOnly: boolean,
): string {
  const members: string[] = []
  if (parts !== 'values') members.push(`"key":${jsonOfKey(key)}`)
  if (parts !== 'keys') members.push(`"value":${jsonOfValue(value, stringsOnly)}`)
  return `{${members.join(',')}}`
}

/** A value as `get` shows it to a person: JSON as it is, all else in quotes. */
export function prettyValue(value: Uint8Array, colors: Colors): string {
  const text = wordOfBytes(value)
  if (!isPlainJson(text)) return colors.green(quoteBytes(value))
  return colors.yellow(visibleJson(text))
}

function prettyKey(key: Uint8Array, colors: Colors): string {
  return colors.cyan(quoteBytes(key))
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

function csvPrinter(parts: EntryParts): EntryPrinter {
  if (parts === 'both') return { head: csvHeader, print: (key, value) => [csvOfEntry(key, value)] }
  const head = parts === 'keys' ? 'key\n' : 'value\n'
  return { head, print: (key, value) => [csvField(parts === 'keys' ? key : value), '\n'] }
}

/** Key, tab, value, newline. */
function separated(parts: EntryParts, show: (bytes: Uint8Array) => Piece): EntryPrinter {
  if (parts === 'keys') return { head: '', print: (key) => [show(key), '\n'] }
  if (parts === 'values') return { head: '', print: (_key, value) => [show(value), '\n'] }
  return { head: '', print: (key, value) => [show(key), '\t', show(value), '\n'] }
}

function prettyPrinter(parts: EntryParts, colors: Colors): EntryPrinter {
  if (parts === 'keys') return { head: '', print: (key) => [prettyKey(key, colors), '\n'] }
  const show = (value: Uint8Array): string => prettyListedValue(value, colors)
  if (parts === 'values') return { head: '', print: (_key, value) => [show(value), '\n'] }
  return { head: '', print: (key, value) => [prettyKey(key, colors), '  ', show(value), '\n'] }
}

function prettyListedValue(value: Uint8Array, colors: Colors): string {
  if (value.length <= listedValueBytesMax) return prettyValue(value, colors)
  const start = value.subarray(0, endOfCharacters(value, listedValueBytesMax))
  const rest = colors.dim(`… ${value.length - start.length} more bytes`)
  const isJson = value.length <= parsedValueBytesMax && isPlainJson(wordOfBytes(value))
  return (isJson ? colors.yellow(visibleJson(wordOfBytes(start))) : colors.green(quoteBytes(start))) + rest
}

/** At most `end`, moved back so that no character of UTF-8 is cut. */
function endOfCharacters(bytes: Uint8Array, end: number): number {
  for (let place = end; place > end - 4; place--) if (((bytes[place] ?? 0) & 0xc0) !== 0x80) return place
  return end
}

/** JSON with what would not show escaped; such characters stand in strings only. */
function visibleJson(text: string): string {
  return escapeInvisible(text, escapedInJson)
}

function escapedInJson(char: string): string {
  return Array.from({ length: char.length }, (_, index) => {
    return `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}

export const noBytes: Uint8Array = nothing
