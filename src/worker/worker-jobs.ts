/**
 * What the maintenance thread does: steps of jobs, one after the other, with a look at its messages between any
 * two. It knows nothing of the thread that it runs in, so that a test can run it in its own.
 */
import type { MergeRunner, StepBudget } from '../compaction/merge-runner.ts'
import { startMerge } from '../compaction/start-merge.ts'
import { ClosedError } from '../errors.ts'
import type { Files } from '../fs/file-system.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { encodeError } from './error-message.ts'
import { JobControl } from './job-control.ts'
import { JobQueue, type QueuedJob } from './job-queue.ts'
import type { RunMessage, WorkerMessage } from './messages.ts'

const stepBudget: StepBudget = { durationMs: 10, bytes: 1024 * 1024 }

export class WorkerJobs {
  readonly #fs: Files
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  readonly #post: (message: WorkerMessage) => void
  readonly #queue = new JobQueue<WorkerJob>()
  #isScheduled = false

  constructor(fs: Files, clock: Clock, scheduler: Scheduler, post: (message: WorkerMessage) => void) {
    this.#fs = fs
    this.#clock = clock
    this.#scheduler = scheduler
    this.#post = post
  }

  take(message: RunMessage): void {
    this.#queue.add(new WorkerJob(message))
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#queue.size === 0) return
    this.#isScheduled = true
    this.#scheduler.immediate(() => {
      this.#isScheduled = false
      const job = this.#queue.next()
      if (job !== undefined) this.#work(job)
      this.#schedule()
    })
  }

  /** One step. The outcome is sent before the job is marked as done, so that who is woken finds it. */
  #work(job: WorkerJob): void {
    const { control } = job
    if (!job.hasBegun && !control.claimForWorker()) {
      this.#queue.remove(job)
      return
    }
    const outcome = this.#step(job)
    if (outcome === undefined) return
    this.#queue.remove(job)
    this.#post(outcome)
    control.markDone()
  }

  #step(job: WorkerJob): WorkerMessage | undefined {
    const { id } = job.message
    try {
      return job.step(this.#fs, this.#clock) ? { type: 'done', id, result: job.result() } : undefined
    } catch (error) {
      return { type: 'failed', id, error: encodeError(error) }
    }
  }
}

class WorkerJob implements QueuedJob {
  readonly message: RunMessage
  readonly control: JobControl
  readonly store: number
  readonly isFlush: boolean
  #runner: MergeRunner | undefined

  constructor(message: RunMessage) {
    this.message = message
    this.control = new JobControl(message.control)
    this.store = message.store
    this.isFlush = message.job.kind === 'flush'
  }

  get isUrgent(): boolean {
    return this.control.isUrgent
  }

  get hasBegun(): boolean {
    return this.#runner !== undefined
  }

  /** Whether the job is done. Throws what it fails with. */
  step(fs: Files, clock: Clock): boolean {
    this.#runner ??= startMerge(this.message.job, fs, clock)
    if (this.control.isCancelled) {
      this.#runner.abort()
      throw new ClosedError('the store was closed before its maintenance was done')
    }
    const isDone = this.#runner.step(stepBudget)
    const { entryBytes, bytesWritten } = this.#runner.progress
    this.control.reportStep(entryBytes, bytesWritten)
    return isDone
  }

  result(): WorkerResult {
    return (this.#runner as MergeRunner).result()
  }
}

type WorkerResult = ReturnType<MergeRunner['result']>
