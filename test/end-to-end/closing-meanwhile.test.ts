/** Calls that are under way while the store is closed: they end well or are told, and read nothing that is gone. */
import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { settle } from '../crash/settling.ts'
import { openSmallStore } from '../crash/small-stores.ts'
import { HeldReads } from '../support/held-reads.ts'

const keys = Array.from({ length: 100 }, (_, i) => `key ${String(i).padStart(3, '0')}`)
const valueFor = (key: string): string => `${key} ${'x'.repeat(200)}`
const seeds = Array.from({ length: 16 }, (_, i) => i + 1)

interface Bench {
  readonly disk: MemoryFileSystem
  readonly time: VirtualTime
  readonly store: LogStructuredStore
}

/** A store with half of its entries in segments, none of them in the cache, and half in memory. */
async function openBench(seed: number): Promise<Bench> {
  const time = new VirtualTime(new SeededRandom(seed))
  const disk = new HeldReads(time)
  const slow = new SlowFileSystem(disk, new SeededRandom(seed))
  const tuning = { cacheBudgetBytes: 0, indexBudgetBytes: 0 }
  const store = await settle(openSmallStore(slow, time, { tuning }), time, 'open()')
  for (const key of keys.filter((_, i) => i % 2 === 0)) store.putSync(key, valueFor(key))
  await settle(store.flush(), time, 'flush()')
  for (const key of keys.filter((_, i) => i % 2 === 1)) store.putSync(key, valueFor(key))
  return { disk, time, store }
}

async function closeAfter({ store }: Bench, turnCount: number): Promise<void> {
  for (let turn = 0; turn < turnCount; turn++) await new Promise((resolve) => setImmediate(resolve))
  await store.close()
}

/** What the call gave, or the error that it ended with. */
function outcomeOf<T>(call: Promise<T>): Promise<T | Error> {
  return call.catch((error: unknown) => error as Error)
}

describe('a store that is closed meanwhile', () => {
  test('getMany() gives the right values or says that the store is closed', async () => {
    const counts = { whole: 0, closed: 0 }
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const reading = outcomeOf(bench.store.getMany(keys))
      await settle(closeAfter(bench, 3 * seed ** 2), bench.time, `close(), seed ${seed}`)
      const outcome = await settle(reading, bench.time, `getMany(), seed ${seed}`)
      if (outcome instanceof Error) {
        expect(outcome, `seed ${seed}`).toBeInstanceOf(ClosedError)
        counts.closed++
      } else {
        expect(outcome, `seed ${seed}`).toEqual(keys.map(valueFor))
        counts.whole++
      }
      bench.time.stop()
    }
    expect(counts.whole).toBeGreaterThan(0)
    expect(counts.closed).toBeGreaterThan(0)
  })

  test('clear() has removed everything, or says that the store is closed', async () => {
    const counts = { whole: 0, closed: 0 }
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const clearing = outcomeOf(bench.store.clear())
      await settle(closeAfter(bench, 3 * seed ** 2), bench.time, `close(), seed ${seed}`)
      const outcome = await settle(clearing, bench.time, `clear(), seed ${seed}`)
      if (outcome instanceof Error) expect(outcome, `seed ${seed}`).toBeInstanceOf(ClosedError)
      const reopened = await settle(openSmallStore(bench.disk, bench.time), bench.time, 'open()')
      const left = await reopened.keys().nextMany(keys.length)
      // One batch takes them all, so it is there whole or not at all.
      expect(left, `seed ${seed}`).toEqual(outcome instanceof Error && left.length > 0 ? keys : [])
      counts[outcome instanceof Error ? 'closed' : 'whole']++
      await settle(reopened.close(), bench.time, 'close()')
      bench.time.stop()
    }
    expect(counts.whole).toBeGreaterThan(0)
    expect(counts.closed).toBeGreaterThan(0)
  })

  test('check() gives a report without problems or says that the store is closed', async () => {
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const checking = outcomeOf(bench.store.check())
      await settle(closeAfter(bench, seed % 20), bench.time, `close(), seed ${seed}`)
      const outcome = await settle(checking, bench.time, `check(), seed ${seed}`)
      if (outcome instanceof Error) expect(outcome, `seed ${seed}`).toBeInstanceOf(ClosedError)
      else expect(outcome.problems, `seed ${seed}`).toEqual([])
      bench.time.stop()
    }
  })
})

test('clear() that is through with looking when close() is called loses nothing that it acknowledged', async () => {
  const counts = { whole: 0, closed: 0 }
  // Every place between two microtasks could be the one.
  for (let microtaskCount = 0; microtaskCount < 40; microtaskCount += 2) {
    const disk = new MemoryFileSystem()
    const store = await LogStructuredStore.open('/store', { fileSystem: disk })
    store.putSync('a', '1')
    store.putSync('b', '1')
    const clearing = outcomeOf(store.clear())
    for (let i = 0; i < microtaskCount; i++) await Promise.resolve()
    await store.close()
    const outcome = await clearing
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ClosedError)
    const reopened = await LogStructuredStore.open('/store', { fileSystem: disk })
    const left = await reopened.keys().nextMany(9)
    expect(left, `${microtaskCount} microtasks`).toEqual(outcome instanceof Error ? ['a', 'b'] : [])
    counts[outcome instanceof Error ? 'closed' : 'whole']++
    await reopened.close()
  }
  expect(counts.whole).toBeGreaterThan(0)
  expect(counts.closed).toBeGreaterThan(0)
})
