/**
 * Carries jobs out in this thread, in slices between other work: one slice a turn of the event loop. For file
 * systems that no other thread can reach, for tests, and where no worker can start.
 */
import type { MergeJob, MergeProgress, MergeResult } from '../compaction/merge-job.ts'
import type { MergeRunner, StepBudget } from '../compaction/merge-runner.ts'
import { startMerge } from '../compaction/start-merge.ts'
import { ClosedError } from '../errors.ts'
import type { Files } from '../fs/file-system.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { JobQueue, type QueuedJob } from './job-queue.ts'
import type { MergeHandle } from './merge-executor.ts'
import { Outcome } from './outcome.ts'

/** One slice. Short enough not to be noticed by those who share the thread. */
const sliceBudget: StepBudget = { durationMs: 2, bytes: 1024 * 1024 }
const wholeJob: StepBudget = { durationMs: Infinity, bytes: Infinity }

export class InlineLane {
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  readonly #queue = new JobQueue<InlineJob>()
  #isScheduled = false

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock
    this.#scheduler = scheduler
  }

  /** `store` tells the jobs of one store from those of another. */
  submit(job: MergeJob, store: number, fs: Files): MergeHandle {
    const start = (): MergeRunner => startMerge(job, fs, this.#clock)
    const inlineJob = new InlineJob(job, store, start, (over) => this.#queue.remove(over))
    this.#queue.add(inlineJob)
    this.#schedule()
    return inlineJob
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.size === 0) return
    this.#isScheduled = true
    this.#scheduler.immediate(() => {
      this.#isScheduled = false
      this.#queue.next()?.work(sliceBudget)
      this.#schedule()
    })
  }
}

class InlineJob implements QueuedJob, MergeHandle {
  readonly store: number
  readonly isFlush: boolean
  readonly isUrgent = false
  /** Not before its turn: a runner that waits would hold memory for nothing. */
  readonly #start: () => MergeRunner
  #runner: MergeRunner | undefined
  readonly #outcome = new Outcome()
  readonly #onOver: (job: InlineJob) => void

  constructor(job: MergeJob, store: number, start: () => MergeRunner, onOver: (job: InlineJob) => void) {
    this.store = store
    this.isFlush = job.kind === 'flush'
    this.#start = start
    this.#onOver = onOver
  }

  get done(): Promise<MergeResult> {
    return this.#outcome.done
  }

  get progress(): MergeProgress {
    return this.#runner?.progress ?? { entryBytes: 0, bytesWritten: 0 }
  }

  work(budget: StepBudget): void {
    try {
      this.#runner ??= this.#start()
      if (!this.#runner.step(budget)) return
      this.#outcome.succeed(this.#runner.result())
    } catch (error) {
      this.#outcome.fail(error)
    }
    this.#onOver(this)
  }

  finishSync(): MergeResult {
    if (!this.#outcome.isSettled) this.work(wholeJob)
    return this.#outcome.take()
  }

  cancel(): void {
    if (this.#outcome.isSettled) return
    this.#runner?.abort()
    this.#outcome.fail(new ClosedError('the store was closed before its maintenance was done'))
    this.#onOver(this)
  }

  keepAlive(): void {}
}

const lanes = new WeakMap<Scheduler, InlineLane>()

/** The lane of all stores that share a scheduler: in this process, unless somebody brings another one, of all. */
export function inlineLaneOf(clock: Clock, scheduler: Scheduler): InlineLane {
  let lane = lanes.get(scheduler)
  if (lane === undefined) {
    lane = new InlineLane(clock, scheduler)
    lanes.set(scheduler, lane)
  }
  return lane
}
