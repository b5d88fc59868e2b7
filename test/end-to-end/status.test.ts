/** What status() tells agrees with what was done, with the files, and with what the events told. */
import { describe, expect, test } from 'vitest'
import type { CustomEncoding } from '../../src/encoding/encoding.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'

interface OpenedStore {
  readonly store: LogStructuredStore
  readonly disk: MemoryFileSystem
  readonly time: VirtualTime
}

async function openTinyStore(): Promise<OpenedStore> {
  const disk = new MemoryFileSystem()
  const time = new VirtualTime(new SeededRandom(7))
  const store = await LogStructuredStore.open('/store', {
    fileSystem: disk,
    clock: time,
    scheduler: time,
    tuning: {
      arenaSizeBytes: 65_536,
      segmentSizeBytesMax: 16_384,
      level0RunCount: 2,
      level1SizeBytes: 32_768,
    },
  })
  return { store, disk, time }
}

async function closeTinyStore({ store, time }: OpenedStore): Promise<void> {
  await store.close()
  time.stop()
}

async function writeMuch(store: LogStructuredStore): Promise<void> {
  for (let i = 0; i < 3_000; i++) await store.put(`key ${(i * 7) % 1_000}`, String(i).repeat(30))
}

/** Waits until nothing runs in the background, and nothing waits to be removed. */
async function settle(store: LogStructuredStore): Promise<void> {
  for (let quiet = 0; quiet < 50; ) {
    await new Promise((resolve) => setImmediate(resolve))
    const { flushes, compactions, disk } = store.status()
    quiet = flushes.running + compactions.running === 0 && disk.obsoleteBytes === 0 ? quiet + 1 : 0
  }
}

