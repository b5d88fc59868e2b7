import { describe, expect, test } from 'vitest'
import { LogBench } from '../../test/support/log-bench.ts'
import { StorageError } from '../errors.ts'
import { LogSyncer } from './log-syncer.ts'

interface Bench extends LogBench {
  readonly syncer: LogSyncer
}

/** What time it is, set by the tests. */
let nowMs = 0

async function benchWithSyncer(): Promise<{ bench: LogBench; syncer: LogSyncer; failures: unknown[] }> {
  nowMs = 1000
  const bench = await LogBench.create()
  const failures: unknown[] = []
  const syncer = new LogSyncer(
    {
      logs: bench.logs,
      clock: { monotonicMs: () => nowMs, wallTimeMs: () => nowMs },
      writtenSequence: () => bench.lastSequence,
      onFailed: (error) => {
        failures.push(error)
        return new StorageError('failed', { cause: error })
      },
    },
    0,
  )
  return { bench, syncer, failures }
}

/** How many syncs of logs there were. */
function countSyncs(bench: Pick<Bench, 'fail'>): { count: number } {
  const syncs = { count: 0 }
  bench.fail = ({ name, path }) => {
    if (name === 'sync' && path.endsWith('.log')) syncs.count++
  }
  return syncs
}

describe('LogSyncer', () => {
  test('serves all who wait with one sync, and those who come meanwhile with the next', async () => {
    const { bench, syncer } = await benchWithSyncer()
    bench.write()
    await bench.prepared()
    const syncs = countSyncs(bench)
    const first = [syncer.sync(), syncer.sync()]
    bench.write()
    const second = [syncer.sync(), syncer.sync()]
    expect(syncer.isRunning).toBe(true)
    await Promise.all(first)
    expect(syncer.syncedSequence).toBeGreaterThanOrEqual(1)
    await Promise.all(second)
    expect(syncs.count).toBe(2)
    expect(syncer.syncedSequence).toBe(2)
    await syncer.idle()
    expect(syncer.isRunning).toBe(false)
  })

  test('speaks of what was written when a sync began, not of what came meanwhile', async () => {
    const { bench, syncer } = await benchWithSyncer()
    bench.write()
    const synced = syncer.sync()
    bench.write()
    await synced
    expect(syncer.syncedSequence).toBe(1)
    expect(syncer.ageMs).toBe(0)
    nowMs += 50
    expect(syncer.ageMs).toBe(50)
  })

  test('blocks when asked to, and serves nobody with a sync that began before they came', async () => {
    const { bench, syncer } = await benchWithSyncer()
    bench.write()
    syncer.syncSync()
    expect(syncer.syncedSequence).toBe(1)
    const running = syncer.sync()
    bench.write()
    syncer.syncSync()
    expect(syncer.syncedSequence).toBe(2)
    await running
    expect(syncer.syncedSequence).toBe(2)
  })

  test('tells the age of what is not synced, from its first write on', async () => {
    const { bench, syncer } = await benchWithSyncer()
    nowMs += 3_600_000
    bench.write()
    syncer.noteDirty()
    nowMs += 70
    expect(syncer.ageMs).toBe(70)
    bench.write()
    syncer.noteDirty()
    nowMs += 30
    expect(syncer.ageMs).toBe(100)
    syncer.syncSync()
    expect(syncer.ageMs).toBe(0)
    nowMs += 500
    bench.write()
    syncer.noteDirty()
    expect(syncer.ageMs).toBe(0)
    nowMs += 1
    expect(syncer.ageMs).toBe(1)
  })

  test('takes for synced what was flushed', async () => {
    const { bench, syncer } = await benchWithSyncer()
    bench.write()
    syncer.advanceTo(1)
    expect(syncer.syncedSequence).toBe(1)
    syncer.advanceTo(0)
    expect(syncer.syncedSequence).toBe(1)
    expect(syncer.ageMs).toBe(0)
  })

  test('after a failure refuses for ever with the first cause, and syncs nothing again', async () => {
    for (const isBlocking of [false, true]) {
      const { bench, syncer, failures } = await benchWithSyncer()
      bench.write()
      await bench.prepared()
      bench.fail = ({ name }) => {
        if (name === 'sync') throw new Error('made by a test')
      }
      const told = isBlocking
        ? await Promise.resolve()
            .then(() => syncer.syncSync())
            .catch((error: unknown) => error)
        : await syncer.sync().catch((error: unknown) => error)
      expect(told).toBeInstanceOf(StorageError)
      const syncs = countSyncs(bench)
      await expect(syncer.sync()).rejects.toBe(told)
      expect(() => syncer.syncSync()).toThrow(told as Error)
      expect(syncs.count).toBe(0)
      expect(failures).toHaveLength(1)
      expect(syncer.syncedSequence).toBe(0)
    }
  })

  test('takes no sync for done that was under way when another failed', async () => {
    const { bench, syncer } = await benchWithSyncer()
    bench.write()
    await bench.prepared()
    const running = syncer.sync()
    bench.write()
    bench.fail = ({ name }) => {
      if (name === 'sync') throw new Error('made by a test')
    }
    expect(() => syncer.syncSync()).toThrow(StorageError)
    bench.fail = undefined
    await expect(running).rejects.toBeInstanceOf(StorageError)
    expect(syncer.syncedSequence).toBe(0)
  })

  test('finds blocking worthwhile only while syncs are quick', async () => {
    const { bench, syncer } = await benchWithSyncer()
    expect(syncer.isInlineWorthwhile).toBe(true)
    bench.fail = ({ name }) => {
      if (name === 'sync') nowMs += 20
    }
    bench.write()
    syncer.syncSync()
    expect(syncer.isInlineWorthwhile).toBe(false)
    bench.fail = undefined
    for (let i = 0; i < 40; i++) {
      bench.write()
      syncer.syncSync()
    }
    expect(syncer.isInlineWorthwhile).toBe(true)
  })
})
