import { expect, it } from 'vitest'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { jsonEncoding } from '../encoding/json-encoding.ts'
import { utf8Encoding } from '../encoding/utf8-encoding.ts'
import { EntryKind } from '../entry/entry.ts'
import { encodedEntrySize } from '../entry/entry-layout.ts'
import { InvalidArgumentError } from '../errors.ts'
import { createOwnArena } from '../kernel/memory-pool.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { EntryEncoder } from './entry-encoder.ts'

const table = MemTable.create(createOwnArena(4 * 1024 * 1024), 1)
const large = 100_000

/** Tells the lengths that it takes in the table, which must be those that were foretold. */
function lengthsOf<K, V>(encoder: EntryEncoder<K, V>, key: K, value: V): [key: number, value: number] {
  encoder.preparePut(key, value)
  const lengths: [number, number] = [encoder.keyLengthOf(key), encoder.valueLengthOf(value)]
  const before = table.appendOffset
  encoder.append(table, 1, EntryKind.put, key, value, 0)
  expect(table.appendOffset - before).toBe(encodedEntrySize(...lengths))
  return lengths
}

it('foretells the length of keys and values, whatever makes bytes of them', () => {
  const bytes = new EntryEncoder(bytesEncoding, bytesEncoding)
  expect(lengthsOf(bytes, new Uint8Array(5), new Uint8Array(0))).toEqual([5, 0])
  expect(lengthsOf(bytes, new Uint8Array(20_000), new Uint8Array(large))).toEqual([20_000, large])
  const text = new EntryEncoder(utf8Encoding, utf8Encoding)
  expect(lengthsOf(text, 'ä', 'x'.repeat(100))).toEqual([2, 100])
  expect(lengthsOf(text, 'ä'.repeat(10_000), '€'.repeat(large))).toEqual([20_000, 3 * large])
  const json = new EntryEncoder<string, object>(utf8Encoding, jsonEncoding as Encoding<object>)
  expect(lengthsOf(json, 'k', { a: 'ü' })).toEqual([1, 10])
})

it('refuses what it cannot take before anything is measured', () => {
  const bytes = new EntryEncoder<unknown, unknown>(
    bytesEncoding as Encoding<unknown>,
    bytesEncoding as Encoding<unknown>,
  )
  expect(() => bytes.preparePut('text', new Uint8Array(1))).toThrow(InvalidArgumentError)
  expect(() => bytes.preparePut(new Uint8Array(1), 'text')).toThrow(InvalidArgumentError)
  expect(() => bytes.preparePut(new Uint8Array(70_000), new Uint8Array(1))).toThrow(/70000/)
})
