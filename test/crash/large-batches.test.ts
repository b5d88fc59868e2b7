/** Batches that are brought in by slices, and written without blocking, among other writes. */
import { describe, expect, test } from 'vitest'
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { BatchOperation } from '../../src/store/key-value-store.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { settle } from './settling.ts'
import { openSmallStore } from './small-stores.ts'

const seeds = Array.from({ length: 12 }, (_, index) => index + 1)

interface Bench {
  readonly disk: MemoryFileSystem
  readonly time: VirtualTime
  readonly store: LogStructuredStore
}

async function openBench(seed: number): Promise<Bench> {
  const disk = new MemoryFileSystem()
  const time = new VirtualTime(new SeededRandom(seed))
  const slow = new LargeWritesLate(disk, new SeededRandom(seed))
  return { disk, time, store: await settle(openSmallStore(slow, time), time, 'open()') }
}

/** A slow file system on which writes without blocking of two mebibytes and more take their effect last. */
class LargeWritesLate extends SlowFileSystem {
  override async open(path: string, mode: OpenMode): Promise<File> {
    return withLateLargeWrites(await super.open(path, mode))
  }

  override openSync(path: string, mode: OpenMode): File {
    return withLateLargeWrites(super.openSync(path, mode))
  }
}

function withLateLargeWrites(file: File): File {
  const write = file.write.bind(file)
  file.write = async (source, position) => {
    for (let turn = 0; turn < 300 && source.length > 2 * 1024 * 1024; turn++) await nextTurn()
    await write(source, position)
  }
  return file
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The store that the next process would find. */
async function afterKill({ disk, time, store }: Bench): Promise<LogStructuredStore> {
  const left = disk.killed()
  await settle(store.close(), time, 'close()')
  return settle(openSmallStore(left, time), time, 'open() after the kill')
}

function manyPuts(count: number, valueLength: number): BatchOperation<string, string>[] {
  return Array.from({ length: count }, (_, i) => ({
    type: 'put',
    key: `many-${String(i).padStart(5, '0')}`,
    value: 'v'.repeat(valueLength),
  }))
}

describe('a large batch', () => {
  test('is acknowledged once it is in its log, even when small writes behind it are in the next one before', async () => {
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const { store, time } = bench
      await settle(store.put('first', 'x'), time, 'put()')
      for (let turn = 0; turn < 80; turn++) await nextTurn()
      let left: MemoryFileSystem | undefined
      void store.batch(manyPuts(55, 40_000)).then(() => {
        left = bench.disk.killed()
      })
      for (let turn = 0; turn < 100; turn++) await nextTurn()
      expect(left).toBeUndefined()
      const behind = Array.from({ length: 60 }, () => store.put('behind', 'x'.repeat(2000)))
      await settle(Promise.all(behind), time, 'put()')
      if (left === undefined) throw new Error('a small write was acknowledged before the large one')
      await settle(store.close(), time, 'close()')
      const reopened = await settle(openSmallStore(left, time), time, 'open() after the kill')
      expect(reopened.getSync('many-00054')).toHaveLength(40_000)
      await settle(reopened.close(), time, 'close()')
      time.stop()
    }
  })

  test('is whole or absent when its signal is aborted while it is brought in', async () => {
    const outcomes = new Set<string>()
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const { store, time } = bench
      await settle(store.put('first', 'x'), time, 'put()')
      const abort = new AbortController()
      const ahead =
        seed % 2 === 0
          ? store.batch(
              manyPuts(4000, 5).map((operation) => ({ ...operation, key: `ahead-${operation.key}` })),
            )
          : undefined
      const large = store.batch(manyPuts(4000, 10), { signal: abort.signal })
      const outcome = large.then(
        () => 'written',
        () => 'aborted',
      )
      for (let turn = 0; turn < seed % 4; turn++) await nextTurn()
      abort.abort(new Error('given up'))
      const after = store.put('behind', 'x')
      const told = await settle(outcome, time, 'batch()')
      outcomes.add(told)
      await settle(Promise.all([ahead, after]), time, 'the writes around it')
      const expected = told === 'written' ? 4000 : 0
      expect(store.forEach({ prefix: 'many' }, () => true)).toBe(expected)
      const reopened = await afterKill(bench)
      expect(reopened.forEach({ prefix: 'many' }, () => true)).toBe(expected)
      expect(reopened.getSync('behind')).toBe('x')
      await settle(reopened.close(), time, 'close()')
      time.stop()
    }
    expect([...outcomes].sort()).toEqual(['aborted', 'written'])
  })

  test('keeps its MemTable while it is brought in, whoever calls flush()', async () => {
    for (const seed of seeds) {
      const bench = await openBench(seed)
      const { store, time } = bench
      await settle(store.put('first', 'x'), time, 'put()')
      const work: Promise<unknown>[] = []
      for (let round = 0; round < 4; round++) {
        work.push(store.batch(manyPuts(1000, 10 + round)), store.flush())
        await nextTurn()
        work.push(store.flush(), store.put(`between-${round}`, 'x'))
      }
      await settle(Promise.all(work), time, 'a batch or a flush')
      const sizes = new Set<number>()
      store.forEach({ prefix: 'many' }, (_key, value) => {
        sizes.add(value.length)
      })
      expect([...sizes]).toEqual([13])
      const reopened = await afterKill(bench)
      expect(reopened.forEach({ prefix: 'many' }, () => undefined)).toBe(1000)
      await settle(reopened.close(), time, 'close()')
      time.stop()
    }
  })

  test('that waits for memory is refused, not forgotten, when the store is closed and flushing fails', async () => {
    const disk = new MemoryFileSystem({
      onOperation: ({ name, path }) => {
        if (name === 'open' && path.endsWith('.seg'))
          throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
      },
    })
    const time = new VirtualTime(new SeededRandom(1))
    const store = await settle(openSmallStore(disk, time), time, 'open()')
    const writes = Array.from({ length: 200 }, (_, i) => store.put(`k${i}`, 'v'.repeat(2000)))
    for (let i = 0; i < 50; i++) await nextTurn()
    const closing = store.close().then(
      () => 'closed',
      (error: { code?: string }) => error.code,
    )
    expect(await settle(closing, time, 'close()')).toBe('STORE_STORAGE')
    const outcomes = await settle(Promise.allSettled(writes), time, 'the writes')
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(acknowledged).toBeGreaterThan(0)
    expect(acknowledged).toBeLessThan(200)
    const reopened = await settle(openSmallStore(disk.killed(), time), time, 'open()')
    for (const [i, { status }] of outcomes.entries()) {
      if (status === 'fulfilled') expect(reopened.getSync(`k${i}`)).toHaveLength(2000)
    }
    await settle(reopened.close(), time, 'close()')
    time.stop()
  })
})
