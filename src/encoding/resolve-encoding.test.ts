import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../errors.ts'
import { bytesEncoding } from './bytes-encoding.ts'
import type { CustomEncoding, Encoding, EncodingName } from './encoding.ts'
import { jsonEncoding } from './json-encoding.ts'
import { resolveEncoding } from './resolve-encoding.ts'
import { tupleEncoding } from './tuple-encoding.ts'
import { utf8Encoding } from './utf8-encoding.ts'

const resolve = (choice: unknown): Encoding<unknown> => resolveEncoding('keyEncoding', choice as EncodingName)

describe('resolveEncoding()', () => {
  test('knows four names', () => {
    expect(resolve('utf8')).toBe(utf8Encoding)
    expect(resolve('bytes')).toBe(bytesEncoding)
    expect(resolve('json')).toBe(jsonEncoding)
    expect(resolve('tuple')).toBe(tupleEncoding)
  })

  test('takes a whole encoding as it is', () => {
    const own: Encoding<unknown> = { ...jsonEncoding, name: 'own' }
    expect(resolve(own)).toBe(own)
  })

  test.each<[unknown, RegExp]>([
    [
      'utf-8',
      /^keyEncoding must be one of 'utf8', 'bytes', 'json', 'tuple', or an object .* \(did you mean 'utf8'\?\)$/,
    ],
    ['buffer', /got the string "buffer" \(did you mean 'bytes'\?\)/],
    ['View', /did you mean 'bytes'/],
    ['jsno', /did you mean 'json'/],
    ['constructor', /got the string "constructor"$/],
    ['protobuf', /got the string "protobuf"$/],
    [undefined, /got undefined/],
    [null, /got null/],
    [7, /got the number 7/],
    [{}, /got an object/],
    [{ encode: () => new Uint8Array(0) }, /got an object/],
    [JSON.stringify, /got a function/],
    [{ ...utf8Encoding, encodeInto: undefined }, /keyEncoding: sizeBound and encodeInto only work together/],
  ])('refuses %j by the name of the option', (choice, message) => {
    expect(() => resolve(choice)).toThrow(InvalidArgumentError)
    expect(() => resolve(choice)).toThrow(message)
  })
})

describe('an encoding made of two functions', () => {
  const decodeAll = (encoding: Encoding<unknown>, bytes: Uint8Array): unknown =>
    encoding.decode(bytes, 0, bytes.length, false)

  test('may keep state and reuse one buffer', () => {
    class Counting implements CustomEncoding<number> {
      readonly scratch = new Uint8Array(1)
      encode(value: number): Uint8Array {
        this.scratch[0] = value
        return this.scratch
      }
      decode(bytes: Uint8Array): number {
        return (bytes[0] as number) + this.scratch.length - 1
      }
    }
    const encoding = resolve(new Counting())
    const [one, two] = [encoding.encode(1), encoding.encode(2)]
    expect([decodeAll(encoding, one), decodeAll(encoding, two)]).toEqual([1, 2])
  })

  test('gets bytes that are its own', () => {
    const identity = resolve({ encode: (bytes: Uint8Array) => bytes, decode: (bytes: Uint8Array) => bytes })
    const stored = Uint8Array.of(9, 1, 2, 9)
    const decoded = identity.decode(stored, 1, 3, false) as Uint8Array
    expect([...decoded]).toEqual([1, 2])
    decoded.fill(7)
    expect([...stored]).toEqual([9, 1, 2, 9])
    const encoded = identity.encode(stored)
    stored.fill(0)
    expect([...encoded]).toEqual([9, 1, 2, 9])
  })

  test('is named in errors, which keep their cause', () => {
    const cause = new RangeError('too odd')
    const fail = (): never => {
      throw cause
    }
    const encoding = resolve({ name: 'odd', encode: fail, decode: fail })
    expect(encoding.name).toBe('odd')
    expect(encoding.accepts).toBe("a value for the encoding 'odd'")
    expect(() => encoding.encode(3)).toThrow(
      expect.objectContaining({
        name: 'InvalidArgumentError',
        message: "the encoding 'odd' could not encode the number 3: too odd",
        cause,
      }),
    )
    expect(() => decodeAll(encoding, new Uint8Array(2))).toThrow(
      expect.objectContaining({ message: "the encoding 'odd' could not decode 2 bytes: too odd", cause }),
    )
  })

  test('may refuse a value by an InvalidArgumentError of its own', () => {
    const refusal = new InvalidArgumentError('even numbers only')
    const encoding = resolve({
      encode: () => {
        throw refusal
      },
      decode: () => 0,
    })
    expect(() => encoding.encode(3)).toThrow(refusal)
  })

  test('must give bytes', () => {
    const encoding = resolve({ encode: () => 'text', decode: () => 0 })
    expect(() => encoding.encode(3)).toThrow(
      'encode() of keyEncoding must return a Uint8Array, got the string "text"',
    )
  })
})