describe('LogStructuredStore', () => {
  test('status() tells how long the event loop waited for batches and iterators, not for blocking calls', async () => {
    const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallTimeMs: () => 1e12 }
    /** Takes 30 ms to write a value, and 9 to read one. */
    const slow: CustomEncoding<string> = {
      name: 'slow',
      encode: (value) => {
        clock.nowMs += 30
        return new TextEncoder().encode(value)
      },
      decode: (bytes) => {
        clock.nowMs += 9
        return new TextDecoder().decode(bytes)
      },
    }
    const fileSystem = new MemoryFileSystem()
    const store = await LogStructuredStore.open('/store', { fileSystem, clock, valueEncoding: slow })
    const longCounts = (): number[] =>
      store
        .status()
        .eventLoop.buckets.slice(3)
        .map(({ count }) => count)
    store.putSync('a', '1')
    expect(store.getSync('a')).toBe('1')
    expect(longCounts()).toEqual([0, 0, 0, 0])
    await store.batch([{ type: 'put', key: 'b', value: '2' }])
    expect(store.status().eventLoop.longestMs).toBeGreaterThanOrEqual(30)
    const [, upTo20] = longCounts()
    expect(await store.values().nextMany(2)).toEqual(['1', '2'])
    expect(longCounts()[1]).toBe(1 + (upTo20 ?? 0))
    await store.close()
  })

  test('status() counts what was written, and grows by nothing else', async () => {
    const opened = await openTinyStore()
    const { store } = opened
    expect(store.status()).toMatchObject({
      state: 'open',
      error: undefined,
      sequenceNumber: 0,
      writes: { entryCount: 0, payloadBytes: 0, groupCount: 0, logBytes: 0 },
      stalls: { count: 0, cause: undefined },
      snapshots: { snapshotCount: 0, iteratorCount: 0, oldestSequence: undefined },
    })
    await store.put('a', '1')
    await store.batch([
      { type: 'put', key: 'b', value: '2' },
      { type: 'delete', key: 'a' },
    ])
    store.putSync('c', '3')
    const { writes, sequenceNumber, memTables } = store.status()
    expect(writes).toMatchObject({ entryCount: 4, groupCount: 3 })
    expect(writes.logBytes).toBeGreaterThan(writes.payloadBytes)
    expect(sequenceNumber).toBe(4)
    expect(memTables).toMatchObject({ activeEntryCount: 4, sealedCount: 0 })
    await store.get('a')
    await store.entries().nextMany(9)
    expect(store.status().writes).toEqual(writes)
    await closeTinyStore(opened)
    expect(store.status().state).toBe('closed')
  })

  test('status() shows the files that are there', async () => {
    const opened = await openTinyStore()
    const { store, disk } = opened
    await writeMuch(store)
    await store.flush()
    await settle(store)
    const { levels, disk: told, amplification } = store.status()
    const segments = levels.flatMap((level) => level.segments)
    const names = (await disk.list('/store')).map(({ name }) => name)
    expect(segments).toHaveLength(told.segmentCount)
    expect(names.filter((name) => name.endsWith('.seg'))).toHaveLength(told.segmentCount)
    expect(sum(segments.map(({ sizeBytes }) => sizeBytes))).toBe(told.segmentBytes)
    expect(sum(levels.map(({ sizeBytes }) => sizeBytes))).toBe(told.segmentBytes)
    for (const { number, sizeBytes } of segments) {
      const file = disk.openSync(`/store/${String(number).padStart(6, '0')}.seg`, 'read')
      expect(file.sizeSync()).toBe(sizeBytes)
      file.closeSync()
    }
    const entryCount = sum(segments.map((segment) => segment.entryCount))
    expect(entryCount).toBeGreaterThanOrEqual(1_000)
    expect(told.obsoleteBytes).toBe(0)
    expect(amplification.write).toBeGreaterThan(1)
    expect(amplification.write).toBeLessThan(50)
    expect(amplification.readRuns).toBeLessThan(10)
    await closeTinyStore(opened)
  })

  test('each flush and each compaction has one begin and one end, and status() counts the same', async () => {
    const opened = await openTinyStore()
    const { store } = opened
    // A listener that throws is only told to the logger, so what is wrong is kept for later.
    const wrong: string[] = []
    const running = new Map<number, string>()
    const told = { flushes: 0, flushedBytes: 0, compactions: 0, compactedBytes: 0 }
    const begin = (job: number, kind: string): void => {
      if (running.has(job) || [...running.values()].includes(kind)) wrong.push(`${kind} ${job} began`)
      running.set(job, kind)
    }
    const end = (job: number, kind: string, durationMs: number): void => {
      if (running.get(job) !== kind || durationMs < 0) wrong.push(`${kind} ${job} ended`)
      running.delete(job)
    }
    store.on('flushBegin', ({ job }) => begin(job, 'flush'))
    store.on('flushEnd', ({ job, bytesWritten, durationMs }) => {
      end(job, 'flush', durationMs)
      told.flushes++
      told.flushedBytes += bytesWritten
    })
    store.on('compactionBegin', ({ job }) => begin(job, 'compaction'))
    store.on('compactionEnd', ({ job, bytesWritten, durationMs }) => {
      end(job, 'compaction', durationMs)
      told.compactions++
      told.compactedBytes += bytesWritten
    })
    await writeMuch(store)
    await store.flush()
    await settle(store)
    expect(wrong).toEqual([])
    expect([...running]).toEqual([])
    const { flushes, compactions } = store.status()
    expect(told.flushes).toBeGreaterThan(3)
    expect(told.compactions).toBeGreaterThan(1)
    expect(flushes).toMatchObject({
      count: told.flushes,
      bytesWritten: told.flushedBytes,
      failures: 0,
      running: 0,
    })
    expect(compactions).toMatchObject({
      count: told.compactions,
      bytesWritten: told.compactedBytes,
      failures: 0,
    })
    await closeTinyStore(opened)
  })

  test('each stall has one begin and one end, and status() adds them up', async () => {
    const opened = await openTinyStore()
    const { store } = opened
    const wrong: string[] = []
    let open: string | undefined
    const told = { count: 0, totalMs: 0 }
    store.on('stallBegin', ({ cause }) => {
      if (open !== undefined) wrong.push(`${cause} began within ${open}`)
      open = cause
    })
    store.on('stallEnd', ({ cause, durationMs }) => {
      if (open !== cause) wrong.push(`${cause} ended within ${open}`)
      open = undefined
      told.count++
      told.totalMs += durationMs
    })
    const writes = Array.from({ length: 3_000 }, (_, i) => store.put(`key ${i}`, String(i).repeat(40)))
    for (let i = 0; i < 300; i++) store.putSync(`blocking ${i}`, 'x'.repeat(1_000))
    await Promise.all(writes)
    expect(wrong).toEqual([])
    expect(open).toBeUndefined()
    expect(told.count).toBeGreaterThan(0)
    expect(store.status().stalls).toMatchObject({ count: told.count, cause: undefined })
    expect(store.status().stalls.totalMs).toBeCloseTo(told.totalMs, 6)
    await closeTinyStore(opened)
  })

  test('the age of what is not synced grows until the background sync, and is then nothing', async () => {
    const opened = await openTinyStore()
    const { store, time } = opened
    await store.put('a', '1')
    time.pass(300)
    expect(store.status().sync).toMatchObject({ intervalMs: 1_000, syncedSequence: 0 })
    expect(store.status().sync.ageMs).toBeGreaterThanOrEqual(300)
    time.pass(1_500)
    await settle(store)
    expect(store.status().sync).toMatchObject({ ageMs: 0, syncedSequence: 1 })
    await store.put('b', '2', { durability: 'disk' })
    expect(store.status().sync).toMatchObject({ ageMs: 0, syncedSequence: 2 })
    await closeTinyStore(opened)
  })

  test('readers are counted while they are open, and the oldest place of them told', async () => {
    const opened = await openTinyStore()
    const { store } = opened
    await store.put('a', '1')
    const snapshot = store.snapshot()
    await store.put('b', '2')
    const iterator = store.entries()
    expect(store.status().snapshots).toEqual({ snapshotCount: 1, iteratorCount: 1, oldestSequence: 1 })
    snapshot.close()
    snapshot.close()
    expect(store.status().snapshots).toEqual({ snapshotCount: 0, iteratorCount: 1, oldestSequence: 2 })
    await iterator.nextMany(9)
    await iterator.nextMany(9)
    expect(store.status().snapshots).toEqual({
      snapshotCount: 0,
      iteratorCount: 0,
      oldestSequence: undefined,
    })
    await closeTinyStore(opened)
  })
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
