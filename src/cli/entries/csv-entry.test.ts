import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvHeader, csvOfEntry, plainColumns, readCsvEntry, readCsvHeader } from './csv-entry.ts'
import { createEntryReader, type ReadEntry } from './entry-reader.ts'
import { LineSplitter } from './input-lines.ts'

/** Everything that a file of CSV gives, fed in chunks of `chunkLength`. */
function readCsv(file: Buffer, chunkLength: number, hasHeader: boolean = true): ReadEntry[] {
  const splitter = new LineSplitter()
  const reader = createEntryReader('csv', hasHeader)
  const lines = []
  for (let start = 0; start < file.length; start += chunkLength) {
    lines.push(...splitter.push(file.subarray(start, start + chunkLength)))
  }
  lines.push(...splitter.end())
  return [...lines.map((line) => reader.push(line)), reader.end()].filter((entry) => entry !== undefined)
}

const textsOf = (entries: readonly ReadEntry[]): unknown[] =>
  entries.map((entry) =>
    'problem' in entry
      ? `${entry.lineNumber}: ${entry.problem}`
      : [entry.lineNumber, Buffer.from(entry.key).toString(), Buffer.from(entry.value).toString()],
  )

describe('reading CSV', () => {
  test('knows quotes, doubled quotes, commas and line ends in fields, with the line where a record starts', () => {
    const file = Buffer.from('key,value\r\na,1\r\n"b,","x\n""y"""\n\nc,\n')
    for (const chunkLength of [1, 2, 3, 100]) {
      expect(textsOf(readCsv(file, chunkLength))).toEqual([
        [2, 'a', '1'],
        [3, 'b,', 'x\n"y"'],
        [6, 'c', ''],
      ])
    }
  })

  test('takes the columns in any order, and files without a header', () => {
    expect(textsOf(readCsv(Buffer.from('\ufeffValue,Key\n1,a'), 5))).toEqual([[2, 'a', '1']])
    expect(textsOf(readCsv(Buffer.from('a,1'), 5, false))).toEqual([[1, 'a', '1']])
    expect(() => readCsvHeader('key,value,more')).toThrow('--no-header')
  })

  test('says what is wrong, and where', () => {
    expect(textsOf(readCsv(Buffer.from('name,value\na,1'), 100))).toEqual([
      '1: the header must be key,value; for a file without one use --no-header',
      '2: the header must be key,value; for a file without one use --no-header',
    ])
    expect(
      textsOf(readCsv(Buffer.from('key,value\na\na,b,c\na,"b"c\na"b,c\na,base64:?\na,"open\n'), 7)),
    ).toEqual([
      '2: 1 fields where there should be 2',
      '3: 3 fields where there should be 2',
      '4: a comma is missing after field 2',
      '5: a quote stands inside a field without quotes',
    ])
    expect(() => readCsvEntry('a"b,c', plainColumns)).toThrow('a quote stands inside a field without quotes')
    expect(() => readCsvEntry('a,base64:?', plainColumns)).toThrow('no padded base64')
    expect(textsOf(readCsv(Buffer.of(0x6b, 0xff, 0x2c, 0x0a), 9, false))).toEqual([
      '1: no UTF-8 text; a compressed file comes in by zcat FILE | varve import',
    ])
  })
})

const content = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom('"', ',', '\n', '\r', ' ', 'a', 'base64:', '\ufeff', 'é'))
    .map((all) => Buffer.from(all.join(''))),
)

test('any entries come back from their CSV, however it is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(content, content)),
      fc.integer({ min: 1, max: 20 }),
      (entries, chunkLength) => {
        const file = Buffer.from(csvHeader + entries.map(([key, value]) => csvOfEntry(key, value)).join(''))
        const read = readCsv(file, chunkLength)
        expect(
          read.map((entry) =>
            'problem' in entry ? entry.problem : [Buffer.from(entry.key), Buffer.from(entry.value)],
          ),
        ).toEqual(entries)
      },
    ),
  )
})
