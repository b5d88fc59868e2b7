import { expect, test } from 'vitest'
import {
  addToBloom,
  bloomBlockCountFor,
  bloomBlockSizeBytes,
  bloomMayContain,
  bloomProbeCountFor,
} from './blocked-bloom.ts'
import { hashKey, keyHash } from './key-hash.ts'

class Filter {
  readonly words: Int32Array
  readonly startWord = 5
  readonly blockCount: number
  readonly probeCount: number

  constructor(keyCount: number, bitsPerKey: number) {
    this.blockCount = bloomBlockCountFor(keyCount, bitsPerKey)
    this.probeCount = bloomProbeCountFor(bitsPerKey)
    this.words = new Int32Array(this.startWord + (this.blockCount * bloomBlockSizeBytes) / 4 + 5)
  }

  add(name: string): void {
    hashKey(new TextEncoder().encode(name), 0, name.length)
    addToBloom(this.words, this.startWord, this.blockCount, this.probeCount, keyHash.high, keyHash.low)
  }

  mayContain(name: string): boolean {
    hashKey(new TextEncoder().encode(name), 0, name.length)
    return bloomMayContain(
      this.words,
      this.startWord,
      this.blockCount,
      this.probeCount,
      keyHash.high,
      keyHash.low,
    )
  }
}

test.each([
  [6, 0.09],
  [10, 0.013],
  [16, 0.0025],
])('at %i bits a key every key is found, and few others are', (bitsPerKey, falsePositiveRateMax) => {
  const keyCount = 50_000
  const filter = new Filter(keyCount, bitsPerKey)
  for (let i = 0; i < keyCount; i += 1) filter.add(`in ${i}`)
  let falsePositives = 0
  for (let i = 0; i < keyCount; i += 1) {
    expect(filter.mayContain(`in ${i}`)).toBe(true)
    if (filter.mayContain(`out ${i}`)) falsePositives += 1
  }
  expect(falsePositives / keyCount).toBeLessThan(falsePositiveRateMax)
})

test('keeps to its range of words', () => {
  const filter = new Filter(100, 10)
  for (let i = 0; i < 10_000; i += 1) filter.add(`key ${i}`)
  const outside = [...filter.words.subarray(0, 5), ...filter.words.subarray(-5)]
  expect(outside).toEqual(Array(10).fill(0))
})

test('an empty filter contains nothing, and has a block all the same', () => {
  const filter = new Filter(0, 10)
  expect(filter.blockCount).toBe(1)
  expect(filter.mayContain('anything')).toBe(false)
})

test('sets the bits that the format says', () => {
  const words = new Int32Array(48)
  // Block floor(0x80000000 * 3 / 2^32) = 1; bits 0x12345678 >>> 23 = 36, then times 0x9e3779b9: 0x0c8c5a78 >>> 23.
  addToBloom(words, 0, 3, 2, 0x80000000 | 0, 0x12345678)
  const second = Math.imul(0x12345678, 0x9e3779b9) >>> 23
  const expected = new Int32Array(48)
  for (const bit of [36, second])
    expected[16 + (bit >> 5)] = (expected[16 + (bit >> 5)] as number) | (1 << (bit & 31))
  expect(words).toEqual(expected)
})
