/** Readers and writers at the same time, in one another's way as much as can be. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { TuningOptions } from '../../src/store/settings.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'

const KiB = 1024
const tuning: TuningOptions = {
  arenaSizeBytes: 64 * KiB,
  arenaCountMax: 2,
  blockSizeBytes: 512,
  segmentSizeBytesMax: 16 * KiB,
  level0RunCount: 2,
  cacheBudgetBytes: 8 * KiB,
  indexBudgetBytes: 0,
}

async function storeWith(count: number): Promise<LogStructuredStore> {
  const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem(), tuning })
  for (let i = 0; i < count; i++) store.putSync(`key ${String(i).padStart(5, '0')}`, `first ${i}`)
  return store
}

describe('end to end', () => {
  test('a visitor that writes holds no more memory than the writes themselves need', async () => {
    const store = await storeWith(2_000)
    let mostBytes = 0
    const count = store.forEach({}, () => {
      store.putSync('written', 'x'.repeat(2_000))
      mostBytes = Math.max(mostBytes, store.status().memory.arenaBytes)
    })
    expect(count).toBe(2_000)
    // Two in use, one that the visitor may be looking at, one on its way back.
    expect(mostBytes).toBeLessThanOrEqual(4 * 64 * KiB)
    await store.close()
  })

  test('a loop that writes as it reads sees every entry as it was, and never runs out of memory', async () => {
    const store = await storeWith(2_000)
    let seen = 0
    for await (const [key, value] of store.entries()) {
      expect(value).toBe(`first ${seen}`)
      await store.put(key, 'second'.repeat(200))
      seen++
    }
    expect(seen).toBe(2_000)
    for (const [key, value] of store.entries({ reverse: true })) {
      expect(value).toBe('second'.repeat(200))
      store.putSync(key, 'third'.repeat(200))
    }
    expect(await store.get('key 01999')).toBe('third'.repeat(200))
    await store.close()
  })

  test('reads of many keys, scans and snapshots each see one moment, never half a batch', async () => {
    const random = new SeededRandom(11)
    const fileSystem = new SlowFileSystem(new MemoryFileSystem(), random)
    const store = await LogStructuredStore.open('/store', { fileSystem, tuning })
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`)
    const write = (round: number): Promise<void> =>
      store.batch(keys.map((key) => ({ type: 'put', key, value: `${round}`.padEnd(100, '.') })))
    await write(0)
    let isOver = false
    let readCount = 0
    const checkOneMoment = (values: readonly (string | undefined)[]): void => {
      readCount++
      expect(values).toHaveLength(keys.length)
      expect(new Set(values).size).toBe(1)
    }
    const readers = [
      async () => checkOneMoment(await store.getMany(keys)),
      async () => {
        checkOneMoment(store.getManySync(keys))
        await new Promise((resolve) => setImmediate(resolve))
      },
      async () => checkOneMoment(await valuesOf(store)),
      async () => {
        await using snapshot = store.snapshot()
        const [first] = await store.getMany(keys, { snapshot })
        for (const key of keys) expect(await store.get(key, { snapshot })).toBe(first)
      },
    ].map(async (read) => {
      while (!isOver) await read()
    })
    for (let round = 1; round <= 300; round++) await write(round)
    isOver = true
    await Promise.all(readers)
    expect(readCount).toBeGreaterThan(100)
    expect(store.status().flushes.count).toBeGreaterThan(10)
    await store.close()
  })
})

async function valuesOf(store: LogStructuredStore): Promise<string[]> {
  const values: string[] = []
  for await (const value of store.values()) values.push(value)
  return values
}
