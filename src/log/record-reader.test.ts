import { describe, expect, test } from 'vitest'
import { LogFile, logStoreId } from '../../test/support/log-files.ts'
import { fileHeaderSizeBytes } from './file-header.ts'
import { recordHeaderSizeBytes } from './record-format.ts'
import { furthestSyncedPosition, type LogRecord, laterPosition, RecordReader } from './record-reader.ts'

function readAll(bytes: Uint8Array, number = 3): { records: LogRecord[]; reader: RecordReader } {
  const reader = new RecordReader(bytes, number, logStoreId)
  const records: LogRecord[] = []
  for (let record = reader.next(); record !== undefined; record = reader.next()) records.push(record)
  return { records, reader }
}

describe('RecordReader.next()', () => {
  test('gives every record with where it lies', () => {
    const log = new LogFile(3).group(2).mark({ fileNumber: 3, offset: 48 }).group()
    const { records, reader } = readAll(log.bytes)
    expect(records.map(({ firstSequence, entryCount }) => [firstSequence, entryCount])).toEqual([
      [1, 2],
      [3, 0],
      [3, 1],
    ])
    expect(records[0]).toMatchObject({ offset: 40, payloadStart: 40 + recordHeaderSizeBytes })
    expect(records[1]).toMatchObject({ synced: { fileNumber: 3, offset: 48 }, length: recordHeaderSizeBytes })
    expect(reader.position).toBe(log.length)
    expect(reader.problem).toBeUndefined()
  })

  test('stops at the first record of which any byte is wrong, and stays there', () => {
    const log = new LogFile(3).group()
    const end = log.length
    log.group().group()
    const second = { start: end, end: end + (log.length - end) / 2 }
    for (let offset = second.start; offset < second.end; offset++) {
      const { records, reader } = readAll(log.flipped(offset).bytes)
      expect(records).toHaveLength(1)
      expect(reader.position).toBe(end)
      expect(reader.problem).toBeDefined()
      expect(reader.next()).toBeUndefined()
    }
  })

  test('says why it stopped', () => {
    const log = new LogFile(3).group()
    const problemOf = (bytes: Uint8Array): string | undefined => readAll(bytes).reader.problem
    expect(problemOf(log.bytes.slice(0, 50))).toMatch(/inside the header/)
    expect(problemOf(log.bytes.slice(0, log.length - 8))).toMatch(/inside a record/)
    expect(problemOf(log.zeroed(40).bytes)).toMatch(/no record/)
    expect(problemOf(log.flipped(log.length - 1).bytes)).toMatch(/checksum/)
    const otherFile = new LogFile(3)
    otherFile.raw(new LogFile(4).group().bytes.subarray(fileHeaderSizeBytes))
    expect(problemOf(otherFile.bytes)).toMatch(/another file/)
    for (const length of [0, 55, 60, 2 ** 31]) {
      const bytes = Uint8Array.from(log.bytes)
      new DataView(bytes.buffer).setUint32(40 + 12, length, true)
      expect(problemOf(bytes)).toMatch(/impossible length/)
    }
  })

  test('takes no record of another store', () => {
    const log = new LogFile(3, { high: 9, low: 9 }).group()
    expect(readAll(log.bytes).records).toEqual([])
  })
})

describe('RecordReader.search()', () => {
  test('finds what is intact behind any damage', () => {
    const log = new LogFile(3).group().group().group()
    for (let offset = 40; offset < log.length; offset++) {
      const reader = new RecordReader(log.flipped(offset).bytes, 3, logStoreId)
      expect([...reader.search(0)]).toHaveLength(2)
    }
  })

  test('begins at the next multiple of 8, behind the header', () => {
    const log = new LogFile(3).group().group()
    const reader = new RecordReader(log.bytes, 3, logStoreId)
    expect([...reader.search(0)].map(({ firstSequence }) => firstSequence)).toEqual([1, 2])
    expect([...reader.search(41)].map(({ firstSequence }) => firstSequence)).toEqual([2])
    expect([...reader.search(log.length)]).toEqual([])
  })
})

test('the furthest synced position is that of the latest file, and in it of the largest offset', () => {
  const at = (fileNumber: number, offset: number): { fileNumber: number; offset: number } => ({
    fileNumber,
    offset,
  })
  expect(laterPosition(at(3, 900), at(4, 40))).toEqual(at(4, 40))
  expect(laterPosition(at(4, 41), at(4, 40))).toEqual(at(4, 41))
  const log = new LogFile(3).mark(at(3, 80)).mark(at(4, 40)).mark(at(3, 99))
  const { records } = readAll(log.bytes)
  expect(furthestSyncedPosition(records, at(0, 0))).toEqual(at(4, 40))
  expect(furthestSyncedPosition(records, at(9, 0))).toEqual(at(9, 0))
})
