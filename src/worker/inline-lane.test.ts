import { describe, expect, it } from 'vitest'
import { plainEntry } from '../../test/support/entries.ts'
import { ManualScheduler } from '../../test/support/manual-scheduler.ts'
import {
  arenaOf,
  compactionJob,
  entriesIn,
  flushJob,
  namesIn,
  runWhole,
} from '../../test/support/merge-jobs.ts'
import { createFolder } from '../../test/support/segments.ts'
import { ClosedError } from '../errors.ts'
import { InvariantError } from '../invariant.ts'
import { systemClock } from '../time/clock.ts'
import { systemScheduler } from '../time/scheduler.ts'
import { InlineExecutor, inlineExecutor } from './inline-executor.ts'
import { InlineLane } from './inline-lane.ts'

/** Time flies: a slice is over at the first look at the clock. */
const hastyClock = { monotonicMs: countingUp(10), wallTimeMs: () => 0 }

function countingUp(step: number): () => number {
  let now = 0
  return () => {
    now += step
    return now
  }
}

const entries = Array.from({ length: 500 }, (_, i) =>
  plainEntry(`key ${String(i).padStart(4, '0')}`, i + 1, 'value'),
)

async function laneWith(storeCount: number) {
  const scheduler = new ManualScheduler()
  const lane = new InlineLane(hastyClock, scheduler)
  const stores = await Promise.all(
    Array.from({ length: storeCount }, async () => {
      const fs = await createFolder()
      return { fs, executor: new InlineExecutor(lane, fs) }
    }),
  )
  return { scheduler, stores }
}

describe('InlineExecutor', () => {
  it('does one slice a turn of the event loop', async () => {
    const { scheduler, stores } = await laneWith(1)
    const [{ fs, executor }] = stores as [(typeof stores)[0]]
    const handle = executor.run(flushJob([arenaOf(entries)]))
    let turns = 0
    let last = -1
    while (scheduler.runImmediate()) {
      turns += 1
      expect(handle.progress.entryBytes - last).toBeLessThan(64 * 20)
      last = handle.progress.entryBytes
    }
    expect(turns).toBeGreaterThan(500 / 64)
    expect(await entriesIn(fs, (await handle.done).added)).toEqual(entries)
  })

  it('flushes before it compacts, and lets stores take turns', async () => {
    const { scheduler, stores } = await laneWith(3)
    const [a, b, c] = stores as [(typeof stores)[0], (typeof stores)[0], (typeof stores)[0]]
    const { added } = runWhole(flushJob([arenaOf(entries)], { outputNumbers: { first: 1, count: 90 } }), a.fs)
    const ends: string[] = []
    const compaction = a.executor.run(compactionJob([added]))
    void compaction.done.then(() => ends.push('compaction'))
    const first = b.executor.run(flushJob([arenaOf(entries)]))
    void first.done.then(() => ends.push('flush'))
    const second = c.executor.run(flushJob([arenaOf(entries)]))
    void second.done.then(() => ends.push('flush'))
    for (let i = 0; i < 6; i += 1) scheduler.runImmediate()
    expect(compaction.progress.entryBytes).toBe(0)
    expect(first.progress.entryBytes).toBe(second.progress.entryBytes)
    while (scheduler.runImmediate()) {}
    await Promise.all([compaction.done, first.done, second.done])
    expect(ends).toEqual(['flush', 'flush', 'compaction'])
  })

  it('finishes at once for a caller that cannot wait', async () => {
    const { scheduler, stores } = await laneWith(1)
    const [{ fs, executor }] = stores as [(typeof stores)[0]]
    const handle = executor.run(flushJob([arenaOf(entries)]))
    scheduler.runImmediate()
    const result = handle.finishSync()
    expect(await entriesIn(fs, result.added)).toEqual(entries)
    expect(handle.finishSync()).toBe(result)
    expect(await handle.done).toBe(result)
    scheduler.runImmediate()
    expect(scheduler.runImmediate()).toBe(false)
  })

  it('fails a job with its own error, blocked callers too', async () => {
    const { stores } = await laneWith(1)
    const [{ fs, executor }] = stores as [(typeof stores)[0]]
    fs.capacityBytes = 3000
    const handle = executor.run(flushJob([arenaOf(entries)]))
    expect(() => handle.finishSync()).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    expect(() => handle.finishSync()).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    await expect(handle.done).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await namesIn(fs)).toEqual([])
  })

  it('cancels at close() what is not done, and removes its outputs', async () => {
    const { scheduler, stores } = await laneWith(1)
    const [{ fs, executor }] = stores as [(typeof stores)[0]]
    const begun = executor.run(flushJob([arenaOf(entries)]))
    const waiting = executor.run(flushJob([arenaOf(entries)], { outputNumbers: { first: 900, count: 90 } }))
    for (let i = 0; i < 4; i += 1) scheduler.runImmediate()
    expect(await namesIn(fs)).not.toEqual([])
    const closed = executor.close()
    await expect(begun.done).rejects.toThrow(ClosedError)
    await expect(waiting.done).rejects.toThrow(ClosedError)
    await closed
    await executor.close()
    expect(await namesIn(fs)).toEqual([])
    expect(() => executor.run(flushJob([]))).toThrow(InvariantError)
    scheduler.runImmediate()
    expect(scheduler.runImmediate()).toBe(false)
  })

  it('leaves a job alone that was done before it was cancelled', async () => {
    const { stores } = await laneWith(1)
    const [{ fs, executor }] = stores as [(typeof stores)[0]]
    const handle = executor.run(flushJob([arenaOf(entries)]))
    const { added } = handle.finishSync()
    handle.cancel()
    await executor.close()
    expect(await entriesIn(fs, added)).toEqual(entries)
    await expect(handle.done).resolves.toMatchObject({ entriesRead: 500 })
  })

  it('runs by itself with the clock and the scheduler of the system', async () => {
    const fs = await createFolder()
    const executor = inlineExecutor(fs, systemClock, systemScheduler)
    const { added } = await executor.run(flushJob([arenaOf(entries)])).done
    expect(await entriesIn(fs, added)).toEqual(entries)
    await executor.close()
  })
})
