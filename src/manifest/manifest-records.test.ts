import { describe, expect, test } from 'vitest'
import { LogFile, logStoreId } from '../../test/support/log-files.ts'
import { CorruptionError } from '../errors.ts'
import { RecordType } from '../log/record-format.ts'
import { type LogRecord, RecordReader } from '../log/record-reader.ts'
import { decodeEditRecord } from './manifest-records.ts'
import { encodeVersionEdit } from './version-edit.ts'

const edit = { added: [], removed: [], nextFileNumber: 12 }

/** A payload that says how long its edit is. */
function payloadOf(encoded: Uint8Array, length = encoded.length): Uint8Array {
  const payload = new Uint8Array(4 + encoded.length)
  new DataView(payload.buffer).setUint32(0, length, true)
  payload.set(encoded, 4)
  return payload
}

function recordOf(type: RecordType, payload: Uint8Array): { bytes: Uint8Array; record: LogRecord } {
  const file = new LogFile(3).record(type, 0, undefined, payload)
  return { bytes: file.bytes, record: new RecordReader(file.bytes, 3, logStoreId).next() as LogRecord }
}

describe('decodeEditRecord()', () => {
  test('reads the edit of a record, padded or not, and the empty one', () => {
    const { bytes, record } = recordOf(RecordType.edit, payloadOf(encodeVersionEdit(edit)))
    expect(decodeEditRecord(bytes, record, 'm')).toMatchObject(edit)
    const empty = recordOf(RecordType.edit, new Uint8Array(4))
    expect(decodeEditRecord(empty.bytes, empty.record, 'm')).toEqual({ added: [], removed: [] })
  })

  test('refuses a record of another type, though its payload could be an edit', () => {
    const { bytes, record } = recordOf(RecordType.group, payloadOf(encodeVersionEdit(edit)))
    expect(() => decodeEditRecord(bytes, record, 'm')).toThrow(CorruptionError)
    expect(() => decodeEditRecord(bytes, record, 'm')).toThrow(/type 1 is no edit/)
  })

  test('refuses a record without room for a length, or for the edit of that length', () => {
    const encoded = encodeVersionEdit(edit)
    const room = Math.ceil((4 + encoded.length) / 8) * 8 - 4
    for (const payload of [
      new Uint8Array(0),
      payloadOf(encoded, room + 1),
      payloadOf(encoded, 2 ** 32 - 1),
    ]) {
      const { bytes, record } = recordOf(RecordType.edit, payload)
      const error = { path: 'm', offset: record.offset, message: expect.stringContaining('is no edit') }
      expect(() => decodeEditRecord(bytes, record, 'm')).toThrow(expect.objectContaining(error))
    }
  })
})
