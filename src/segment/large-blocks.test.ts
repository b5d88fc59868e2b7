import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlockCache, frameSizeBytes } from './block-cache.ts'
import { BlockMemory } from './block-memory.ts'
import { LargeBlocks, type LargeColumn } from './large-blocks.ts'

const KiB = 1024

describe('large blocks', () => {
  test('are kept when they are read a second time', () => {
    const blocks = new LargeBlocks(256 * KiB)
    const column: LargeColumn = new Map()
    const memory = new BlockMemory(8 * KiB)
    expect(blocks.offer(column, 1, 7, memory, 256 * KiB)).toBe(false)
    expect(blocks.find(column, 7)).toBeUndefined()
    expect(blocks.offer(column, 1, 7, memory, 256 * KiB)).toBe(true)
    expect(blocks.find(column, 7)).toBe(memory)
    expect(blocks.find(column, 8)).toBeUndefined()
    expect(blocks.sizeBytes).toBe(8 * KiB)
    blocks.drop(column)
    expect(blocks.find(column, 7)).toBeUndefined()
    expect(blocks.sizeBytes).toBe(0)
  })

  test('are kept once, also when two lookups read one at the same time', () => {
    const blocks = new LargeBlocks(256 * KiB)
    const column: LargeColumn = new Map()
    const memory = new BlockMemory(8 * KiB)
    blocks.offer(column, 1, 7, memory, 256 * KiB)
    expect(blocks.offer(column, 1, 7, memory, 256 * KiB)).toBe(true)
    expect(blocks.offer(column, 1, 7, new BlockMemory(8 * KiB), 256 * KiB)).toBe(true)
    expect(blocks.find(column, 7)).toBe(memory)
    expect(blocks.sizeBytes).toBe(8 * KiB)
    blocks.drop(column)
    expect(blocks.sizeBytes).toBe(0)
  })

  test('that take too much of the room are not kept, however often they are read', () => {
    const blocks = new LargeBlocks(256 * KiB)
    const column: LargeColumn = new Map()
    for (let i = 0; i < 3; i++)
      expect(blocks.offer(column, 1, 7, new BlockMemory(33 * KiB), 256 * KiB)).toBe(false)
  })

  test('that were used since are passed over once', () => {
    const blocks = new LargeBlocks(64 * KiB)
    const column: LargeColumn = new Map()
    const add = (block: number): void => {
      blocks.offer(column, 1, block, new BlockMemory(8 * KiB), 64 * KiB)
      blocks.offer(column, 1, block, new BlockMemory(8 * KiB), 64 * KiB)
    }
    for (let block = 0; block < 8; block++) add(block)
    expect(column.size).toBe(8)
    // All were used just now: the first round forgives them, the second begins with the first.
    add(8)
    expect(column.has(0)).toBe(false)
    blocks.find(column, 1)
    blocks.find(column, 2)
    add(9)
    expect([1, 2, 8, 9].filter((block) => column.has(block))).toEqual([1, 2, 8, 9])
    expect(column.size).toBe(8)
    expect(blocks.sizeBytes).toBe(64 * KiB)
  })

  test('never take more than their room, and are found until they go, whatever happens', () => {
    const step = fc.record({
      segment: fc.nat({ max: 3 }),
      block: fc.nat({ max: 40 }),
      act: fc.constantFrom('read', 'read', 'read', 'drop', 'shrink'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const blocks = new LargeBlocks(128 * KiB)
        const columns: LargeColumn[] = [new Map(), new Map(), new Map(), new Map()]
        for (const { segment, block, act } of steps) {
          const column = columns[segment] as LargeColumn
          if (act === 'drop') blocks.drop(column)
          else if (act === 'shrink') blocks.shrinkTo(block * KiB)
          else if (blocks.find(column, block) === undefined)
            blocks.offer(column, segment, block, new BlockMemory((1 + (block % 13)) * KiB), 128 * KiB)
          const held = columns.flatMap((each) => [...each.values()])
          expect(blocks.sizeBytes).toBe(held.reduce((sum, { memory }) => sum + memory.bytes.length, 0))
          expect(blocks.sizeBytes).toBeLessThanOrEqual(128 * KiB)
        }
      }),
    )
  })
})

describe('the cache', () => {
  test('keeps large blocks in the room that frames have left, and frames come first', () => {
    const cache = new BlockCache(1024 * frameSizeBytes)
    const segment = cache.register(2000)
    for (let round = 0; round < 3; round++)
      for (let block = 0; block < 20; block++)
        cache.addLarge(segment, block, new BlockMemory(2 * frameSizeBytes))
    expect(segment.large.size).toBe(20)
    for (let block = 100; block < 1124; block++) {
      cache.publish(segment, block, cache.claim())
      expect(cache.sizeBytes - cache.passing.sizeBytes).toBeLessThanOrEqual(1024 * frameSizeBytes)
    }
    expect(segment.large.size).toBe(0)
    expect(cache.findLarge(segment, 3)).toBeUndefined()
  })

  test('keeps none without a budget', () => {
    const cache = new BlockCache(0)
    const segment = cache.register(10)
    for (let i = 0; i < 3; i++) cache.addLarge(segment, 1, new BlockMemory(8))
    expect(segment.large.size).toBe(0)
    expect(cache.passing.find(segment.id, 1)).toBeDefined()
  })
})
