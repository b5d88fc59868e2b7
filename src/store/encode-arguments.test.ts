import { describe, expect, test } from 'vitest'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import { jsonEncoding } from '../encoding/json-encoding.ts'
import { tupleEncoding } from '../encoding/tuple-encoding.ts'
import { utf8Encoding } from '../encoding/utf8-encoding.ts'
import { keyLengthMax, valueLengthMax } from '../entry/entry.ts'
import { InvalidArgumentError } from '../errors.ts'
import { encodeBounds, encodeKey, encodeValue, withArgumentName } from './encode-arguments.ts'

const refusal = (message: string): InvalidArgumentError => new InvalidArgumentError(message)
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

describe('encodeKey()', () => {
  test('gives the bytes of the key', () => {
    expect(encodeKey(utf8Encoding, 'a')).toEqual(bytesOf('a'))
    expect(encodeKey(utf8Encoding, '')).toEqual(new Uint8Array(0))
  })

  test('names the argument in what the encoding refuses', () => {
    expect(() => encodeKey(utf8Encoding, 7 as never)).toThrow(
      refusal('key: expected a string, got the number 7'),
    )
    expect(() => encodeKey(utf8Encoding, 7 as never, 'keys[3]')).toThrow(/^keys\[3\]: expected a string/)
  })

  test('refuses undefined and null, even where the encoding has them', () => {
    for (const key of [undefined, null]) {
      expect(() => encodeKey(jsonEncoding, key)).toThrow(
        `key: expected a value that JSON can represent, got ${key}`,
      )
    }
  })

  test('refuses keys that are too long by a byte', () => {
    expect(encodeKey(bytesEncoding, new Uint8Array(keyLengthMax))).toHaveLength(65_535)
    expect(() => encodeKey(bytesEncoding, new Uint8Array(keyLengthMax + 1))).toThrow(
      refusal('key: may have 65535 bytes, this one has 65536'),
    )
  })
})

describe('encodeValue()', () => {
  test('leaves null to the encoding', () => {
    expect(encodeValue(jsonEncoding, null)).toEqual(bytesOf('null'))
    expect(() => encodeValue(utf8Encoding, null as never)).toThrow(
      refusal('value: expected a string, got null'),
    )
    expect(() => encodeValue(jsonEncoding, undefined)).toThrow(/^value: expected .*, got undefined/)
  })

  test('refuses values that are too long by a byte', () => {
    const tooLong = { ...bytesEncoding, encode: () => ({ length: valueLengthMax + 1 }) as Uint8Array }
    expect(() => encodeValue(tooLong, new Uint8Array(0))).toThrow(
      refusal('value: may have 67108864 bytes, this one has 67108865'),
    )
  })
})

describe('encodeBounds()', () => {
  test('without bounds is every key', () => {
    expect(encodeBounds(utf8Encoding, undefined)).toEqual({})
    expect(encodeBounds(utf8Encoding, {})).toEqual({})
    expect(encodeBounds(utf8Encoding, { gt: undefined, prefix: undefined } as object)).toEqual({})
  })

  test('encodes what there is', () => {
    expect(encodeBounds(utf8Encoding, { gt: 'a', lte: 'b' })).toEqual({
      lower: { key: bytesOf('a'), inclusive: false },
      upper: { key: bytesOf('b'), inclusive: true },
    })
    expect(encodeBounds(tupleEncoding, { prefix: ['a'] })).toEqual({
      lower: { key: Uint8Array.of(0x40, 0x61, 0), inclusive: true },
      upper: { key: Uint8Array.of(0x40, 0x61, 1), inclusive: false },
    })
  })

  test('names the bound that is wrong', () => {
    expect(() => encodeBounds(utf8Encoding, { gte: 'a', lt: 3 as never })).toThrow(
      refusal('lt: expected a string, got the number 3'),
    )
    expect(() => encodeBounds(utf8Encoding, { prefix: null as never })).toThrow(
      /^prefix: expected a string, got null/,
    )
  })
})

test('withArgumentName() leaves errors of other kinds alone and keeps causes', () => {
  const other = new TypeError('bug')
  expect(withArgumentName(other, 'key')).toBe(other)
  const cause = new Error('inner')
  expect(withArgumentName(new InvalidArgumentError('wrong', { cause }), 'key')).toMatchObject({
    message: 'key: wrong',
    cause,
  })
})
