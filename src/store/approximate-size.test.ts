import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { LogStructuredStore } from './log-structured-store.ts'

const tuning = { blockSizeBytes: 512, segmentSizeBytesMax: 8192 }

function keyOf(index: number): string {
  return `key-${String(index).padStart(5, '0')}`
}

/** 1,000 entries of about 110 bytes in segments, most of them wider than a block. */
async function filledStore(fileSystem = new MemoryFileSystem()): Promise<LogStructuredStore> {
  const store = await LogStructuredStore.open('/store', { fileSystem, tuning })
  await store.batch(
    Array.from({ length: 1000 }, (_, i) => ({ type: 'put', key: keyOf(i), value: 'v'.repeat(100) })),
  )
  await store.flush()
  return store
}

describe('approximateSize()', () => {
  test('of everything is what the segments take', async () => {
    const store = await filledStore()
    const onDisk = store.status().levels.reduce((sum, level) => sum + level.sizeBytes, 0)
    expect(await store.approximateSize()).toBe(onDisk)
    expect(onDisk).toBeGreaterThan(100_000)
    await store.close()
  })

  test('of a part is about its share, by blocks', async () => {
    const store = await filledStore()
    const whole = await store.approximateSize()
    for (const [from, to] of [
      [0, 500],
      [250, 750],
      [333, 334],
      [990, 1000],
    ] as const) {
      const sizeBytes = await store.approximateSize({ gte: keyOf(from), lt: keyOf(to) })
      const share = (whole * (to - from)) / 1000
      expect(sizeBytes, `${from} to ${to}`).toBeGreaterThan(share * 0.7)
      expect(sizeBytes, `${from} to ${to}`).toBeLessThan(share * 1.2 + 2 * 1024)
    }
    await store.close()
  })

  test('of parts that meet adds up to that of the whole, but for indexes and shared blocks', async () => {
    const store = await filledStore()
    let sum = 0
    for (let i = 0; i < 1000; i += 100) {
      sum += await store.approximateSize({ gte: keyOf(i), lt: keyOf(i + 100) })
    }
    const whole = await store.approximateSize()
    expect(Math.abs(sum - whole)).toBeLessThan(whole / 4)
    await store.close()
  })

  test('of a range without keys is nothing', async () => {
    const store = await filledStore()
    expect(await store.approximateSize({ gte: 'b', lt: 'a' })).toBe(0)
    expect(await store.approximateSize({ gt: 'zz' })).toBe(0)
    expect(await store.approximateSize({ lt: 'a' })).toBe(0)
    await store.close()
  })

  test('does not count what only the log holds', async () => {
    const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    await store.put('a', 'v')
    expect(await store.approximateSize()).toBe(0)
    await store.close()
  })

  test('tells damage of the segment that it has to look into', async () => {
    const fileSystem = new MemoryFileSystem()
    await (await filledStore(fileSystem)).close()
    for (const { name } of await fileSystem.list('/store')) {
      if (!name.endsWith('.seg')) continue
      const file = await fileSystem.open(`/store/${name}`, 'update')
      await file.write(new Uint8Array(16), 0)
      await file.close()
    }
    const store = await LogStructuredStore.open('/store', { fileSystem, tuning })
    await expect(store.approximateSize({ gte: keyOf(500) })).rejects.toMatchObject({
      code: 'STORE_CORRUPTION',
    })
    await store.close()
  })
})
