/**
 * Both codecs side by side: the same bytes out of the same bytes, which an LZ4 of other people reads; theirs read by
 * ours; known blocks of the format; and whatever is no block refused without a byte out of place.
 */
import fc from 'fast-check'
import { compressBlock, decompressBlock } from 'lz4js'
import { describe, expect, test } from 'vitest'
import { failWithSeed, runSeed } from '../../test/crash/seeds.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { type CompiledLz4, createCompiledLz4 } from './compiled-lz4.ts'
import type { Lz4 } from './lz4.ts'
import { PlainLz4 } from './plain-lz4.ts'
import { webAssembly } from './web-assembly.ts'

const compiled = createCompiledLz4() as CompiledLz4
const plain = new PlainLz4()
const codecs: readonly (readonly [string, Lz4])[] = [
  ['compiled', compiled],
  ['plain', plain],
]

const MiB = 1024 * 1024

/** Bytes that compress a little. */
function largeInput(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * i) >>> 11)
}

const lengths = [0, 1, 4, 5, 11, 12, 13, 14, 16, 31, 64, 255, 256, 1000, 4072, 4096, 65_535, 65_536, 70_000]

test('the compiled codec is there', () => {
  expect(compiled).toBeDefined()
})

/** Inputs of many kinds: random, with few different bytes, with repetitions near and far, of one byte. */
function inputOf(random: SeededRandom, length: number): Uint8Array {
  const kind = random.upTo(5)
  const bytes = new Uint8Array(length)
  if (kind === 0) bytes.fill(random.upTo(255))
  else if (kind === 1) for (let i = 0; i < length; i += 1) bytes[i] = random.upTo(255)
  else if (kind === 2) for (let i = 0; i < length; i += 1) bytes[i] = 97 + random.upTo(1)
  else {
    for (let i = 0; i < length; ) {
      const run = 1 + random.upTo(kind === 3 ? 40 : 700)
      const distance = 1 + random.upTo(kind === 5 ? 9 : Math.max(i, 1) - 1)
      const repeats = i >= distance && random.chance(0.5)
      for (let end = Math.min(i + run, length); i < end; i += 1)
        bytes[i] = repeats ? (bytes[i - distance] as number) : random.upTo(255)
    }
  }
  return bytes
}

/** Quicker than comparing element by element. */
function expectSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  if (actual === undefined || expected === undefined) expect(actual).toBe(expected)
  else if (Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected)
}

function compressed(codec: Lz4, input: Uint8Array): Uint8Array {
  const target = new Uint8Array(input.length + Math.ceil(input.length / 255) + 16)
  return target.slice(0, codec.compress(input, 0, input.length, target, 0, target.length))
}

function decompressed(codec: Lz4, block: Uint8Array, length: number): Uint8Array | undefined {
  const target = new Uint8Array(length + 32).fill(0xa5)
  const isWhole = codec.decompress(block, 0, block.length, target, 16, length)
  const beside = [...target.subarray(0, 16), ...target.subarray(16 + length)]
  expect(beside.every((byte) => byte === 0xa5)).toBe(true)
  return isWhole ? target.slice(16, 16 + length) : undefined
}

describe('whatever is compressed', () => {
  test('becomes the same bytes by both codecs, and comes back by ours and by lz4js', () => {
    const random = new SeededRandom(runSeed)
    let inputBytes = 0
    let outputBytes = 0
    for (let run = 0; run < 1500; run += 1) {
      try {
        const length =
          run < lengths.length ? (lengths[run] as number) : random.upTo(run % 50 === 0 ? 90_000 : 5000)
        const input = inputOf(random, length)
        const block = compressed(compiled, input)
        expectSame(compressed(plain, input), block)
        expect(block.length).toBeGreaterThan(0)
        for (const [, codec] of codecs) expectSame(decompressed(codec, block, length), input)
        const target = new Uint8Array(length)
        expect(decompressBlock(block, target, 0, block.length, 0)).toBe(length)
        expectSame(target, input)
        inputBytes += length
        outputBytes += block.length
      } catch (error) {
        failWithSeed(error, `run ${run}`)
      }
    }
    expect(outputBytes).toBeLessThan(inputBytes * 0.8)
  })

  test('by lz4js comes back by ours', () => {
    const random = new SeededRandom(runSeed + 1)
    let count = 0
    for (let run = 0; run < 300; run += 1) {
      const input = inputOf(random, 20 + random.upTo(9000))
      const target = new Uint8Array(input.length + 1000)
      const length = compressBlock(input, target, 0, input.length, new Uint32Array(65_536))
      if (length === 0) continue
      count += 1
      for (const [, codec] of codecs) {
        expectSame(decompressed(codec, target.slice(0, length), input.length), input)
      }
    }
    expect(count).toBeGreaterThan(50)
  })

  test('of 3 MiB is the same by both', () => {
    const input = largeInput(3 * MiB)
    const block = compressed(compiled, input)
    expectSame(compressed(plain, input), block)
    for (const [, codec] of codecs) expectSame(decompressed(codec, block, input.length), input)
    expect(compressed(compiled, input.subarray(0, 5000))).toEqual(compressed(plain, input.subarray(0, 5000)))
  })
})

