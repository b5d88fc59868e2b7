import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockCache, frameSizeBytes } from './block-cache.ts'
import { BlockMemory } from './block-memory.ts'
import { countIn, lengthIn } from './block-shape.ts'

function put(cache: BlockCache, blocks: ReturnType<BlockCache['register']>, block: number): number {
  const frame = cache.claim()
  cache.memoryOf(frame).words[cache.startOf(frame) / 4] = blocks.id * 1000 + block
  cache.publish(blocks, block, frame)
  return frame
}

test('finds what it holds, and never more frames than its budget', () => {
  const move = fc.tuple(
    fc.nat({ max: 2 }),
    fc.nat({ max: 30 }),
    fc.constantFrom('put', 'find', 'drop', 'fail'),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(move, { maxLength: 200 }), (frameCount, moves) => {
      const cache = new BlockCache(frameCount * frameSizeBytes + 100)
      const segments = [cache.register(31), cache.register(31), cache.register(31)]
      for (const [at, block, what] of moves) {
        const blocks = segments[at]!
        if (what === 'fail') cache.release(cache.claim())
        if (what === 'put' && !cache.has(blocks, block)) put(cache, blocks, block)
        if (what === 'drop') {
          cache.drop(blocks)
          segments[at] = cache.register(31)
        }
        expect(cache.sizeBytes).toBeLessThanOrEqual(frameCount * frameSizeBytes)
        for (const each of segments) {
          for (let i = 0; i < 31; i += 1) {
            const frame = cache.find(each, i)
            if (frame >= 0)
              expect(cache.memoryOf(frame).words[cache.startOf(frame) / 4]).toBe(each.id * 1000 + i)
          }
        }
        if (what === 'put') expect(cache.has(blocks, block)).toBe(true)
      }
    }),
  )
})

test('tells where an entry lies, and touching it is no use of the block', () => {
  const cache = new BlockCache(3 * frameSizeBytes)
  const blocks = cache.register(5)
  put(cache, blocks, 0)
  const frame = put(cache, blocks, 2)
  const words = cache.memoryOf(frame).words.subarray(cache.startOf(frame) / 4)
  // 31 entries in 3,000 bytes.
  words[2] = 31 << 8
  words[3] = 3000
  cache.publish(blocks, 2, frame)
  expect(cache.placeOf(blocks, 1, 0)).toBeLessThan(0)
  expect(cache.placeOf(blocks, 5, 0)).toBeLessThan(0)
  const places = Int32Array.from({ length: 255 }, (_, ordinal) => cache.placeOf(blocks, 2, ordinal))
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0)
  expect(new Set(places).size).toBe(255)
  const { hitCount } = cache
  cache.touchEntries(places, places.length)
  expect(cache.hitCount).toBe(hitCount)
  cache.drop(blocks)
  expect(cache.placeOf(blocks, 2, 0)).toBeLessThan(0)
})

test('keeps what it holds while its memory grows, and a view of it', () => {
  const blockCount = 2_500
  const cache = new BlockCache((blockCount + 1) * frameSizeBytes)
  const blocks = cache.register(blockCount)
  const first = put(cache, blocks, 0)
  const view = cache.memoryOf(first).words.subarray(0, 1)
  for (let block = 1; block < blockCount; block += 1) put(cache, blocks, block)
  for (let block = 0; block < blockCount; block += 1) {
    const frame = cache.find(blocks, block)
    expect(cache.memoryOf(frame).words[cache.startOf(frame) / 4]).toBe(blocks.id * 1000 + block)
  }
  expect(view[0]).toBe(blocks.id * 1000)
  expect(cache.sizeBytes).toBe(blockCount * frameSizeBytes)
})

test('passes over blocks that were used since the hand came by', () => {
  const cache = new BlockCache(4 * frameSizeBytes)
  const blocks = cache.register(100)
  for (let block = 0; block < 4; block += 1) put(cache, blocks, block)
  // The first round takes every mark, and then block 0.
  put(cache, blocks, 4)
  expect(cache.has(blocks, 0)).toBe(false)
  cache.find(blocks, 1)
  cache.find(blocks, 3)
  put(cache, blocks, 5)
  expect([1, 2, 3, 4, 5].filter((block) => cache.has(blocks, block))).toEqual([1, 3, 4, 5])
})

