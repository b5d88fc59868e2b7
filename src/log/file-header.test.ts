import { describe, expect, test } from 'vitest'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { decodeFileHeader, encodeFileHeader, fileHeaderSizeBytes, headerProblem } from './file-header.ts'

const storeId = { high: 0xfedc_ba98, low: 0x7654_3210 }

describe('the header of a log or manifest', () => {
  test('comes back as it was, whatever the number', () => {
    for (const number of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      for (const kind of ['log', 'manifest'] as const) {
        const bytes = encodeFileHeader({ kind, number, storeId })
        expect(bytes).toHaveLength(fileHeaderSizeBytes)
        expect(decodeFileHeader(bytes, kind, 'f')).toEqual({ kind, number, storeId })
      }
    }
  })

  test('is refused when any byte is another, or missing, or it is of the other kind', () => {
    const bytes = encodeFileHeader({ kind: 'log', number: 7, storeId })
    for (let offset = 0; offset < bytes.length; offset++) {
      const flipped = Uint8Array.from(bytes)
      flipped[offset] = (flipped[offset] as number) ^ 1
      expect(() => decodeFileHeader(flipped, 'log', 'f')).toThrow(CorruptionError)
      expect(headerProblem(bytes.subarray(0, offset), 'log')).toMatch(/ends inside/)
    }
    expect(headerProblem(bytes, 'manifest')).toMatch(/no manifest/)
    expect(headerProblem(bytes, 'log')).toBeUndefined()
  })

  test('of a newer format is refused by its number, not called damage', () => {
    const bytes = encodeFileHeader({ kind: 'log', number: 7, storeId })
    bytes[8] = 9
    xxh64(bytes, 0, 32, 0, 0)
    new DataView(bytes.buffer).setUint32(32, hashResult.low, true)
    new DataView(bytes.buffer).setUint32(36, hashResult.high, true)
    expect(() => decodeFileHeader(bytes, 'log', 'f')).toThrow(UnsupportedFormatError)
    expect(() => decodeFileHeader(bytes, 'log', 'f')).toThrow(/format 9/)
  })
})
