import { describe, expect, test } from 'vitest'
import { LogBench } from '../../test/support/log-bench.ts'
import { StorageError } from '../errors.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { VirtualTime } from '../testing/laboratory/virtual-time.ts'
import { BackgroundSync } from './background-sync.ts'
import { LogSyncer } from './log-syncer.ts'

const intervalMs = 1000

class Bench {
  readonly logs: LogBench
  readonly time = new VirtualTime(new SeededRandom(1))
  readonly syncer: LogSyncer
  readonly sync: BackgroundSync
  isStopped = false
  writeOutCount = 0
  caughtUpCount = 0

  constructor(logs: LogBench) {
    this.logs = logs
    const { time } = this
    this.syncer = new LogSyncer(
      {
        logs: logs.logs,
        clock: time,
        writtenSequence: () => logs.lastSequence,
        onFailed: (error) => new StorageError('failed', { cause: error }),
      },
      0,
    )
    this.sync = new BackgroundSync({
      intervalMs,
      clock: time,
      scheduler: time,
      syncer: this.syncer,
      logs: logs.logs,
      writeOut: () => this.writeOutCount++,
      isStopped: () => this.isStopped,
      onCaughtUp: () => this.caughtUpCount++,
    })
  }

  write(): void {
    this.logs.write()
    this.sync.noteDirty()
  }

  /** Lets time pass, and what it set off come to an end. */
  async pass(ms: number): Promise<void> {
    this.time.pass(ms)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  get logLength(): number {
    return this.logs.logs.current?.file.position ?? 0
  }
}

async function createBench(): Promise<Bench> {
  return new Bench(await LogBench.create())
}

describe('BackgroundSync', () => {
  test('syncs what was written within an interval, putting into the log first what only memory holds', async () => {
    const bench = await createBench()
    bench.write()
    await bench.pass(intervalMs / 2)
    expect(bench.syncer.syncedSequence).toBe(0)
    bench.write()
    await bench.pass(intervalMs / 2)
    expect(bench.syncer.syncedSequence).toBe(2)
    expect(bench.writeOutCount).toBe(1)
  })

  test('goes on as long as something is written, and rests then', async () => {
    const bench = await createBench()
    for (let i = 1; i <= 5; i++) {
      bench.write()
      await bench.pass(intervalMs)
      expect(bench.syncer.syncedSequence).toBe(i)
    }
    const { syncCount } = bench.syncer
    for (let i = 0; i < 5; i++) await bench.pass(10 * intervalMs)
    expect(bench.syncer.syncCount).toBe(syncCount)
  })

  test('marks the log a second after the last sync, when nothing came between', async () => {
    const bench = await createBench()
    bench.write()
    await bench.pass(intervalMs)
    const synced = bench.logLength
    bench.write()
    await bench.pass(900)
    bench.write()
    const written = bench.logLength
    await bench.pass(200)
    expect(bench.syncer.syncedSequence).toBe(3)
    expect(bench.logLength).toBe(written)
    await bench.pass(1100)
    expect(bench.logLength).toBeGreaterThan(written)
    const marked = bench.logLength
    await bench.pass(60_000)
    expect(bench.logLength).toBe(marked)
    expect(written).toBeGreaterThan(synced)
  })

  test('holds writes back when the disk does not answer for ten intervals, and lets them go when it does', async () => {
    const bench = await createBench()
    bench.write()
    let answer = (): void => {}
    const log = bench.logs.logs.current
    const sync = log?.file.sync.bind(log.file)
    if (log === undefined || sync === undefined) throw new Error('there is no log')
    log.file.sync = async () => {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      await sync()
    }
    await bench.pass(intervalMs)
    for (let i = 0; i < 8; i++) {
      bench.write()
      await bench.pass(intervalMs)
      expect(bench.sync.isOverdue).toBe(false)
    }
    await bench.pass(intervalMs)
    await bench.pass(intervalMs)
    expect(bench.sync.isOverdue).toBe(true)
    expect(bench.caughtUpCount).toBe(0)
    answer()
    await bench.pass(0)
    expect(bench.sync.isOverdue).toBe(false)
    expect(bench.caughtUpCount).toBe(1)
  })

  test('does nothing once it is stopped, nor after a failure', async () => {
    const bench = await createBench()
    bench.write()
    bench.sync.stop()
    await bench.pass(10 * intervalMs)
    expect(bench.syncer.syncCount).toBe(0)
    bench.write()
    bench.isStopped = true
    await bench.pass(10 * intervalMs)
    expect(bench.syncer.syncCount).toBe(0)
    bench.isStopped = false
    bench.logs.fail = ({ name }) => {
      if (name === 'sync') throw new Error('made by a test')
    }
    bench.write()
    await bench.pass(intervalMs)
    await expect(bench.syncer.sync()).rejects.toBeInstanceOf(StorageError)
    bench.time.stop()
  })
})