test('gives no used frame to another block while somebody looks at bytes', () => {
  const cache = new BlockCache(2 * frameSizeBytes)
  const blocks = cache.register(100)
  const dropped = cache.register(100)
  put(cache, blocks, 0)
  cache.beginViewing()
  cache.beginViewing()
  const frame = put(cache, dropped, 1)
  cache.drop(dropped)
  expect(cache.claim()).toBe(-1)
  cache.endViewing()
  expect(cache.claim()).toBe(-1)
  expect(cache.has(blocks, 0)).toBe(true)
  cache.endViewing()
  expect(cache.claim()).toBe(frame)
  expect(put(cache, blocks, 2)).toBeGreaterThanOrEqual(0)
})

test('has frames to spare as long as they take memory from nobody', () => {
  const cache = new BlockCache(4 * frameSizeBytes)
  const [blocks, dropped] = [cache.register(10), cache.register(10)]
  const large = new BlockMemory(frameSizeBytes / 2)
  for (let i = 0; i < 2; i += 1) cache.addLarge(blocks, 9, large)
  for (let block = 0; block < 3; block += 1) {
    const frame = cache.claimSpare()
    expect(frame).toBeGreaterThanOrEqual(0)
    cache.publish(block === 1 ? dropped : blocks, block, frame)
  }
  // The fourth would take the large block's place.
  expect(cache.claimSpare()).toBe(-1)
  expect(cache.findLarge(blocks, 9)).toBe(large)
  cache.beginViewing()
  cache.drop(dropped)
  expect(cache.claimSpare()).toBe(-1)
  cache.endViewing()
  expect(cache.claimSpare()).toBe(1)
  expect(cache.claimSpare()).toBe(-1)
})

test('knows the shape of the block in each frame', () => {
  const cache = new BlockCache(3000 * frameSizeBytes)
  const blocks = cache.register(3000)
  for (let block = 0; block < 3000; block += 1) {
    const frame = cache.claim()
    const wordAt = cache.startOf(frame) / 4
    cache.memoryOf(frame).words[wordAt + 2] = 0x0003_0001 + ((block % 256) << 8)
    cache.memoryOf(frame).words[wordAt + 3] = 4096 - 8 * (block % 500)
    cache.publish(blocks, block, frame)
  }
  for (let block = 0; block < 3000; block += 1) {
    const shape = cache.shapeOf(cache.find(blocks, block))
    expect(countIn(shape)).toBe(block % 256)
    expect(lengthIn(shape)).toBeGreaterThanOrEqual(4096 - 8 * (block % 500))
    expect(lengthIn(shape)).toBeLessThan(4096 - 8 * (block % 500) + 16)
  }
})

test('counts hits, and is empty without budget', () => {
  const cache = new BlockCache(frameSizeBytes)
  const blocks = cache.register(3)
  put(cache, blocks, 1)
  cache.find(blocks, 1)
  cache.find(blocks, 2)
  expect(cache.hitCount).toBe(1)
  const none = new BlockCache(frameSizeBytes - 1)
  expect(none.isEnabled).toBe(false)
  expect(none.find(none.register(3), 1)).toBe(-1)
})

describe('passing blocks', () => {
  test('stay until taken, displaced or dropped with their segment', () => {
    const { passing } = new BlockCache(0)
    const [a, b] = [new BlockMemory(8), new BlockMemory(16)]
    passing.add(1, 5, a)
    passing.add(2, 5, b)
    expect(passing.find(1, 5)).toBe(a)
    expect(passing.find(2, 5)).toBe(b)
    expect(passing.find(3, 5)).toBeUndefined()
    expect(passing.sizeBytes).toBe(24)
    passing.take(1, 5)
    expect(passing.find(1, 5)).toBeUndefined()
    passing.drop(2)
    expect(passing.sizeBytes).toBe(0)
  })

  test('are bounded in number and size, but for the newest', () => {
    const { passing } = new BlockCache(0)
    for (let block = 0; block < 100; block += 1) passing.add(1, block, new BlockMemory(8))
    expect(passing.find(1, 35)).toBeUndefined()
    expect(passing.find(1, 36)).toBeDefined()
    passing.add(1, 100, new BlockMemory(5 * 1024 * 1024))
    expect(passing.find(1, 99)).toBeUndefined()
    expect(passing.find(1, 100)).toBeDefined()
    passing.add(1, 101, new BlockMemory(8))
    expect(passing.find(1, 100)).toBeUndefined()
    expect(passing.sizeBytes).toBe(8)
  })
})
