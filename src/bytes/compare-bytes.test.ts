import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commonPrefixLength, compareBytes, compareRanges, equalRanges } from './compare-bytes.ts'

/** Bytes of a small alphabet, so that many agree for a while. */
const someBytes = fc
  .array(fc.constantFrom(0, 1, 127, 128, 255), { maxLength: 6 })
  .map((all) => Uint8Array.from(all))

test('orders by unsigned bytes, and a prefix before what it begins', () => {
  const sorted = [[], [0], [0, 0], [1], [1, 255], [127], [128], [255], [255, 0]].map((all) =>
    Uint8Array.from(all),
  )
  for (const [i, a] of sorted.entries()) {
    for (const [j, b] of sorted.entries()) expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j))
  }
})

test('compares ranges as it compares copies of them', () => {
  fc.assert(
    fc.property(someBytes, someBytes, fc.nat(5), fc.nat(5), (a, b, aStart, bStart) => {
      const aMemory = new Uint8Array(20).fill(9)
      const bMemory = new Uint8Array(20).fill(8)
      aMemory.set(a, aStart)
      bMemory.set(b, bStart)
      const order = compareRanges(aMemory, aStart, a.length, bMemory, bStart, b.length)
      expect(Math.sign(order)).toBe(Buffer.compare(a, b))
      expect(equalRanges(aMemory, aStart, a.length, bMemory, bStart, b.length)).toBe(order === 0)
      const shared = commonPrefixLength(aMemory, aStart, a.length, bMemory, bStart, b.length)
      expect(a.subarray(0, shared)).toEqual(b.subarray(0, shared))
      expect(shared < a.length && shared < b.length && a[shared] === b[shared]).toBe(false)
    }),
  )
})
