/** Deleting gives the disk back, without asking for it. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
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
})

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
  let quietTurnCount = 0
  for (let turn = 0; quietTurnCount < 200 && turn < turnCountMax; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    time.pass(50)
    const { flushes, compactions, disk } = store.status()
    const isQuiet = flushes.running + compactions.running === 0 && disk.obsoleteBytes === 0
    quietTurnCount = isQuiet ? quietTurnCount + 1 : 0
  }
}
