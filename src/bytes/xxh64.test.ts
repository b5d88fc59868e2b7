import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'

/** The module as it is where there is no WebAssembly. */
async function importPlain(): Promise<typeof import('./xxh64.ts')> {
  vi.stubGlobal('WebAssembly', undefined)
  vi.resetModules()
  const plain = await import('./xxh64.ts')
  vi.unstubAllGlobals()
  vi.resetModules()
  return plain
}

const prime = 2_654_435_761

/** The buffer that the test vectors of xxHash are made from. */
function sanityBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let generator = prime
  for (let i = 0; i < length; i += 1) {
    bytes[i] = generator >>> 24
    generator = Math.imul(generator, generator) >>> 0
  }
  return bytes
}

describe.each([
  ['in WebAssembly', await import('./xxh64.ts')],
  ['in JavaScript', await importPlain()],
])('XXH64 %s', (_name, { hashResult, xxh64, xxh64OfWords }) => {
  function hashOf(bytes: Uint8Array, seedHigh = 0, seedLow = 0, start = 0, end = bytes.length): string {
    xxh64(bytes, start, end, seedHigh, seedLow)
    return resultText()
  }

  function resultText(): string {
    return [hashResult.high, hashResult.low].map((half) => half.toString(16).padStart(8, '0')).join('')
  }

  test.each([
    [0, 0, 'ef46db3751d8e999'],
    [0, prime, 'ac75fda2929b17ef'],
    [1, 0, '4fce394cc88952d8'],
    [1, prime, '739840cb819fa723'],
    [14, 0, 'cffa8db881bc3a3d'],
    [14, prime, '5b9611585efcc9cb'],
    [101, 0, '0eab543384f878ad'],
    [101, prime, 'caa65939306f1e21'],
  ])('gives the published hash of %i bytes with seed %i', (length, seed, expected) => {
    expect(hashOf(sanityBuffer(length), 0, seed)).toBe(expected)
  })

  test('gives the published hash of short texts', () => {
    expect(hashOf(new TextEncoder().encode('a'))).toBe('d24ec4f1a98c6e5b')
    expect(hashOf(new TextEncoder().encode('abc'))).toBe('44bc2cf5ad770999')
  })

  test('agrees with the reference algorithm for any length, seed and start', () => {
    const half = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(9), half, half, half, (length, start, fill, seedHigh, seedLow) => {
        const bytes = fillWith(fill, start + length + 3)
        const seed = (BigInt(seedHigh) << 32n) | BigInt(seedLow)
        const expected = referenceHash(bytes.subarray(start, start + length), seed)
        expect(hashOf(bytes, seedHigh, seedLow, start, start + length)).toBe(expected)
        expect(hashOf(bytes.subarray(start), seedHigh, seedLow, 0, length)).toBe(expected)
        const aligned = fillWith(0, length + 4)
        aligned.set(bytes.subarray(start, start + length), 4)
        const words = new Int32Array(aligned.buffer, 0, aligned.length >>> 2)
        xxh64OfWords(words, aligned, 4, 4 + length, seedHigh, seedLow)
        expect(resultText()).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('agrees with the reference algorithm for every length around the borders of its loops', () => {
    const bytes = fillWith(99, 140_100)
    const lengths = [
      ...Array(400).keys(),
      4090,
      4095,
      4096,
      4097,
      4128,
      8191,
      8192,
      8193,
      65_439,
      65_440,
      65_441,
      65_473,
      140_001,
    ]
    for (const length of lengths) {
      expect(hashOf(bytes, 0, 1, 1, 1 + length)).toBe(referenceHash(bytes.subarray(1, 1 + length), 1n))
    }
  })

  test('reads shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(1024))
    shared.set(fillWith(5, 1024))
    expect(hashOf(shared)).toBe(hashOf(fillWith(5, 1024)))
  })
})

function fillWith(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer((length + 3) & ~3))
  let state = seed
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** XXH64 as its specification writes it, for which 64-bit integers come handy. */
function referenceHash(bytes: Uint8Array, seed: bigint): string {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ] as const
  const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)
  const rotl = (value: bigint, bits: bigint): bigint => u64((value << bits) | (value >> (64n - bits)))
  const mixed = (lane: bigint, input: bigint): bigint => u64(rotl(u64(lane + input * p2), 31n) * p1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let position = 0
  let value = u64(seed + p5)
  if (bytes.length >= 32) {
    const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1].map(u64) as [bigint, bigint, bigint, bigint]
    for (; position + 32 <= bytes.length; position += 32) {
      for (const lane of [0, 1, 2, 3] as const) {
        lanes[lane] = mixed(lanes[lane], view.getBigUint64(position + lane * 8, true))
      }
    }
    value = u64(rotl(lanes[0], 1n) + rotl(lanes[1], 7n) + rotl(lanes[2], 12n) + rotl(lanes[3], 18n))
    for (const lane of lanes) value = u64((value ^ mixed(0n, lane)) * p1 + p4)
  }
  value = u64(value + BigInt(bytes.length))
  for (; position + 8 <= bytes.length; position += 8) {
    value = u64(rotl(value ^ mixed(0n, view.getBigUint64(position, true)), 27n) * p1 + p4)
  }
  if (position + 4 <= bytes.length) {
    value = u64(rotl(value ^ u64(BigInt(view.getUint32(position, true)) * p1), 23n) * p2 + p3)
    position += 4
  }
  for (; position < bytes.length; position += 1) {
    value = u64(rotl(value ^ u64(BigInt(view.getUint8(position)) * p5), 11n) * p1)
  }
  value = u64((value ^ (value >> 33n)) * p2)
  value = u64((value ^ (value >> 29n)) * p3)
  return (value ^ (value >> 32n)).toString(16).padStart(16, '0')
}