/** Runs a test with a codec of its own, and gathers the sizes of the memories that it makes. */
function withMemories(run: (codec: CompiledLz4, memories: readonly number[]) => void): void {
  const sizes: number[] = []
  const api = webAssembly as { Memory: new (limits: { initial: number }) => object }
  const { Memory } = api
  api.Memory = class extends Memory {
    constructor(limits: { initial: number }) {
      super(limits)
      sizes.push(limits.initial * 65_536)
    }
  }
  try {
    const codec = createCompiledLz4() as CompiledLz4
    sizes.length = 0
    run(codec, sizes)
  } finally {
    api.Memory = Memory
  }
}

describe('the memory of the compiled codec', () => {
  test('for large inputs is made once while they come, and given up when only small ones come', () => {
    withMemories((codec, memories) => {
      const large = largeInput(3 * MiB)
      const small = largeInput(5000)
      const block = compressed(codec, large)
      expect(memories).toHaveLength(1)
      for (let i = 0; i < 40; i += 1) {
        // Among small ones, too.
        for (let j = 0; j < 10; j += 1) compressed(codec, small)
        compressed(codec, large)
        expectSame(decompressed(codec, block, large.length), large)
      }
      expect(memories).toHaveLength(1)
      for (let i = 0; i < 100; i += 1) expectSame(compressed(codec, small), compressed(plain, small))
      expect(memories).toHaveLength(2)
      expect(memories[1]).toBeLessThanOrEqual(MiB)
      expectSame(compressed(codec, large), block)
      expect(memories).toHaveLength(3)
    })
  })

  test('for very large inputs goes at once', () => {
    withMemories((codec, memories) => {
      const veryLarge = new Uint8Array(16 * MiB)
      for (let i = 0; i < 2; i += 1) compressed(codec, veryLarge)
      expect(memories).toHaveLength(2)
      compressed(codec, largeInput(5000))
      expect(memories).toHaveLength(2)
    })
  })
})

