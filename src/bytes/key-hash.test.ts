import { expect, test } from 'vitest'
import { SeededRandom } from '../fs/seeded-random.ts'
import { hashKey, keyHash } from './key-hash.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

function hashText(key: Uint8Array, start = 0, length: number = key.length): string {
  hashKey(key, start, length)
  return [keyHash.high, keyHash.low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}

test('stays what it is: it is part of the format on disk', () => {
  const names = ['', 'a', 'ab', 'abc', 'abcd', 'user:00000000042', 'Grüße']
  expect(names.map((name) => hashText(bytesOf(name)))).toMatchInlineSnapshot(`
    [
      "a8bfa4239416c89c",
      "71cb7f53dae34f7c",
      "ed96345f5e0683fe",
      "c4930cb695d433e1",
      "129f3a144ca7989a",
      "d0608c9546ef6e5a",
      "d9690892c8e762f7",
    ]
  `)
  expect(hashText(Uint8Array.from({ length: 300 }, (_, i) => i))).toMatchInlineSnapshot(`"809ee1bd91cbba65"`)
})

test('does not depend on where the key lies', () => {
  const key = bytesOf('a key of some length')
  const memory = new Uint8Array(new SharedArrayBuffer(64)).fill(0xaa)
  for (let start = 0; start < 8; start += 1) {
    memory.set(key, start)
    expect(hashText(memory, start, key.length)).toBe(hashText(key))
  }
})

test('gives signed 32-bit halves, which cost nothing to pass around', () => {
  for (let i = 0; i < 100; i += 1) {
    hashKey(bytesOf(`key ${i}`), 0, 6)
    expect([keyHash.high, keyHash.low]).toEqual([keyHash.high | 0, keyHash.low | 0])
  }
})

test('tells zero bytes of every length apart', () => {
  const hashes = new Set(Array.from({ length: 1000 }, (_, length) => hashText(new Uint8Array(length))))
  expect(hashes.size).toBe(1000)
})

test('tells all keys apart that have two bits set', () => {
  const key = new Uint8Array(32)
  const hashes = new Set<string>()
  for (let a = 0; a < 256; a += 1) {
    for (let b = a + 1; b < 256; b += 1) {
      key[a >> 3] = (key[a >> 3] as number) ^ (1 << (a & 7))
      key[b >> 3] = (key[b >> 3] as number) ^ (1 << (b & 7))
      hashes.add(hashText(key))
      key.fill(0)
    }
  }
  expect(hashes.size).toBe((256 * 255) / 2)
})

test.each([3, 4, 8, 16, 21])(
  'each bit of a key of %i bytes flips each bit of the hash half the time',
  (length) => {
    const random = new SeededRandom(length)
    const roundCount = 1500
    const flips = new Uint32Array(length * 8 * 64)
    for (let round = 0; round < roundCount; round += 1) {
      const key = Uint8Array.from({ length }, () => random.upTo(255))
      hashKey(key, 0, length)
      const { high, low } = keyHash
      for (let bit = 0; bit < length * 8; bit += 1) {
        const place = bit >> 3
        key[place] = (key[place] as number) ^ (1 << (bit & 7))
        hashKey(key, 0, length)
        key[place] = (key[place] as number) ^ (1 << (bit & 7))
        for (let out = 0; out < 32; out += 1) {
          flips[bit * 64 + out] = (flips[bit * 64 + out] as number) + (((low ^ keyHash.low) >>> out) & 1)
          flips[bit * 64 + 32 + out] =
            (flips[bit * 64 + 32 + out] as number) + (((high ^ keyHash.high) >>> out) & 1)
        }
      }
    }
    // Six standard deviations of a fair coin: one draw in 500 million is farther out.
    const tolerance = 6 * Math.sqrt(roundCount / 4)
    expect(Math.min(...flips)).toBeGreaterThan(roundCount / 2 - tolerance)
    expect(Math.max(...flips)).toBeLessThan(roundCount / 2 + tolerance)
  },
)

test('spreads numbered keys evenly, by its upper bits and by its lower bits', () => {
  const keyCount = 200_000
  const bucketCount = 1024
  const upper = new Uint32Array(bucketCount)
  const lower = new Uint32Array(bucketCount)
  for (let i = 0; i < keyCount; i += 1) {
    hashKey(bytesOf(`user:${String(i).padStart(11, '0')}`), 0, 16)
    upper[keyHash.high >>> 22] = (upper[keyHash.high >>> 22] as number) + 1
    lower[keyHash.low & 1023] = (lower[keyHash.low & 1023] as number) + 1
  }
  for (const buckets of [upper, lower]) {
    const expected = keyCount / bucketCount
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chiSquare).toBeLessThan(bucketCount + 6 * Math.sqrt(2 * bucketCount))
  }
})
