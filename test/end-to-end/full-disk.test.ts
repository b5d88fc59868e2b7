/** A full disk as a quiet program and one with large batches meet it. */
import { describe, expect, test } from 'vitest'
import { DiskFullError } from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { BatchOperation } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { StillTime } from '../support/still-time.ts'

interface Bench {
  readonly disk: MemoryFileSystem
  readonly time: StillTime
  readonly store: LogStructuredStore
}

async function openBench(): Promise<Bench> {
  const time = new StillTime()
  const disk = new MemoryFileSystem()
  const store = await LogStructuredStore.open('/store', {
    fileSystem: disk,
    clock: time,
    scheduler: time,
    maintenance: 'inline',
    tuning: { arenaSizeBytes: 65_536 },
  })
  return { disk, time, store }
}

/** Lets what is under way go on, and so much time pass. */
async function letPass({ time }: Bench, ms: number): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
  time.pass(ms)
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** More than half an arena: it gets memory of its own, of which there is one. */
const oversize = (name: string): BatchOperation<string, string>[] =>
  Array.from({ length: 50 }, (_, i) => ({ type: 'put', key: `${name} ${i}`, value: 'x'.repeat(2_000) }))

describe('a full disk', () => {
  test('is found out by itself to have room again, though nobody writes', async () => {
    const bench = await openBench()
    const { disk, store } = bench
    const told: string[] = []
    store.on('full', () => told.push('full')).on('resumed', () => told.push('resumed'))
    await store.put('before', 'x')
    disk.capacityBytes = disk.usedBytes
    await expect(store.put('refused', 'x')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    for (let i = 0; i < 10; i++) await letPass(bench, 5_000)
    expect(store.status().state).toBe('full')
    disk.capacityBytes = Infinity
    await letPass(bench, 30_000)
    expect(store.status().state).toBe('open')
    expect(told).toEqual(['full', 'resumed'])
    await store.put('after', 'x')
    expect(await store.keys().nextMany(9)).toEqual(['after', 'before'])
    await store.close()
  })

  test('takes the sequence numbers of refused writes with it, and no later write for synced', async () => {
    const bench = await openBench()
    const { disk, time, store } = bench
    await store.put('before', 'x')
    disk.capacityBytes = disk.usedBytes
    await expect(store.put('refused', 'x')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    disk.capacityBytes = Infinity
    await letPass(bench, 30_000)
    expect(store.status()).toMatchObject({ sequenceNumber: 2, sync: { syncedSequence: 2, ageMs: 0 } })
    // So does the life after a crash here, in which no log tells of them.
    const killed = await LogStructuredStore.open('/store', { fileSystem: disk.killed() })
    await killed.put('after', 'x')
    expect(killed.status().sequenceNumber).toBe(3)
    await killed.close()
    await store.put('after', 'x')
    time.pass(20)
    expect(store.status()).toMatchObject({ sequenceNumber: 3, sync: { syncedSequence: 2, ageMs: 20 } })
    await store.close()
  })

  test('refuses an oversize batch when the flush of the one before finds no room', async () => {
    const bench = await openBench()
    const { disk, store } = bench
    await store.put('before', 'x')
    // Room for the log, not for the flush.
    disk.capacityBytes = disk.usedBytes + 150_000
    await store.batch(oversize('first'))
    const second = store.batch(oversize('second')).then(
      () => 'written',
      (error: unknown) => error,
    )
    await letPass(bench, 5)
    expect(await Promise.race([second, 'waits'])).toMatchObject({ code: 'STORE_DISK_FULL' })
    expect(store.status().state).toBe('full')
    await expect(store.put('small', 'x')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    expect(await store.get('first 7')).toHaveLength(2_000)
    disk.capacityBytes = Infinity
    await letPass(bench, 2_000)
    await store.batch(oversize('third'))
    expect(await store.keys().nextMany(200)).toHaveLength(101)
    await store.close()
  })

  test('refuses an oversize batch that comes long after, without waiting for the next retry', async () => {
    const bench = await openBench()
    const { disk, store } = bench
    await store.put('before', 'x')
    disk.capacityBytes = disk.usedBytes + 150_000
    await store.batch(oversize('first'))
    // Flushes fail by then, and the store is patient with them.
    for (let i = 0; i < 20; i++) await letPass(bench, 10_000)
    expect(store.status()).toMatchObject({ state: 'open', stalls: { cause: undefined } })
    const second = store.batch(oversize('second')).then(
      () => 'written',
      (error: unknown) => error,
    )
    await letPass(bench, 5)
    expect(await Promise.race([second, 'waits'])).toMatchObject({ code: 'STORE_DISK_FULL' })
    disk.capacityBytes = Infinity
    await letPass(bench, 2_000)
    await store.close()
  })

  test('refuses blocking oversize batches as long as it is full, and no longer', async () => {
    const bench = await openBench()
    const { disk, store } = bench
    await store.put('before', 'x')
    disk.capacityBytes = disk.usedBytes + 150_000
    store.batchSync(oversize('first'))
    for (let i = 0; i < 3; i++) {
      expect(() => store.batchSync(oversize('second'))).toThrow(DiskFullError)
      expect(store.status().state).toBe('full')
    }
    disk.capacityBytes = Infinity
    await letPass(bench, 2_000)
    store.batchSync(oversize('third'))
    expect(await store.keys().nextMany(200)).toHaveLength(101)
    await store.close()
  })
})
