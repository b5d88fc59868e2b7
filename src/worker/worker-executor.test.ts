import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { arenaOf, compactionJob, entriesIn, flushJob, tinySegments } from '../../test/support/merge-jobs.ts'
import { putIntoTable } from '../../test/support/table-model.ts'
import type { FlushJob } from '../compaction/merge-job.ts'
import { ClosedError, CorruptionError, StorageError } from '../errors.ts'
import { segmentFileName } from '../fs/file-names.ts'
import { nodeFileSystem } from '../fs/node-file-system.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { MemTable } from '../memtable/mem-table.ts'
import { systemClock } from '../time/clock.ts'
import { systemScheduler } from '../time/scheduler.ts'
import { inlineLaneOf } from './inline-lane.ts'
import { type StartWorker, startMaintenanceWorker } from './maintenance-thread.ts'
import type { MergeHandle } from './merge-executor.ts'
import { WorkerExecutor } from './worker-executor.ts'
import { WorkerLane, type WorkerLaneOptions } from './worker-lane.ts'

const entries = Array.from({ length: 400 }, (_, i) =>
  plainEntry(`key ${String(i).padStart(6, '0')}`, i + 1, 'value'),
)
/** Makes a hundred files and more: long enough to be met half-way. */
const manyEntries = Array.from({ length: 6000 }, (_, i) =>
  plainEntry(`key ${String(i).padStart(6, '0')}`, i + 1, 'v'),
)

let folder = ''
const executors: WorkerExecutor[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-worker-'))
})

afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close()
  rmSync(folder, { recursive: true })
})

function executorOn(options: WorkerLaneOptions = {}, warnings: string[] = []): WorkerExecutor {
  return executorIn(new WorkerLane(options), warnings)
}

function executorIn(lane: WorkerLane, warnings: string[] = []): WorkerExecutor {
  const fallback = inlineLaneOf(systemClock, systemScheduler)
  const onWarning = (message: string): void => {
    warnings.push(message)
  }
  const executor = new WorkerExecutor({ lane, fs: nodeFileSystem, fallback, onWarning })
  executors.push(executor)
  return executor
}

function flush(of: readonly ReturnType<typeof plainEntry>[], rest: Partial<FlushJob> = {}): FlushJob {
  return flushJob([arenaOf(of)], { directory: folder, ...rest })
}

async function untilBegun(handle: MergeHandle): Promise<void> {
  while (handle.progress.bytesWritten === 0) await new Promise((resolve) => setImmediate(resolve))
}

/** Keeps hold of the threads that are started. */
function watchedStart(): { startWorker: StartWorker; workers: Worker[] } {
  const workers: Worker[] = []
  const startWorker: StartWorker = (start) => {
    const worker = startMaintenanceWorker(start)
    workers.push(worker)
    return worker
  }
  return { startWorker, workers }
}

/** A thread that runs this code instead, with `port` at hand. */
function startWith(code: string): StartWorker {
  return (start) =>
    new Worker(`const { port } = require('node:worker_threads').workerData; ${code}`, {
      eval: true,
      workerData: start,
      transferList: [start.port],
      stdout: true,
      stderr: true,
    })
}

