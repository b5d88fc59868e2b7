import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { InvalidArgumentError } from '../errors.ts'
import { bufferCodec, decodeUtf8, standardCodec, type TextCodec } from './utf8.ts'
import { utf8Encoding } from './utf8-encoding.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'binary-ascii', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom('a', '\0', '\x7f', '\x80', '\u07ff', '\u0800', '\ufeff', '\uffff', '😀'),
    maxLength: 40,
  }),
)
const reference = (text: string): Uint8Array => new TextEncoder().encode(text)
const isAscii = (bytes: Uint8Array): boolean => bytes.every((byte) => byte < 128)

describe('utf8 encoding', () => {
  test('writes UTF-8 and gives back what it took', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = utf8Encoding.encode(text)
        expect(bytes).toEqual(reference(text))
        expect(utf8Encoding.decode(bytes, 0, bytes.length, false)).toBe(text)
        if (isAscii(bytes)) expect(utf8Encoding.decode(bytes, 0, bytes.length, true)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('writes and reads at an offset in shared memory, touching nothing else', () => {
    fc.assert(
      fc.property(anyText, fc.nat(9), (text, offset) => {
        const bound = utf8Encoding.sizeBound?.(text) as number
        const target = new Uint8Array(new SharedArrayBuffer(offset + bound + 4)).fill(0xee)
        const length = utf8Encoding.encodeInto?.(text, target, offset) as number
        expect(length).toBeLessThanOrEqual(bound)
        expect(Uint8Array.from(target.subarray(offset, offset + length))).toEqual(reference(text))
        const around = [...target.subarray(0, offset), ...target.subarray(offset + bound)]
        expect(around.every((byte) => byte === 0xee)).toBe(true)
        expect(utf8Encoding.decode(target, offset, offset + length, false)).toBe(text)
      }),
    )
  })

  test('orders by code point', () => {
    const codePoints = (text: string): number[] => Array.from(text, (each) => each.codePointAt(0) as number)
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const order = compareBytes(utf8Encoding.encode(a), utf8Encoding.encode(b))
        expect(Math.sign(order)).toBe(compareLists(codePoints(a), codePoints(b)))
      }),
    )
  })

  test.each([4095, 4096, 4097, 70_000])('takes texts of %i characters', (length) => {
    for (const text of ['a'.repeat(length), 'é'.repeat(length), `${'a'.repeat(length - 1)}→`]) {
      const bytes = utf8Encoding.encode(text)
      expect(compareBytes(bytes, reference(text))).toBe(0)
      expect(utf8Encoding.decode(bytes, 0, bytes.length, isAscii(bytes))).toBe(text)
    }
  })

  test('keeps a byte order mark', () => {
    const bytes = utf8Encoding.encode('\ufeffa')
    expect([...bytes]).toEqual([0xef, 0xbb, 0xbf, 0x61])
    expect(utf8Encoding.decode(bytes, 0, 4, false)).toBe('\ufeffa')
  })

  test('reads what is not UTF-8 with replacement characters', () => {
    expect(utf8Encoding.decode(Uint8Array.of(0x61, 0xff), 0, 2, false)).toBe('a\ufffd')
  })

  test('refuses what is no string', () => {
    for (const [value, found] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [7, 'the number 7'],
      [Uint8Array.of(1), 'a Uint8Array of 1 bytes'],
      [['a'], 'an array of 1 item'],
      [new String('a'), 'a String'],
    ]) {
      const message = `expected a string, got ${found}`
      expect(() => utf8Encoding.encode(value as string)).toThrow(new InvalidArgumentError(message))
      expect(() => utf8Encoding.sizeBound?.(value as string)).toThrow(message)
    }
  })

  test('refuses half of a surrogate pair, before anything is written', () => {
    for (const text of ['\ud800', 'a\udfff', '\udc00\ud800', `${'a'.repeat(5000)}\ud800`]) {
      expect(() => utf8Encoding.encode(text)).toThrow(InvalidArgumentError)
      expect(() => utf8Encoding.sizeBound?.(text)).toThrow(/half of a surrogate pair/)
    }
  })
})

test('decodeUtf8() reads ASCII of every short length', () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => 33 + i)
  for (let start = 0; start < 3; start++) {
    for (let end = start; end <= bytes.length; end++) {
      const text = String.fromCharCode(...bytes.subarray(start, end))
      expect(decodeUtf8(bytes, start, end, true)).toBe(text)
      expect(decodeUtf8(bytes, start, end, false)).toBe(text)
    }
  }
})

describe.each<[string, TextCodec | undefined]>([
  ['Buffer', bufferCodec()],
  ['TextEncoder and TextDecoder', standardCodec()],
])('text through %s', (_, codec) => {
  test('is the same on plain and on shared memory', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = reference(text)
        expect(codec?.lengthOf(text)).toBe(bytes.length)
        for (const memory of [new ArrayBuffer(bytes.length + 5), new SharedArrayBuffer(bytes.length + 5)]) {
          const target = new Uint8Array(memory)
          expect(codec?.write(text, target, 3)).toBe(bytes.length)
          expect(Uint8Array.from(target)).toEqual(Uint8Array.from([0, 0, 0, ...bytes, 0, 0]))
          expect(codec?.decode(target, 3, 3 + bytes.length)).toBe(text)
          if (isAscii(bytes)) expect(codec?.decodeAscii(target, 3, 3 + bytes.length)).toBe(text)
        }
      }),
    )
  })
})

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(a.length - b.length)
}
