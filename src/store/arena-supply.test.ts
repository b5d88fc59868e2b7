import { describe, expect, test } from 'vitest'
import { memoryPool } from '../kernel/memory-pool.ts'
import { ArenaSupply } from './arena-supply.ts'
import { Deferred } from './deferred.ts'

const sizeBytes = 64 * 1024

/** Arenas that the process has out, beyond those before. */
function countSince(before: number): number {
  return (memoryPool.takenBytes - before) / sizeBytes
}

describe('ArenaSupply', () => {
  test('gives out so many arenas and no more, first those that were reserved', () => {
    const supply = new ArenaSupply(sizeBytes, 3)
    supply.reserve()
    const before = memoryPool.takenBytes
    const arenas = [supply.take(), supply.take()]
    expect(countSince(before)).toBe(0)
    arenas.push(supply.take())
    expect(countSince(before)).toBe(1)
    expect(supply.take()).toBeUndefined()
    expect(supply.freeCount).toBe(0)
    expect(new Set(arenas.map((arena) => arena?.base)).size).toBe(3)
    for (const arena of arenas) if (arena !== undefined) supply.giveBack(arena)
    expect(supply.freeCount).toBe(3)
    expect(supply.takenBytes).toBe(0)
  })

  test('takeAnyway() gives one of the count while there is one, and one beyond it afterwards', () => {
    const supply = new ArenaSupply(sizeBytes, 1)
    const arena = supply.takeAnyway()
    expect(arena.sizeBytes).toBe(sizeBytes)
    expect(supply.freeCount).toBe(0)
    expect(supply.takeAnyway().sizeBytes).toBeGreaterThan(sizeBytes)
    supply.giveBack(arena)
    expect(supply.freeCount).toBe(1)
  })

  test('gives everything back when it is released, what is out too', () => {
    const before = memoryPool.takenBytes
    const supply = new ArenaSupply(sizeBytes, 4)
    supply.reserve()
    for (let i = 0; i < 3; i++) supply.take()
    expect(countSince(before)).toBe(3)
    supply.release()
    supply.release()
    expect(countSince(before)).toBe(0)
  })

  test('keeps an arena aside while somebody looks at bytes', () => {
    const before = memoryPool.takenBytes
    const supply = new ArenaSupply(sizeBytes, 2)
    const arena = supply.take()
    if (arena === undefined) throw new Error('there is no arena')
    supply.beginViewing()
    supply.beginViewing()
    supply.giveBack(arena)
    supply.endViewing()
    expect(countSince(before)).toBe(1)
    supply.endViewing()
    expect(countSince(before)).toBe(0)
  })

  test('keeps an arena that a log write reads from, and lets another be taken in its place', async () => {
    const before = memoryPool.takenBytes
    const supply = new ArenaSupply(sizeBytes, 1)
    const arena = supply.take()
    if (arena === undefined) throw new Error('there is no arena')
    const readers = new Deferred()
    supply.giveBackAfter(arena, readers.promise)
    const other = supply.take()
    expect(other).toBeDefined()
    expect(other?.base).not.toBe(arena.base)
    expect(countSince(before)).toBe(2)
    readers.resolve()
    await readers.promise
    expect(countSince(before)).toBe(1)
    supply.release()
    expect(countSince(before)).toBe(0)
  })

  test('has one arena at a time for an oversize batch, outside the count', () => {
    const supply = new ArenaSupply(sizeBytes, 1)
    const own = supply.takeOwn(3 * sizeBytes)
    expect(own?.sizeBytes).toBeGreaterThanOrEqual(3 * sizeBytes)
    expect(supply.ownBytes).toBe(3 * sizeBytes)
    expect(supply.takeOwn(3 * sizeBytes)).toBeUndefined()
    expect(supply.freeCount).toBe(1)
    if (own !== undefined) supply.giveBack(own)
    expect(supply.ownBytes).toBe(0)
    expect(supply.takeOwn(3 * sizeBytes)).toBeDefined()
  })

  test('takes what recovery needs from nobody, and never mistakes it for one of the pool', () => {
    const before = memoryPool.takenBytes
    const supply = new ArenaSupply(sizeBytes, 1)
    const arena = supply.takeBeyond(sizeBytes)
    expect(arena.sizeBytes).toBeGreaterThan(sizeBytes)
    supply.giveBack(arena)
    expect(countSince(before)).toBe(0)
  })
})
