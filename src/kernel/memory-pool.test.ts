import { expect, test } from 'vitest'
import { windowSizeBytes } from '../compaction/merge-feed.ts'
import { kernelOf } from './kernel-instances.ts'
import { gatheredHeaderSizeBytes, pooledScratchSizeBytes } from './memory-layout.ts'
import { createOwnArena, MemoryPool } from './memory-pool.ts'
import { createPlainMemory } from './shared-memory.ts'

const mebibyte = 1024 * 1024

test('an arena lies in a shared memory, behind its scratch space', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const arena = pool.take(mebibyte)
  expect(arena?.sizeBytes).toBe(mebibyte)
  expect(arena?.memory.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(arena?.memory.buffer.byteLength).toBe(16 * mebibyte)
  expect(arena?.base).toBeGreaterThanOrEqual(pooledScratchSizeBytes)
})

test('a memory is made only when the others are full, and none beyond their number', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte, memoryCountMax: 2 })
  expect(pool.memoryCount).toBe(0)
  const arenas = [pool.take(8 * mebibyte), pool.take(4 * mebibyte)]
  expect(pool.memoryCount).toBe(1)
  arenas.push(pool.take(8 * mebibyte))
  expect(pool.memoryCount).toBe(2)
  expect(pool.take(8 * mebibyte)).toBeUndefined()
  expect(pool.takenBytes).toBe(20 * mebibyte)
  const [first] = arenas
  if (first === undefined) throw new Error('no arena')
  pool.giveBack(first)
  expect(pool.take(8 * mebibyte)).toEqual({ ...first, isFresh: false })
})

test('tells arenas that nobody had any part of from those that somebody had', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const first = pool.take(2 * mebibyte)
  const second = pool.take(4 * mebibyte)
  if (first === undefined || second === undefined) throw new Error('no arena')
  expect([first.isFresh, second.isFresh]).toEqual([true, true])
  new Uint8Array(first.memory.buffer, first.base, first.sizeBytes).fill(1)
  pool.giveBack(first)
  expect(pool.take(mebibyte)).toMatchObject({ base: first.base, isFresh: false })
  expect(pool.take(mebibyte)).toMatchObject({ base: first.base + mebibyte, isFresh: false })
  const third = pool.take(4 * mebibyte)
  expect(third).toMatchObject({ base: second.base + second.sizeBytes, isFresh: true })
  expect(createOwnArena(100_000).isFresh).toBe(true)
})

test('takes smaller memories where large ones are refused, down to a limit', () => {
  const asked: number[] = []
  const refuseAbove = (limit: number) => (sizeBytes: number) => {
    asked.push(sizeBytes / mebibyte)
    if (sizeBytes > limit) throw new RangeError('no such memory')
    return createPlainMemory(sizeBytes)
  }
  const pool = new MemoryPool({ memorySizeBytes: 128 * mebibyte, createMemory: refuseAbove(32 * mebibyte) })
  expect(pool.take(mebibyte)?.memory.buffer.byteLength).toBe(32 * mebibyte)
  expect(asked).toEqual([128, 64, 32])
  const none = new MemoryPool({ memorySizeBytes: 64 * mebibyte, createMemory: refuseAbove(0) })
  expect(none.take(mebibyte)).toBeUndefined()
  expect(asked).toEqual([128, 64, 32, 64, 32, 16])
})

test('makes no memory for an arena that it could not hold', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  expect(pool.take(16 * mebibyte)).toBeUndefined()
  expect(pool.memoryCount).toBe(0)
})

test('an error that is not about size is not taken for one', () => {
  const pool = new MemoryPool({
    createMemory: () => {
      throw new TypeError('broken platform')
    },
  })
  expect(() => pool.take(mebibyte)).toThrow('broken platform')
})

test('an arena of its own does not touch the pool', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const arena = createOwnArena(100_001)
  expect(arena.sizeBytes).toBeGreaterThanOrEqual(100_001)
  expect(arena.base + arena.sizeBytes).toBe(arena.memory.buffer.byteLength)
  pool.giveBack(arena)
  expect([pool.memoryCount, pool.takenBytes]).toEqual([0, 0])
})

test('a thread has one kernel for a memory, and two threads have different places for keys and records', () => {
  const { memory, base } = createOwnArena(65_536)
  const received = structuredClone(memory)
  const [owner, visitor] = [kernelOf(memory), kernelOf(received)]
  expect(kernelOf(memory)).toBe(owner)
  expect(kernelOf(received)).toBe(visitor)
  expect(Math.abs(owner.keyPosition - visitor.keyPosition)).toBeGreaterThanOrEqual(65_535)
  expect(owner.recordsPosition).toBeGreaterThanOrEqual(visitor.keyPosition + 65_535)
  const recordSpaceBytes = gatheredHeaderSizeBytes + visitor.recordsSizeBytes
  expect(visitor.recordsPosition).toBeGreaterThanOrEqual(owner.recordsPosition + recordSpaceBytes + 16)
  expect(visitor.recordsPosition + recordSpaceBytes + 16).toBeLessThanOrEqual(base)
  expect(visitor.recordsSizeBytes).toBe(owner.recordsSizeBytes)
  expect(visitor.recordsSizeBytes).toBeGreaterThan(windowSizeBytes)
})

test('a buffer that is no memory of the kernel is told from one', () => {
  expect(() => kernelOf(createPlainMemory(1024))).toThrow(/memory of the kernel/)
})