describe('WorkerExecutor', () => {
  it('flushes and compacts in another thread', async () => {
    const executor = executorOn()
    const flushed = await executor.run(flush(entries)).done
    expect(await entriesIn(nodeFileSystem, flushed.added, folder)).toEqual(entries)
    const segmentSettings = { ...tinySegments, segmentSizeBytes: 1_000_000 }
    const job = compactionJob([flushed.added], { directory: folder, segmentSettings })
    const handle = executor.run(job)
    const compacted = await handle.done
    expect(compacted.added).toHaveLength(1)
    expect(compacted.entriesRead).toBe(400)
    expect(await entriesIn(nodeFileSystem, compacted.added, folder)).toEqual(entries)
    expect(handle.progress.bytesWritten).toBe(Math.floor(compacted.bytesWritten / 1024) * 1024)
  })

  it('reads arenas of the pooled memories, and what this thread sets in them before', async () => {
    const arena = memoryPool.take(64 * 1024)
    if (arena === undefined) throw new Error('no memory')
    const table = MemTable.create(arena, 1)
    for (const entry of entries.slice(0, 100)) putIntoTable(table, entry)
    table.visibleLimit = 60
    const { added } = await executorOn().run(flushJob([arena], { directory: folder })).done
    expect(await entriesIn(nodeFileSystem, added, folder)).toEqual(entries.slice(0, 60))
    memoryPool.giveBack(arena)
  })

  it('blocks a caller who cannot wait, before the thread has begun and while it works', async () => {
    const executor = executorOn()
    const early = executor.run(flush(entries))
    const result = early.finishSync()
    expect(await entriesIn(nodeFileSystem, result.added, folder)).toEqual(entries)
    expect(await early.done).toBe(result)

    const late = executor.run(flush(manyEntries, { outputNumbers: { first: 2000, count: 2000 } }))
    await untilBegun(late)
    const lateResult = late.finishSync()
    expect(lateResult.entriesRead).toBe(manyEntries.length)
    expect(late.finishSync()).toBe(lateResult)
    expect(await late.done).toBe(lateResult)
  })

  it('hands over other outcomes that come while a caller is blocked', async () => {
    const lane = new WorkerLane()
    const [a, b] = [executorIn(lane), executorIn(lane)]
    const long = a.run(flush(manyEntries, { outputNumbers: { first: 2000, count: 2000 } }))
    await untilBegun(long)
    const other = b.run(flush(entries))
    long.finishSync()
    expect((await other.done).entriesRead).toBe(400)
  })

  it('gives errors back with class, path, offset and the code of the system', async () => {
    const executor = executorOn()
    const { added } = await executor.run(flush(entries)).done
    const path = join(folder, segmentFileName(added[2]?.number ?? 0))
    writeFileSync(path, Buffer.alloc(added[2]?.sizeBytes ?? 0))
    const names = readdirSync(folder)
    const damaged = executor.run(compactionJob([added], { directory: folder }))
    await expect(damaged.done).rejects.toThrow(CorruptionError)
    await expect(damaged.done).rejects.toMatchObject({ path, offset: 0 })
    expect(() => damaged.finishSync()).toThrow(CorruptionError)
    expect(readdirSync(folder)).toEqual(names)
    const nowhere = executor.run(flush(entries, { directory: join(folder, 'missing') }))
    await expect(nowhere.done).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' })
  })

  it('cancels jobs, begun or not, and removes what they wrote', async () => {
    const executor = executorOn()
    const begun = executor.run(flush(manyEntries))
    await untilBegun(begun)
    const waiting = executor.run(flush(entries, { outputNumbers: { first: 5000, count: 1000 } }))
    waiting.cancel()
    begun.cancel()
    await expect(begun.done).rejects.toThrow(ClosedError)
    await expect(waiting.done).rejects.toThrow(ClosedError)
    expect(readdirSync(folder)).toEqual([])
    const again = executor.run(flush(manyEntries))
    await untilBegun(again)
    await executor.close()
    await expect(again.done).rejects.toThrow(ClosedError)
    expect(readdirSync(folder)).toEqual([])
  })

  it('starts one thread for all stores, with the first job, and ends it with the last store', async () => {
    const { startWorker, workers } = watchedStart()
    const lane = new WorkerLane({ startWorker })
    const [a, b] = [executorIn(lane), executorIn(lane)]
    expect(workers).toHaveLength(0)
    await a.run(flush(entries)).done
    await b.run(flush(entries, { outputNumbers: { first: 3000, count: 1000 } })).done
    expect(workers).toHaveLength(1)
    await a.close()
    await a.close()
    expect(workers[0]?.threadId).toBeGreaterThan(0)
    await b.close()
    expect(workers[0]?.threadId).toBe(-1)
  })
})

describe('prepare()', () => {
  it('starts the thread that the first job then finds', async () => {
    const { startWorker, workers } = watchedStart()
    const executor = executorOn({ startWorker })
    executor.prepare()
    executor.prepare()
    expect(workers).toHaveLength(1)
    await executor.run(flush(entries)).done
    expect(workers).toHaveLength(1)
    await executor.close()
  })

  it('leaves nothing behind when no job comes', async () => {
    const { startWorker, workers } = watchedStart()
    const executor = executorOn({ startWorker })
    executor.prepare()
    await executor.close()
    expect(workers[0]?.threadId).toBe(-1)
  })
})

