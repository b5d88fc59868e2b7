import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../errors.ts'
import { jsonEncoding } from './json-encoding.ts'

const decode = (bytes: Uint8Array): unknown => jsonEncoding.decode(bytes, 0, bytes.length, false)

describe('json encoding', () => {
  test('gives back what JSON gives back', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(decode(jsonEncoding.encode(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    expect(decode(jsonEncoding.encode('\ud800'))).toBe('\ud800')
    expect(decode(jsonEncoding.encode('é'.repeat(10_000)))).toBe('é'.repeat(10_000))
  })

  test('writes the text of JSON.stringify', () => {
    expect(Buffer.from(jsonEncoding.encode({ b: 1, a: [null, 'é'] })).toString()).toBe(
      '{"b":1,"a":[null,"é"]}',
    )
  })

  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /expected a value that JSON can represent, got undefined/],
    ['functions', () => 1, /got a function/],
    ['symbols', Symbol('s'), /got a symbol/],
    ['bigints', { a: [1n] }, /got an object: .*BigInt/],
    ['what turns into nothing', { toJSON: () => undefined }, /got an object$/],
  ])('refuses %s', (_, value, message) => {
    expect(() => jsonEncoding.encode(value)).toThrow(InvalidArgumentError)
    expect(() => jsonEncoding.encode(value)).toThrow(message)
  })

  test('refuses rings and keeps the cause', () => {
    const ring: unknown[] = []
    ring.push(ring)
    expect(() => jsonEncoding.encode(ring)).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', cause: expect.any(TypeError) }),
    )
  })

  test('says so when the bytes are not JSON', () => {
    const bytes = Buffer.from('not json')
    expect(() => jsonEncoding.decode(bytes, 0, 3, false)).toThrow(InvalidArgumentError)
    expect(() => jsonEncoding.decode(bytes, 0, 3, false)).toThrow(
      /the 3 bytes stored here are not JSON \("not"\)/,
    )
    expect(() => decode(new Uint8Array(0))).toThrow(/are not JSON/)
  })

  test('keeps nothing of what it was given', () => {
    const value = { list: [1] }
    const bytes = jsonEncoding.encode(value)
    value.list.push(2)
    expect(decode(bytes)).toEqual({ list: [1] })
  })
})