describe.each(codecs)('the %s codec', (_name, codec) => {
  test('gives 0 and leaves the target alone when the limit is a byte too small', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 3000 }),
        (seed, length) => {
          const input = inputOf(new SeededRandom(seed), length)
          const block = compressed(codec, input)
          const target = new Uint8Array(block.length + 20).fill(0xa5)
          expect(codec.compress(input, 0, length, target, 0, block.length - 1)).toBe(0)
          expect(target.every((byte) => byte === 0xa5)).toBe(true)
          expect(codec.compress(input, 0, length, target, 3, block.length)).toBe(block.length)
          expect(target.slice(3, 3 + block.length)).toEqual(block)
          expect(target.subarray(3 + block.length).every((byte) => byte === 0xa5)).toBe(true)
        },
      ),
      { seed: runSeed, numRuns: 200 },
    )
  })

  test('works where source and target overlap', () => {
    const random = new SeededRandom(runSeed + 2)
    for (let run = 0; run < 100; run += 1) {
      const input = inputOf(random, 200 + random.upTo(3900))
      const block = compressed(codec, input)
      const memory = new Uint8Array(8192)
      memory.set(input, 24)
      expect(codec.compress(memory, 24, 24 + input.length, memory, 32, 5000)).toBe(block.length)
      expectSame(memory.slice(32, 32 + block.length), block)
      expect(codec.decompress(memory, 32, 32 + block.length, memory, 24, input.length)).toBe(true)
      expectSame(memory.slice(24, 24 + input.length), input)
    }
  })

  test.each([
    ['nothing', [0x00], ''],
    ['literals alone', [0x50, ...ascii('abcde')], 'abcde'],
    ['15 literals, whose length goes on', [0xf0, 0x00, ...ascii('abcdefghijklmno')], 'abcdefghijklmno'],
    ['270 literals', [0xf0, 0xff, 0x00, ...ascii('y'.repeat(270))], 'y'.repeat(270)],
    ['a match', [0x40, ...ascii('abcd'), 0x04, 0x00, 0x50, ...ascii('12345')], 'abcdabcd12345'],
    [
      'a match that overlaps itself',
      [0x12, ...ascii('a'), 0x01, 0x00, 0x50, ...ascii('bcdef')],
      'aaaaaaabcdef',
    ],
    [
      'a match of three bytes over and over',
      [0x3f, ...ascii('abc'), 0x03, 0x00, 0x0b, 0x50, ...ascii('12345')],
      `${'abc'.repeat(11)}12345`,
    ],
    [
      'a long match, whose length goes on twice',
      [0x1f, ...ascii('z'), 0x01, 0x00, 0xff, 0x05, 0x50, ...ascii('12345')],
      `${'z'.repeat(280)}12345`,
    ],
    [
      'matches without literals between them',
      [0x40, ...ascii('abcd'), 0x04, 0x00, 0x00, 0x08, 0x00, 0x50, ...ascii('12345')],
      'abcdabcdabcd12345',
    ],
  ])('reads %s', (_what, block, text) => {
    expect(decompressed(codec, Uint8Array.from(block), text.length)).toEqual(Uint8Array.from(ascii(text)))
    // As long as they are, and no other length.
    expect(decompressed(codec, Uint8Array.from(block), text.length + 1)).toBeUndefined()
    if (text.length > 0) expect(decompressed(codec, Uint8Array.from(block), text.length - 1)).toBeUndefined()
  })

  test.each([
    ['no byte at all', [], 0],
    ['literals that are cut', [0x50, ...ascii('abcd')], 5],
    ['more literals than there is room for', [0x60, ...ascii('abcdef')], 5],
    ['a length of literals that is cut', [0xf0, 0xff], 300],
    ['a length of literals that never ends', [0xf0, ...new Array<number>(5000).fill(0xff)], 4000],
    ['an offset that is cut', [0x40, ...ascii('abcd'), 0x04], 13],
    ['an offset of 0', [0x40, ...ascii('abcd'), 0x00, 0x00, 0x50, ...ascii('12345')], 13],
    ['an offset before the start', [0x40, ...ascii('abcd'), 0x05, 0x00, 0x50, ...ascii('12345')], 13],
    [
      'a match longer than there is room for',
      [0x4f, ...ascii('abcd'), 0x04, 0x00, 0xf0, 0x50, ...ascii('12345')],
      13,
    ],
    ['a length of a match that is cut', [0x4f, ...ascii('abcd'), 0x04, 0x00], 30],
    ['a match at the very end', [0x80, ...ascii('abcdefgh'), 0x08, 0x00], 12],
    [
      'a match that reaches into the last five bytes',
      [0x41, ...ascii('abcd'), 0x04, 0x00, 0x40, ...ascii('1234')],
      13,
    ],
    ['bytes behind its end', [0x50, ...ascii('abcde'), 0x00], 5],
  ])('refuses %s', (_what, block, length) => {
    expect(decompressed(codec, Uint8Array.from(block), length)).toBeUndefined()
  })

  test('refuses whatever is cut short or asked for in another length', () => {
    const random = new SeededRandom(runSeed + 3)
    for (let run = 0; run < 60; run += 1) {
      const input = inputOf(random, random.upTo(400))
      const block = compressed(codec, input)
      for (let length = 0; length < block.length; length += 1)
        expect(decompressed(codec, block.subarray(0, length), input.length)).toBeUndefined()
      for (const wrong of [input.length + 1, Math.max(0, input.length - 1), 2 * input.length + 1])
        if (wrong !== input.length) expect(decompressed(codec, block, wrong)).toBeUndefined()
    }
  })
})

test('of bytes that are no block both codecs say the same, and never touch a byte beside the target', () => {
  const random = new SeededRandom(runSeed + 4)
  let wholeCount = 0
  for (let run = 0; run < 6000; run += 1) {
    try {
      const input = inputOf(random, random.upTo(600))
      const block = compressed(compiled, input)
      const changes = 1 + random.upTo(3)
      for (let i = 0; i < changes; i += 1) block[random.upTo(block.length - 1)] = random.upTo(255)
      const length = random.chance(0.8) ? input.length : random.upTo(1000)
      const bytes = random.chance(0.9) ? block : inputOf(random, random.upTo(300))
      const ours = decompressed(compiled, bytes, length)
      expectSame(decompressed(plain, bytes, length), ours)
      if (ours !== undefined) wholeCount += 1
    } catch (error) {
      failWithSeed(error, `run ${run}`)
    }
  }
  // Changed literals go unnoticed here: that is what checksums are for.
  expect(wholeCount).toBeGreaterThan(100)
})

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)]
}