describe('touch()', () => {
  it('starts the thread, which leaves every byte as it is and does jobs as before', async () => {
    const { startWorker, workers } = watchedStart()
    const executor = executorOn({ startWorker })
    const arena = arenaOf(entries)
    const bytes = new Uint8Array(arena.memory.buffer, arena.base, arena.sizeBytes)
    const before = bytes.slice()
    executor.touch(arena, 0, arena.sizeBytes)
    expect(workers).toHaveLength(1)
    expect((await executor.run(flush(entries)).done).entriesRead).toBe(entries.length)
    expect(bytes).toEqual(before)
    expect(workers).toHaveLength(1)
  })

  it('starts no thread for a store that is closed', async () => {
    const { startWorker, workers } = watchedStart()
    const executor = executorOn({ startWorker })
    await executor.close()
    executor.touch(arenaOf(entries), 0, 4096)
    expect(workers).toHaveLength(0)
  })

  it('is nothing where there is no thread', async () => {
    const executor = executorOn({
      startWorker: () => {
        throw new Error('no threads here')
      },
    })
    executor.touch(arenaOf(entries), 0, 4096)
    expect((await executor.run(flush(entries)).done).entriesRead).toBe(entries.length)
  })
})

describe('a maintenance thread that dies', () => {
  it('fails the job it had begun, whose outputs go, and the next job gets another thread', async () => {
    const { startWorker, workers } = watchedStart()
    const executor = executorOn({ startWorker })
    const begun = executor.run(flush(manyEntries))
    await untilBegun(begun)
    const waiting = executor.run(flush(manyEntries, { outputNumbers: { first: 8000, count: 2000 } }))
    await workers[0]?.terminate()
    await expect(begun.done).rejects.toThrow(StorageError)
    await expect(begun.done).rejects.toMatchObject({ cause: new Error('the thread ended with code 1') })
    expect(readdirSync(folder).filter((name) => name < segmentFileName(8000))).toEqual([])
    expect((await waiting.done).entriesRead).toBe(manyEntries.length)
    expect(workers).toHaveLength(2)
  })

  it('tells what it died of', async () => {
    const code = `port.on('message', ({ control }) => {
      Atomics.store(new Int32Array(control), 0, 1)
      port.postMessage({ type: 'ready' })
      setImmediate(() => { throw new RangeError('out of luck') })
    })`
    const handle = executorOn({ startWorker: startWith(code) }).run(flush(entries))
    await expect(handle.done).rejects.toMatchObject({ cause: new RangeError('out of luck') })
  })

  it('is not started a fourth time after three deaths in a row: this thread takes over, with one warning', async () => {
    const code = `port.postMessage({ type: 'ready' }); port.on('message', ({ control }) => {
      Atomics.store(new Int32Array(control), 0, 1)
      process.exit(7)
    })`
    const warnings: string[] = []
    const executor = executorOn({ startWorker: startWith(code) }, warnings)
    for (let i = 0; i < 3; i += 1) {
      await expect(executor.run(flush(entries)).done).rejects.toThrow(StorageError)
      expect(warnings).toEqual([])
    }
    expect((await executor.run(flush(entries)).done).entriesRead).toBe(400)
    expect(
      (await executor.run(flush(entries, { outputNumbers: { first: 3000, count: 999 } })).done).entriesRead,
    ).toBe(400)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/code 7/)
  })

  it.each([
    [
      'is refused',
      () => {
        throw new Error('no threads here')
      },
      /no threads here/,
    ],
    ['ends while starting', startWith('process.exit(3)'), /code 3/],
    ['fails while starting', startWith('throw new Error("cannot load")'), /cannot load/],
  ] as const)('is replaced by this thread when it %s', async (_what, startWorker, message) => {
    const warnings: string[] = []
    const executor = executorOn({ startWorker }, warnings)
    const first = executor.run(flush(entries))
    const second = executor.run(flush(entries, { outputNumbers: { first: 3000, count: 999 } }))
    expect((await first.done).entriesRead).toBe(400)
    expect((await second.done).entriesRead).toBe(400)
    expect(warnings).toEqual([expect.stringMatching(message)])
  })

  it('does not block a caller for ever when it falls silent', async () => {
    const code = `port.postMessage({ type: 'ready' }); port.on('message', ({ control }) => {
      Atomics.store(new Int32Array(control), 0, 1)
      Atomics.store(new Int32Array(control), 5, 1)
    })`
    const executor = executorOn({ startWorker: startWith(code), silenceMaxMs: 20 })
    const handle = executor.run(flush(entries))
    await untilBegun(handle)
    expect(() => handle.finishSync()).toThrow(StorageError)
    await expect(handle.done).rejects.toMatchObject({ cause: new Error('no sign of life for 20 ms') })
  })
})
