import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from './compare-bytes.ts'
import { biasPrefix, keyPrefix, readPrefix } from './prefix.ts'

function prefixOf(key: Uint8Array, skip: number): { high: number; low: number } {
  readPrefix(key, 0, key.length, skip)
  return { ...keyPrefix }
}

test('reads eight bytes after the skipped ones, the first one highest', () => {
  const key = Uint8Array.of(9, 9, 0x81, 2, 3, 4, 5, 6, 7, 0xf8, 9)
  expect(prefixOf(key, 2)).toEqual({ high: 0x81020304 | 0, low: 0x050607f8 })
})

test('pads keys that end early with zero bytes, and reads nothing behind their end', () => {
  const memory = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  readPrefix(memory, 0, 5, 1)
  expect(keyPrefix).toEqual({ high: 0x02030405, low: 0 })
  readPrefix(memory, 2, 2, 0)
  expect(keyPrefix).toEqual({ high: 0, low: 0 })
})

test('prefixes never contradict the order of their keys', () => {
  const bytes = fc.uint8Array({ maxLength: 10 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const one = prefixOf(a, 0)
      const other = prefixOf(b, 0)
      const order =
        biasPrefix(one.high) - biasPrefix(other.high) || biasPrefix(one.low) - biasPrefix(other.low)
      if (order !== 0) expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(order))
    }),
  )
})
