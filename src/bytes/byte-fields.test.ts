/** Writer and reader are each other's test. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteReaderError } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

test('lays fields out little endian, one behind the other', () => {
  const writer = new ByteWriter(1)
  writer.u8(0x01)
  writer.u16(0x0302)
  writer.u32(0x07060504)
  writer.u48(0x0d0c0b0a0908)
  writer.u64(0x0010_0000_0000_000e)
  writer.u64Halves(0xfedcba98, 0x76543210)
  writer.raw(Uint8Array.of(0xaa))
  writer.lengthPrefixed(Uint8Array.of(0xbb, 0xcc))
  writer.align(8)
  expect(Buffer.from(writer.bytes).toString('hex')).toBe(
    '01020304050607' +
      '08090a0b0c0d' +
      '0e00000000001000' +
      '1032547698badcfe' +
      'aa' +
      '02000000bbcc' +
      '00000000',
  )
})

test('reads back what was written, of any size, while the buffer grows', () => {
  const u53 = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(fc.array(fc.tuple(u53, fc.uint8Array({ maxLength: 300 })), { maxLength: 20 }), (fields) => {
      const writer = new ByteWriter()
      for (const [number, bytes] of fields) {
        writer.u8(number % 256)
        writer.u16(number % 65_536)
        writer.u32(number % 2 ** 32)
        writer.u48(number % 2 ** 48)
        writer.u64(number)
        writer.lengthPrefixed(bytes)
      }
      const reader = new ByteReader(writer.toBytes())
      for (const [number, bytes] of fields) {
        const numbers = [reader.u8(), reader.u16(), reader.u32(), reader.u48(), reader.u64()]
        expect(numbers).toEqual([256, 65_536, 2 ** 32, 2 ** 48, Infinity].map((limit) => number % limit))
        expect(reader.lengthPrefixed()).toEqual(bytes)
      }
      reader.expectEnd()
    }),
  )
})

test('the writer refuses numbers that do not fit their field', () => {
  const writer = new ByteWriter()
  expect(() => writer.u8(256)).toThrow(RangeError)
  expect(() => writer.u16(-1)).toThrow(RangeError)
  expect(() => writer.u32(2 ** 32)).toThrow(RangeError)
  expect(() => writer.u48(2 ** 48)).toThrow(RangeError)
  expect(() => writer.u64(2 ** 53)).toThrow(RangeError)
  expect(() => writer.u32(0.5)).toThrow(RangeError)
  expect(writer.length).toBe(0)
})

test('a length can be filled in afterwards, where something was written', () => {
  const writer = new ByteWriter()
  writer.u32(0)
  writer.raw(Uint8Array.of(1, 2, 3))
  writer.patchU32(0, writer.length)
  expect([...writer.bytes]).toEqual([7, 0, 0, 0, 1, 2, 3])
  expect(() => writer.patchU32(4, 1)).toThrow(RangeError)
})

test('a cleared writer begins anew and leaves no old bytes in gaps', () => {
  const writer = new ByteWriter()
  writer.raw(new Uint8Array(32).fill(0xff))
  writer.clear()
  writer.u8(1)
  writer.align(4)
  expect([...writer.bytes]).toEqual([1, 0, 0, 0])
})

test('the reader never reads past its end, and says where it stood', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4, 5, 6), 1, 4)
  for (const read of [() => reader.u32(), () => reader.u48(), () => reader.u64(), () => reader.raw(4)]) {
    expect(read).toThrow(ByteReaderError)
  }
  expect(() => reader.skip(-1)).toThrow(ByteReaderError)
  expect([reader.u16(), reader.position, reader.remaining]).toEqual([0x0302, 3, 1])
  expect(() => reader.u16()).toThrow(expect.objectContaining({ position: 3 }))
  expect(() => reader.expectEnd()).toThrow(/1 bytes too many/)
})

test('the reader refuses lengths and numbers that cannot be', () => {
  const tooLong = new ByteReader(Uint8Array.of(5, 0, 0, 0, 1, 2, 3, 4, 5))
  expect(() => tooLong.lengthPrefixed(4)).toThrow(ByteReaderError)
  const tooLarge = new ByteReader(new Uint8Array(8).fill(0xff))
  expect(() => tooLarge.u64()).toThrow(/2\^53/)
})

test('the reader stays inside the range it was given', () => {
  expect(() => new ByteReader(new Uint8Array(4), 2, 5)).toThrow(RangeError)
  expect(() => new ByteReader(new Uint8Array(4), 3, 2)).toThrow(RangeError)
})
