import { describe, expect, test } from 'vitest'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import { utf8Encoding } from '../encoding/utf8-encoding.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { entryDecoder } from './entry-decoder.ts'

/** An entry whose value lies `gap` bytes behind its key. */
function entryOf(memory: Uint8Array, start: number, keyLength: number, gap: number, valueLength: number) {
  const valueStart = start + keyLength + gap
  for (let i = 0; i < keyLength; i++) memory[start + i] = 65 + (i % 26)
  for (let i = 0; i < valueLength; i++) memory[valueStart + i] = 97 + (i % 26)
  const entry: EntryView = {
    ...createEntryView(),
    keyBytes: memory,
    keyStart: start,
    keyLength,
    valueBytes: memory,
    valueStart,
    valueLength,
  }
  return {
    entry,
    key: memory.slice(start, start + keyLength),
    value: memory.slice(valueStart, valueStart + valueLength),
  }
}

const memories = [new ArrayBuffer(80_000), new SharedArrayBuffer(80_000)]

describe.each([
  ['neighbours', 0],
  ['apart', 5],
])('key and value that are %s', (_, gap) => {
  test.each(memories)('become arrays that share nothing with where they lay (%#)', (buffer) => {
    const decode = entryDecoder(bytesEncoding, bytesEncoding)
    const memory = new Uint8Array(buffer)
    for (const [start, keyLength, valueLength] of [
      [0, 1, 0],
      [3, 16, 100],
      [7, 24, 25],
      [8, 300, 8000],
      [11, 8000, 9000],
      [1, 16, 60_000],
    ] as const) {
      const { entry, key, value } = entryOf(memory, start, keyLength, gap, valueLength)
      const pair = decode(entry)
      memory.fill(0)
      for (const bytes of pair) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
      expect(pair).toEqual([Uint8Array.from(key), Uint8Array.from(value)])
      expect(pair.every((bytes) => bytes.buffer instanceof ArrayBuffer)).toBe(true)
    }
  })
})

test('pairs do not overlap each other or other arrays of the same slab', () => {
  const decode = entryDecoder(bytesEncoding, bytesEncoding)
  const pairs = Array.from({ length: 3_000 }, (_, i) => {
    const { entry, key, value } = entryOf(new Uint8Array(200), i % 8, 1 + (i % 30), 0, i % 90)
    return { pair: decode(entry), key, value }
  })
  for (const { pair, key, value } of pairs) expect(pair).toEqual([key, value])
})

test('other encodings decode each for itself', () => {
  const { entry } = entryOf(new Uint8Array(50), 4, 3, 0, 2)
  expect(entryDecoder(utf8Encoding, utf8Encoding)(entry)).toEqual(['ABC', 'ab'])
  expect(entryDecoder(utf8Encoding, bytesEncoding)(entry)).toEqual(['ABC', Uint8Array.of(97, 98)])
})
