/** Lines of an import into entries, by format. Knows the line of everything, for the errors. */
import { type CsvColumns, isOpenRecord, plainColumns, readCsvEntry, readCsvHeader } from './csv-entry.ts'
import { type InputLine, LineTooLongError, lineBytesMax } from './input-lines.ts'
import { type EntryBytes, EntryFormatError, readJsonEntry } from './json-entry.ts'

export type EntryFormat = 'ndjson' | 'csv'
export const entryFormats: readonly EntryFormat[] = ['ndjson', 'csv']

/** An entry, or why a line is none. */
export type ReadEntry =
  | (EntryBytes & { readonly lineNumber: number })
  | { readonly lineNumber: number; readonly problem: string }

export interface EntryReader {
  /** What `line` completes: nothing for an empty line, a header, or a record that goes on. */
  push(line: InputLine): ReadEntry | undefined
  /** A record that never ended. */
  end(): ReadEntry | undefined
}

export function createEntryReader(format: EntryFormat, hasHeader: boolean): EntryReader {
  return format === 'csv' ? new CsvEntryReader(hasHeader) : new JsonEntryReader()
}

/** On the first line the reason is often that the whole file is something else. */
function noText(lineNumber: number): string {
  return lineNumber === 1
    ? 'no UTF-8 text; a compressed file comes in by zcat FILE | varve import'
    : 'no UTF-8 text'
}

function noJson(lineNumber: number, problem: string): string {
  return lineNumber === 1 && problem.startsWith('no JSON')
    ? `${problem}; is it CSV? Then say --format csv`
    : problem
}

class JsonEntryReader implements EntryReader {
  push({ number, text }: InputLine): ReadEntry | undefined {
    if (text === undefined) return { lineNumber: number, problem: noText(number) }
    if (text.trim() === '') return undefined
    const entry = readAt(number, () => readJsonEntry(text))
    return 'problem' in entry ? { lineNumber: number, problem: noJson(number, entry.problem) } : entry
  }

  end(): undefined {
    return undefined
  }
}

class CsvEntryReader implements EntryReader {
  #columns: CsvColumns | undefined
  #record = ''
  #startLine = 0
  #isOpen = false

  constructor(hasHeader: boolean) {
    this.#columns = hasHeader ? undefined : plainColumns
  }

  push({ number, text }: InputLine): ReadEntry | undefined {
    if (text === undefined) {
      this.#isOpen = false
      return { lineNumber: number, problem: noText(number) }
    }
    if (!this.#isOpen && text.trim() === '') return undefined
    this.#startLine = this.#isOpen ? this.#startLine : number
    this.#record = this.#isOpen ? `${this.#record}\n${text}` : text
    // Each line turns the state over once more when it holds an odd number of quotes.
    this.#isOpen = isOpenRecord(text) !== this.#isOpen
    if (this.#isOpen && this.#record.length > lineBytesMax) throw new LineTooLongError(this.#startLine)
    return this.#isOpen ? undefined : this.#readRecord(this.#record.replace(/\r$/, ''))
  }

  end(): ReadEntry | undefined {
    return this.#isOpen ? { lineNumber: this.#startLine, problem: 'a quote is not closed' } : undefined
  }

  #readRecord(record: string): ReadEntry | undefined {
    const columns = this.#columns
    if (columns !== undefined) return readAt(this.#startLine, () => readCsvEntry(record, columns))
    try {
      this.#columns = readCsvHeader(record)
      return undefined
    } catch (error) {
      return { lineNumber: this.#startLine, problem: problemOf(error) }
    }
  }
}

function readAt(lineNumber: number, read: () => EntryBytes): ReadEntry {
  try {
    return { lineNumber, ...read() }
  } catch (error) {
    return { lineNumber, problem: problemOf(error) }
  }
}

function problemOf(error: unknown): string {
  if (error instanceof EntryFormatError) return error.message
  throw error
}
