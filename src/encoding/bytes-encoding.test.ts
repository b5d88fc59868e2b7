import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../errors.ts'
import { bytesEncoding } from './bytes-encoding.ts'

const lengths = [0, 1, 23, 24, 25, 100, 8191, 8192, 8193, 70_000]
const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i)

describe('bytes encoding', () => {
  test.each(lengths)('copies %i bytes in and out, of a Buffer and of shared memory too', (length) => {
    const shared = new Uint8Array(new SharedArrayBuffer(length))
    shared.set(numbered(length))
    for (const value of [numbered(length), Buffer.from(numbered(length)), shared]) {
      const encoded = bytesEncoding.encode(value)
      const decoded = bytesEncoding.decode(value, 0, length, false)
      value.fill(0xee)
      for (const copy of [encoded, decoded]) {
        expect(copy).toEqual(numbered(length))
        expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype)
        expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
      }
    }
  })

  test('decodes the stretch it is told', () => {
    expect([...bytesEncoding.decode(numbered(100), 5, 8, false)]).toEqual([5, 6, 7])
    expect([...bytesEncoding.decode(numbered(100).subarray(50), 5, 40, false)]).toEqual([
      ...numbered(100).subarray(55, 90),
    ])
  })

  test.each(lengths)('encodes %i bytes in place', (length) => {
    const target = new Uint8Array(new SharedArrayBuffer(length + 6)).fill(0xee)
    expect(bytesEncoding.sizeBound?.(numbered(length))).toBe(length)
    expect(bytesEncoding.encodeInto?.(numbered(length), target, 3)).toBe(length)
    expect([...target]).toEqual([0xee, 0xee, 0xee, ...numbered(length), 0xee, 0xee, 0xee])
  })

  test('gives results that do not overlap', () => {
    const results = Array.from({ length: 3000 }, (_, i) => bytesEncoding.encode(new Uint8Array(100).fill(i)))
    for (const [i, result] of results.entries()) expect(result.every((byte) => byte === i % 256)).toBe(true)
  })

  test('goes on when somebody transferred the buffer of a result', () => {
    const result = bytesEncoding.encode(numbered(50))
    structuredClone(result, { transfer: [result.buffer as ArrayBuffer] })
    expect(bytesEncoding.encode(numbered(50))).toEqual(numbered(50))
  })

  test('takes Uint8Arrays of another realm', () => {
    const foreign = runInNewContext('Uint8Array.of(1, 2, 3)') as Uint8Array
    expect(foreign instanceof Uint8Array).toBe(false)
    expect([...bytesEncoding.encode(foreign)]).toEqual([1, 2, 3])
  })

  test('refuses what is no Uint8Array', () => {
    const impostor = { [Symbol.toStringTag]: 'Uint8Array', length: 3 }
    for (const value of ['text', 1, null, undefined, [1], new Uint16Array(2), new ArrayBuffer(2), impostor]) {
      expect(() => bytesEncoding.encode(value as Uint8Array)).toThrow(InvalidArgumentError)
      expect(() => bytesEncoding.sizeBound?.(value as Uint8Array)).toThrow(/expected a Uint8Array, got /)
    }
  })
})
