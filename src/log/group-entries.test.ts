import { describe, expect, test } from 'vitest'
import { type PlainEntry, plainEntry, plainOf } from '../../test/support/entries.ts'
import { LogFile, logStoreId } from '../../test/support/log-files.ts'
import type { EntryKind } from '../entry/entry.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { entriesOfGroup } from './group-entries.ts'
import { type LogRecord, RecordReader } from './record-reader.ts'

const written: readonly PlainEntry[] = [
  plainEntry('apple', 40, 'red'),
  { ...plainEntry('', 41, ''), flags: 2 },
  plainEntry('cherry', 42),
  plainEntry('k'.repeat(300), 43, 'v'.repeat(70_000)),
]

/** The record of the last group of a log, behind others. */
function groupOf(log: LogFile): { bytes: Uint8Array; record: LogRecord } {
  const bytes = log.bytes
  const record = [...new RecordReader(bytes, log.number, logStoreId).search(0)].at(-1) as LogRecord
  return { bytes, record }
}

function logWith(entries: readonly PlainEntry[], entryCount?: number): LogFile {
  const log = new LogFile(3).group()
  log.nextSequence = 40
  return log.entries(entries, entryCount)
}

function read(log: LogFile): PlainEntry[] {
  const { bytes, record } = groupOf(log)
  return [...entriesOfGroup(bytes, record, log.path)].map(plainOf)
}

describe('entriesOfGroup()', () => {
  test('gives every entry with the sequence number that its place in the group makes', () => {
    expect(read(logWith(written))).toEqual(written)
  })

  test('reads from the middle of a larger memory', () => {
    const { bytes, record } = groupOf(logWith(written))
    const larger = new Uint8Array(bytes.length + 24).subarray(16, 16 + bytes.length)
    larger.set(bytes)
    expect([...entriesOfGroup(larger, record, 'f')].map(plainOf)).toEqual(written)
  })

  test('gives views that are entries of their own', () => {
    const { bytes, record } = groupOf(logWith(written))
    const views = [...entriesOfGroup(bytes, record, 'f')]
    expect(views.map(plainOf)).toEqual(written)
  })

  test('refuses a group with fewer entries than it says, by the place of the record', () => {
    for (const entries of [written, written.slice(0, 3), []]) {
      const log = logWith(entries, entries.length + 1)
      const { record } = groupOf(log)
      const error = { path: log.path, offset: record.offset }
      expect(() => read(log)).toThrow(CorruptionError)
      expect(() => read(log)).toThrow(expect.objectContaining(error))
    }
  })

  test('refuses an entry that goes on behind its record, whichever of its lengths says so', () => {
    const log = logWith([plainEntry('apple', 40, 'red')])
    const { record } = groupOf(log)
    const size = record.offset + record.length - record.payloadStart
    for (const [at, value] of [
      [record.payloadStart + 8, size - 16 - 3 + 1],
      [record.payloadStart + 12, size - 16 - 5 + 1],
    ] as const) {
      const bytes = Uint8Array.from(log.bytes)
      bytes[at] = value
      expect(() => [...entriesOfGroup(bytes, record, 'f')]).toThrow(/fewer entries/)
    }
  })

  test('refuses an entry of a kind of a later release, by its number', () => {
    const log = logWith([{ ...plainEntry('a', 40, 'b'), kind: 7 as EntryKind }])
    expect(() => read(log)).toThrow(UnsupportedFormatError)
    expect(() => read(log)).toThrow(/kind 7/)
  })
})
