import { describe, expect, test } from 'vitest'
import {
  decodeLink,
  encodeLink,
  encodeRecord,
  linkPayloadSizeBytes,
  RecordType,
  recordHeaderSizeBytes,
  recordLength,
  sealRecord,
  sealRecordInSlices,
} from './record-format.ts'

const storeId = { high: 0x0102_0304, low: 0x0506_0708 }
const header = {
  type: RecordType.group,
  fileNumber: 2 ** 40 + 5,
  firstSequence: 2 ** 47 + 3,
  entryCount: 9,
  synced: { fileNumber: 2 ** 33, offset: 2 ** 34 + 1 },
}

describe('a record', () => {
  test('is a multiple of 8 long', () => {
    expect([0, 1, 8, 9].map(recordLength)).toEqual([56, 64, 64, 72])
  })

  test('sealed in place is the same as one made of its own', () => {
    const payload = Uint8Array.from({ length: 41 }, (_, i) => i)
    const whole = encodeRecord(header, payload, storeId)
    const start = 16
    const bytes = new Uint8Array(start + whole.length + 8).fill(0xaa)
    bytes.fill(0, start, start + whole.length)
    bytes.set(payload, start + recordHeaderSizeBytes)
    sealRecord(bytes, start, whole.length, header, storeId)
    expect(bytes.subarray(start, start + whole.length)).toEqual(whole)
    expect(bytes[start - 1]).toBe(0xaa)
    expect(bytes[start + whole.length]).toBe(0xaa)
  })

  test('sealed in slices of any size has the same checksum', () => {
    for (const payloadLength of [0, 8, 24, 32, 200, 1000]) {
      const payload = Uint8Array.from({ length: payloadLength }, (_, i) => i * 7)
      const whole = encodeRecord(header, payload, storeId)
      for (const slice of [1, 32, 100, 5000]) {
        const bytes = new Uint8Array(whole.length)
        bytes.set(payload, recordHeaderSizeBytes)
        let pauses = 0
        for (const _ of sealRecordInSlices(bytes, 0, bytes.length, header, storeId, slice)) pauses++
        expect(bytes).toEqual(whole)
        if (payloadLength === 1000)
          expect(pauses).toBe(slice === 1 || slice === 32 ? 31 : slice === 100 ? 7 : 0)
      }
    }
  })

  test('has a checksum that depends on the store', () => {
    const one = encodeRecord(header, new Uint8Array(8), storeId)
    const other = encodeRecord(header, new Uint8Array(8), { ...storeId, low: 1 })
    expect(one.subarray(0, 8)).not.toEqual(other.subarray(0, 8))
    expect(one.subarray(8)).toEqual(other.subarray(8))
  })

  test('that links two logs says what the earlier one came to', () => {
    const link = { previousNumber: 2 ** 45 + 1, previousLength: 2 ** 39 + 8, lastSequence: 2 ** 48 - 1 }
    const bytes = new Uint8Array(linkPayloadSizeBytes + 8)
    encodeLink(link, bytes, 8)
    expect(decodeLink(bytes, 8)).toEqual(link)
  })
})
