import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptySlot,
  fillHashIndex,
  firstSlotOf,
  KeyHashes,
  slotCountFor,
  slotOf,
  tagOf,
} from './hash-index.ts'

test('every key is reached from its first slot before an empty one', () => {
  const hash = fc.tuple(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.oneof(fc.constantFrom(0, -1), fc.integer()),
  )
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 300 }), (drawn) => {
      const hashes = new KeyHashes()
      drawn.forEach(([high, low], i) => {
        hashes.add(high, low, 65_535 - i, i % 255)
      })
      const slots = new Uint32Array(slotCountFor(drawn.length)).fill(emptySlot)
      fillHashIndex(slots, hashes, 0, Math.floor(drawn.length / 2))
      fillHashIndex(slots, hashes, Math.floor(drawn.length / 2), drawn.length)
      drawn.forEach(([high, low], i) => {
        let slot = firstSlotOf(low, slots.length)
        const wanted = slotOf(65_535 - i, i % 255, tagOf(high))
        while (slots[slot] !== wanted && slots[slot] !== emptySlot) slot = (slot + 1) % slots.length
        expect(slots[slot]).toBe(wanted)
      })
    }),
  )
})

test('the first slot is always one of the table', () => {
  for (const slotCount of [2, 4, 1000, 2 ** 24 + 2]) {
    expect(firstSlotOf(0, slotCount)).toBe(0)
    expect(firstSlotOf(-1, slotCount)).toBe(slotCount - 1)
  }
})

test('a table has an even number of slots, one at least empty, and under six bytes a key', () => {
  for (const keyCount of [0, 1, 2, 3, 100, 123_457]) {
    const slotCount = slotCountFor(keyCount)
    expect(slotCount % 2).toBe(0)
    expect(slotCount).toBeGreaterThan(keyCount)
  }
  expect((slotCountFor(100_000) * 4) / 100_000).toBeLessThan(6)
})
