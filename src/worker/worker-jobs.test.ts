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
import type { MergeJob } from '../compaction/merge-job.ts'
import { JobControl } from './job-control.ts'
import type { WorkerMessage } from './messages.ts'
import { WorkerJobs } from './worker-jobs.ts'

const entries = Array.from({ length: 500 }, (_, i) =>
  plainEntry(`key ${String(i).padStart(4, '0')}`, i + 1, 'value'),
)

/** A step is over at the first look at the clock. */
let now = 0
const hastyClock = {
  monotonicMs: () => {
    now += 20
    return now
  },
  wallTimeMs: () => 0,
}

async function workerOn() {
  const fs = await createFolder()
  const scheduler = new ManualScheduler()
  const sent: WorkerMessage[] = []
  const controls: JobControl[] = []
  const jobs = new WorkerJobs(fs, hastyClock, scheduler, (message) => {
    // Whoever is woken by "done" has to find the message there.
    if (message.type !== 'ready') expect(controls[message.id]?.waitUntilDone(0)).toBe(false)
    sent.push(message)
  })
  const run = (job: MergeJob, store = 1): JobControl => {
    const control = new JobControl()
    jobs.take({ type: 'run', id: controls.length, store, job, control: control.buffer })
    controls.push(control)
    return control
  }
  return { fs, scheduler, sent, run }
}

describe('the maintenance thread', () => {
  it('does a step a turn, tells how far it is, sends the outcome and only then marks the job as done', async () => {
    const { fs, scheduler, sent, run } = await workerOn()
    const control = run(flushJob([arenaOf(entries)]))
    let heartbeat = control.heartbeat
    while (scheduler.runImmediate()) {
      expect(control.heartbeat).toBe(heartbeat + 1)
      heartbeat = control.heartbeat
    }
    expect(control.waitUntilDone(0)).toBe(true)
    expect(heartbeat).toBeGreaterThan(5)
    const [message] = sent
    if (message?.type !== 'done') throw new Error('not done')
    expect(await entriesIn(fs, message.result.added)).toEqual(entries)
    expect(control.entryBytes).toBe(Math.floor(message.result.bytesRead / 1024) * 1024)
  })

  it('leaves alone a job that the main thread took back', async () => {
    const { fs, scheduler, sent, run } = await workerOn()
    expect(run(flushJob([arenaOf(entries)])).claimForMainThread()).toBe(true)
    while (scheduler.runImmediate()) {}
    expect(sent).toEqual([])
    expect(await namesIn(fs)).toEqual([])
  })

  it('keeps a job that it has begun', async () => {
    const { scheduler, run } = await workerOn()
    const control = run(flushJob([arenaOf(entries)]))
    scheduler.runImmediate()
    expect(control.claimForMainThread()).toBe(false)
  })

  it('gives up a cancelled job and removes what it wrote', async () => {
    const { fs, scheduler, sent, run } = await workerOn()
    const control = run(flushJob([arenaOf(entries)]))
    for (let i = 0; i < 5; i += 1) scheduler.runImmediate()
    expect(await namesIn(fs)).not.toEqual([])
    control.cancel()
    while (scheduler.runImmediate()) {}
    expect(sent).toMatchObject([{ type: 'failed', error: { name: 'ClosedError' } }])
    expect(control.waitUntilDone(0)).toBe(true)
    expect(await namesIn(fs)).toEqual([])
  })

  it('turns to the job that somebody is blocked on, whatever it had begun', async () => {
    const { fs, scheduler, sent, run } = await workerOn()
    const { added } = runWhole(flushJob([arenaOf(entries)], { outputNumbers: { first: 1, count: 90 } }), fs)
    const compaction = run(compactionJob([added]), 1)
    run(flushJob([arenaOf(entries)]), 2)
    scheduler.runImmediate()
    expect(compaction.heartbeat).toBe(0)
    compaction.markUrgent()
    while (scheduler.runImmediate()) {}
    expect(sent.map((message) => message.type === 'done' && message.id)).toEqual([0, 1])
  })

  it('sends what a job failed with, and goes on with the others', async () => {
    const { scheduler, sent, run } = await workerOn()
    run(flushJob([arenaOf(entries)], { directory: '/missing' }))
    run(flushJob([{ ...arenaOf(entries), base: 0 }]))
    run(flushJob([arenaOf(entries)]))
    while (scheduler.runImmediate()) {}
    expect(sent).toMatchObject([
      { type: 'failed', id: 0, error: { details: { code: 'ENOENT' } } },
      { type: 'failed', id: 1, error: { name: 'InvariantError' } },
      { type: 'done', id: 2 },
    ])
  })
})
