import { expect, test } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { putIntoTable } from '../../test/support/table-model.ts'
import { windowSizeBytes } from '../compaction/merge-feed.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { kernelOf } from './kernel-instances.ts'
import { gatheredHeaderSizeBytes, pooledScratchSizeBytes } from './memory-layout.ts'
import { type Arena, createOwnArena, MemoryPool } from './memory-pool.ts'
import { createPlainMemory } from './shared-memory.ts'

const mebibyte = 1024 * 1024

function taken(pool: MemoryPool, mebibytes: number): Arena {
  const arena = pool.take(mebibytes * mebibyte)
  if (arena === undefined) throw new Error('there is no arena')
  return arena
}

function usedOf({ usedFrontBytes, usedBackBytes }: Arena): number[] {
  return [usedFrontBytes, usedBackBytes]
}

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
  expect(pool.take(8 * mebibyte)).toEqual(first)
})

test('tells what somebody had of an arena from what nobody had', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const [first, second] = [taken(pool, 2), taken(pool, 4)]
  for (const arena of [first, second]) expect(usedOf(arena)).toEqual([0, 0])
  const table = MemTable.create(first, 1)
  putIntoTable(table, { ...plainEntry('key', 1, ''), value: new Uint8Array(300_000) })
  pool.giveBack(first)
  const again = taken(pool, 2)
  expect(again.base).toBe(first.base)
  expect(usedOf(again)).toEqual([table.appendOffset, again.sizeBytes - table.treeOffset])
  expect(again.usedFrontBytes).toBeGreaterThan(300_000)
  expect(again.usedBackBytes).toBeGreaterThan(0)
  expect(usedOf(createOwnArena(100_000))).toEqual([0, 0])
})

test('remembers the most that was ever used of an arena', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const first = taken(pool, 2)
  putIntoTable(MemTable.create(first, 1), { ...plainEntry('key', 1, ''), value: new Uint8Array(300_000) })
  pool.giveBack(first)
  const second = taken(pool, 2)
  MemTable.create(second, 1)
  pool.giveBack(second)
  expect(taken(pool, 2)).toEqual(second)
})

test('takes an arena for used whole that had another shape before', () => {
  const pool = new MemoryPool({ memorySizeBytes: 16 * mebibyte })
  const first = taken(pool, 2)
  new Uint8Array(first.memory.buffer, first.base, first.sizeBytes).fill(1)
  pool.giveBack(first)
  const halves = [taken(pool, 1), taken(pool, 1)]
  expect(halves.map(({ base }) => base)).toEqual([first.base, first.base + mebibyte])
  for (const half of halves) expect(usedOf(half)).toEqual([mebibyte, 0])
  for (const half of halves) pool.giveBack(half)
  const whole = taken(pool, 2)
  expect(whole.base).toBe(first.base)
  expect(usedOf(whole)).toEqual([2 * mebibyte, 0])
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
