/**
 * Entries as CSV (RFC 4180, lines ending in LF): a header `key,value`, then a record an entry. Text that is no
 * UTF-8 does not exist in CSV, so such bytes are written as `base64:` and their base64. Text that starts with
 * `base64:` itself is written that way too, which leaves no doubt when reading.
 */
import { isUtf8 } from 'node:buffer'
import { type EntryBytes, EntryFormatError } from './json-entry.ts'

const base64Mark = 'base64:'

/** Where a record keeps its key and its value. */
export interface CsvColumns {
  readonly count: number
  readonly key: number
  readonly value: number
}

export const plainColumns: CsvColumns = { count: 2, key: 0, value: 1 }

/** Reads a header. Throws `EntryFormatError` unless it names `key`, `value` and nothing else. */
export function readCsvHeader(record: string): CsvColumns {
  const names = readFields(record).map((name) => name.trim().toLowerCase())
  const columns = { count: names.length, key: names.indexOf('key'), value: names.indexOf('value') }
  if (names.length === 2 && columns.key !== -1 && columns.value !== -1) return columns
  throw new EntryFormatError('the header must be key,value; for a file without one use --no-header')
}

/** Reads a record. Throws `EntryFormatError`. */
export function readCsvEntry(record: string, columns: CsvColumns): EntryBytes {
  const fields = readFields(record)
  if (fields.length !== columns.count) {
    throw new EntryFormatError(`${fields.length} fields where there should be ${columns.count}`)
  }
  return { key: readBytes(fields[columns.key] as string), value: readBytes(fields[columns.value] as string) }
}

/** Whether the last quoted field of `record` goes on in the next line. */
export function isOpenRecord(record: string): boolean {
  let isInside = false
  for (let place = record.indexOf('"'); place !== -1; place = record.indexOf('"', place + 1))
    isInside = !isInside
  return isInside
}

export const csvHeader = 'key,value\n'

export function csvOfEntry(key: Uint8Array, value: Uint8Array): string {
  return `${csvField(key)},${csvField(value)}\n`
}

/** One field, quoted where it must be. */
export function csvField(content: Uint8Array): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  const text = isUtf8(bytes) ? bytes.toString() : undefined
  if (text === undefined || text.startsWith(base64Mark)) return base64Mark + bytes.toString('base64')
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function readBytes(field: string): Uint8Array {
  if (!field.startsWith(base64Mark)) return Buffer.from(field)
  const text = field.slice(base64Mark.length)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') === text) return bytes
  throw new EntryFormatError(`a field starts with ${base64Mark} but is no padded base64`)
}

function readFields(record: string): string[] {
  const fields: string[] = []
  let place = 0
  for (;;) {
    const isQuoted = record[place] === '"'
    const end = isQuoted ? endOfQuoted(record, place) : endOfPlain(record, place)
    fields.push(isQuoted ? record.slice(place + 1, end - 1).replaceAll('""', '"') : record.slice(place, end))
    if (end === record.length) return fields
    if (record[end] !== ',') throw new EntryFormatError(`a comma is missing after field ${fields.length}`)
    place = end + 1
  }
}

/** Just past the closing quote of the field at `start`. */
function endOfQuoted(record: string, start: number): number {
  let end = start + 1
  for (;;) {
    const found = record.indexOf('"', end)
    if (found === -1) throw new EntryFormatError('a quote is not closed')
    if (record[found + 1] !== '"') return found + 1
    end = found + 2
  }
}

function endOfPlain(record: string, start: number): number {
  const comma = record.indexOf(',', start)
  const end = comma === -1 ? record.length : comma
  const stray = record.indexOf('"', start)
  if (stray !== -1 && stray < end) throw new EntryFormatError('a quote stands inside a field without quotes')
  return end
}
