/** Deleting gives the disk back, without asking for it. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { StillTime } from '../support/still-time.ts'

const keyCount = 20_000
const turnCountMax = 200_000

describe('end to end', () => {
  // These values compress well: the disk that counts here is that of plain blocks.
  test.each([
    ['leveled', 'none'],
    ['leveled', 'lz4'],
    ['size-tiered', 'none'],
    ['size-tiered', 'lz4'],
  ] as const)(
    'deleting everything and waiting gives nearly all of the disk back (%s, compression %s)',
    async (compaction, compression) => {
      const disk = new MemoryFileSystem()
      const time = new StillTime()
      const store = await LogStructuredStore.open('/store', {
        fileSystem: disk,
        clock: time,
        scheduler: time,
        compaction,
        compression,
        tuning: {
          arenaSizeBytes: 1024 * 1024,
          segmentSizeBytesMax: 256 * 1024,
          level1SizeBytes: 1024 * 1024,
        },
      })
      const all = Array.from({ length: keyCount }, (_, i) => `key ${i}`)
      await inSteps(time, all, (keys) =>
        store.batch(keys.map((key) => ({ type: 'put', key, value: key.repeat(30) }))),
      )
      await letWork(store, time)
      const peakBytes = disk.usedBytes
      await inSteps(time, all, (keys) => store.batch(keys.map((key) => ({ type: 'delete', key }))))
      await letWork(store, time)
      expect(peakBytes).toBeGreaterThan(keyCount * (compression === 'none' ? 200 : 20))
      expect(disk.usedBytes).toBeLessThanOrEqual(keyCount * 200 * 0.02)
      expect(await store.keys().nextMany(1)).toEqual([])
      await store.close()
    },
  )

  const readers: Record<string, (store: LogStructuredStore) => { close(): unknown }> = {
    snapshot: (store) => store.snapshot(),
    iterator: (store) => store.keys(),
  }

  for (const [name, openReader] of Object.entries(readers)) {
    test(`what only a reader could see is given back when that is closed: ${name}`, async () => {
      const disk = new MemoryFileSystem()
      const time = new StillTime()
      const tuning = { arenaSizeBytes: 256 * 1024, segmentSizeBytesMax: 128 * 1024 }
      const options = { fileSystem: disk, clock: time, scheduler: time, tuning, compression: 'none' as const }
      const store = await LogStructuredStore.open('/store', options)
      const all = Array.from({ length: 5_000 }, (_, i) => `key ${i}`)
      await inSteps(time, all, (keys) =>
        store.batch(keys.map((key) => ({ type: 'put', key, value: key.repeat(20) }))),
      )
      await letWork(store, time)
      const fullBytes = disk.usedBytes
      const reader = openReader(store)
      await inSteps(time, all, (keys) => store.batch(keys.map((key) => ({ type: 'delete', key }))))
      await letWork(store, time)
      expect(disk.usedBytes).toBeGreaterThan(fullBytes * 0.9)
      await reader.close()
      await letWork(store, time)
      expect(disk.usedBytes).toBeLessThanOrEqual(fullBytes * 0.02)
      await store.close()
    })
  }

  test.each(['lz4', 'none'] as const)(
    'what was overwritten is given back without asking for it, as compact() would (compression %s)',
    async (compression) => {
      const disk = new MemoryFileSystem()
      const { store, time, overwrite } = await openFilled(disk, compression)
      for (const share of [1, 0.2, 0.5]) {
        await overwrite(share)
        expect(store.status().memTables.activeBytes).toBeGreaterThan(0)
        await letRest(store, time)
        const restedBytes = disk.usedBytes
        const { count } = store.status().compactions
        time.pass(3_600_000)
        await letRest(store, time)
        expect(store.status().compactions.count).toBe(count)
        await store.compact()
        await letRest(store, time)
        expect(restedBytes).toBeLessThanOrEqual(1.05 * disk.usedBytes)
      }
      await store.close()
    },
  )

  test('after everything was deleted less than two percent of the disk stay in use, without a flush', async () => {
    const disk = new MemoryFileSystem()
    const { store, time } = await openFilled(disk, 'lz4')
    await letRest(store, time)
    const peakBytes = disk.usedBytes
    const all = Array.from({ length: keyCount }, (_, i) => `key ${i}`)
    await inSteps(time, all, (keys) => store.batch(keys.map((key) => ({ type: 'delete', key }))))
    await letRest(store, time)
    expect(disk.usedBytes).toBeLessThan(0.02 * peakBytes)
    await store.close()
  })

  test('a store that is written to now and then is left alone', async () => {
    const { store, time, overwrite } = await openFilled(new MemoryFileSystem(), 'lz4')
    await letRest(store, time)
    await overwrite(0.3)
    const before = store.status()
    expect(before.memTables.activeBytes).toBeGreaterThan(512 * 1024)
    for (let i = 0; i < 20; i++) {
      await store.put('now and then', `${i}`)
      time.pass(1900)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const after = store.status()
    expect(after.flushes.count).toBe(before.flushes.count)
    expect(after.compactions.count).toBe(before.compactions.count)
    await letRest(store, time)
    expect(store.status().flushes.count).toBe(before.flushes.count + 1)
    await store.close()
  })

  test('a store that is read a lot flushes nothing for the space before that is over', async () => {
    const { store, time, overwrite } = await openFilled(new MemoryFileSystem(), 'lz4')
    await letRest(store, time)
    await overwrite(0.3)
    const { count } = store.status().flushes
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 1000; i++) store.getSync(`key ${i * 19}`)
      time.pass(500)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(store.status().flushes.count).toBe(count)
    await letRest(store, time)
    expect(store.status().flushes.count).toBe(count + 1)
    await store.close()
  })

  test('a store that was only written to for a moment keeps its log', async () => {
    const { store, time, overwrite } = await openFilled(new MemoryFileSystem(), 'lz4')
    await letRest(store, time)
    const before = store.status()
    await overwrite(0.02)
    await letRest(store, time)
    const after = store.status()
    expect(after.flushes.count).toBe(before.flushes.count)
    expect(after.compactions.count).toBe(before.compactions.count)
    await store.close()
  })
})

const valueLength = 150

/** A store of `keyCount` entries, and what overwrites a share of them at random; half of each value compresses. */
async function openFilled(disk: MemoryFileSystem, compression: 'lz4' | 'none') {
  const random = new SeededRandom(4)
  const time = new StillTime()
  const store = await LogStructuredStore.open('/store', {
    fileSystem: disk,
    clock: time,
    scheduler: time,
    compression,
    tuning: { arenaSizeBytes: 2 * 1024 * 1024, level1SizeBytes: 8 * 1024 * 1024 },
  })
  const anyValue = (): string => {
    const noise = Array.from({ length: valueLength / 2 }, () => String.fromCharCode(33 + random.upTo(90)))
    return noise.join('').padEnd(valueLength, 'x')
  }
  const put = (keys: readonly string[]) =>
    store.batch(keys.map((key) => ({ type: 'put', key, value: anyValue() })))
  const all = Array.from({ length: keyCount }, (_, i) => `key ${i}`)
  await inSteps(time, all, put)
  const overwrite = (share: number): Promise<void> => {
    const keys = Array.from({ length: share * keyCount }, () => `key ${random.upTo(keyCount - 1)}`)
    return inSteps(time, keys, put)
  }
  return { store, time, overwrite }
}

/** Writes 500 at a time; where the store slows writes down, time passes. */
async function inSteps(
  time: StillTime,
  keys: readonly string[],
  write: (keys: readonly string[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < keys.length; from += 500) {
    let isWritten = false
    const written = write(keys.slice(from, from + 500)).then(() => {
      isWritten = true
    })
    while (!isWritten) {
      await new Promise((resolve) => setImmediate(resolve))
      time.pass(1)
    }
    await written
  }
}

/** Flushes, and lets time pass until nothing is left to do. */
async function letWork(store: LogStructuredStore, time: StillTime): Promise<void> {
  await store.flush()
  await letRest(store, time)
}

/** Lets time pass until nothing is left to do. */
async function letRest(store: LogStructuredStore, time: StillTime): Promise<void> {
  let quietTurnCount = 0
  for (let turn = 0; quietTurnCount < 200 && turn < turnCountMax; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    time.pass(50)
    const { flushes, compactions, disk } = store.status()
    const isQuiet = flushes.running + compactions.running === 0 && disk.obsoleteBytes === 0
    quietTurnCount = isQuiet ? quietTurnCount + 1 : 0
  }
}
