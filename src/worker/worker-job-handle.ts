/** One job handed to the maintenance thread, as its store sees it. */
import type { MergeJob, MergeProgress, MergeResult } from '../compaction/merge-job.ts'
import { ClosedError, StorageError } from '../errors.ts'
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { Files } from '../fs/file-system.ts'
import { invariant } from '../invariant.ts'
import { systemClock } from '../time/clock.ts'
import type { InlineLane } from './inline-lane.ts'
import { JobControl } from './job-control.ts'
import type { MergeHandle } from './merge-executor.ts'
import type { RunMessage } from './messages.ts'
import { Outcome } from './outcome.ts'

/** A blocked caller looks so often whether the thread is still at work. */
const heartbeatIntervalMs = 500

/** Who hands in a job. */
export interface JobOwner {
  /** Tells the jobs of one store from those of another. */
  readonly store: number
  readonly fs: Files
  /** Takes over where there is no thread. */
  readonly fallback: InlineLane
  readonly onWarning: (message: string) => void
}

/** What a handle needs of the lane that its job is in. */
export interface LaneOfHandle {
  /** A thread that a caller is blocked on and that makes no step for so long is taken for dead. */
  readonly silenceMaxMs: number
  /** The job is over, or done elsewhere. */
  leave(handle: WorkerJobHandle): void
  /** Some job has begun or ceased to keep the process alive. */
  updateLife(): void
  /** Deals with what the thread has sent. */
  drain(): void
  /** Takes the thread for dead. */
  giveUpThread(cause: Error): void
}

export class WorkerJobHandle implements MergeHandle {
  readonly id: number
  readonly #job: MergeJob
  readonly #owner: JobOwner
  readonly #lane: LaneOfHandle
  readonly #outcome = new Outcome()
  /** Shared with the thread that has the job. */
  #control = new JobControl()
  /** The job when this thread does it after all. */
  #inline: MergeHandle | undefined
  #isKept = true

  constructor(id: number, job: MergeJob, owner: JobOwner, lane: LaneOfHandle) {
    this.id = id
    this.#job = job
    this.#owner = owner
    this.#lane = lane
  }

  get done(): Promise<MergeResult> {
    return this.#outcome.done
  }

  get progress(): MergeProgress {
    const { entryBytes, bytesWritten } = this.#inline?.progress ?? this.#control
    return { entryBytes, bytesWritten }
  }

  /** Whether the process should stay alive for it. */
  get isKept(): boolean {
    return this.#isKept
  }

  finishSync(): MergeResult {
    if (this.#outcome.isSettled) return this.#outcome.take()
    // What the thread has not begun is done here at once: it may not even have started.
    if (this.#inline === undefined && this.takeBack()) this.#beginHere()
    if (this.#inline === undefined) this.#waitForThread()
    else this.#finishHere(this.#inline)
    return this.#outcome.take()
  }

  cancel(): void {
    if (this.#outcome.isSettled) return
    if (this.#inline !== undefined) this.#inline.cancel()
    else if (this.takeBack())
      this.fail(new ClosedError('the store was closed before its maintenance was done'))
    else this.#control.cancel()
  }

  keepAlive(isKept: boolean): void {
    this.#isKept = isKept
    this.#lane.updateLife()
  }

  /** What a thread is told. Each thread gets a control of its own: the one before may still hold the last. */
  createMessage(): RunMessage {
    this.#control = new JobControl()
    return {
      type: 'run',
      id: this.id,
      store: this.#owner.store,
      job: this.#job,
      control: this.#control.buffer,
    }
  }

  /** Takes the job from the thread; `false` when that has begun with it. */
  takeBack(): boolean {
    return this.#control.claimForMainThread()
  }

  succeed(result: MergeResult): void {
    this.#outcome.succeed(result)
    this.#lane.leave(this)
  }

  fail(error: unknown): void {
    this.#outcome.fail(error)
    this.#lane.leave(this)
  }

  /** The thread died with the job half done. */
  failWithThread(cause: unknown): void {
    this.#removeOutputs()
    this.fail(new StorageError('the maintenance thread died; its job is undone', { cause }))
  }

  /** There is no thread: the job is done here, in slices. */
  fallBack(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#owner.onWarning(`flush and compaction share the thread of the caller: no worker thread (${reason})`)
    this.#beginHere()
  }

  #beginHere(): void {
    this.#lane.leave(this)
    const { store, fs, fallback } = this.#owner
    const inline = fallback.submit(this.#job, store, fs)
    this.#inline = inline
    inline.done.then(
      (result) => this.#outcome.succeed(result),
      (error: unknown) => this.#outcome.fail(error),
    )
  }

  #finishHere(inline: MergeHandle): void {
    try {
      this.#outcome.succeed(inline.finishSync())
    } catch (error) {
      this.#outcome.fail(error)
    }
  }

  /** Blocks until the thread, which has begun with the job, has sent its outcome. */
  #waitForThread(): void {
    const control = this.#control
    control.markUrgent()
    let heartbeat = control.heartbeat
    let lastSignMs = systemClock.monotonicMs()
    while (!control.waitUntilDone(Math.min(heartbeatIntervalMs, this.#lane.silenceMaxMs))) {
      const nowMs = systemClock.monotonicMs()
      if (control.heartbeat !== heartbeat) {
        heartbeat = control.heartbeat
        lastSignMs = nowMs
      } else if (nowMs - lastSignMs > this.#lane.silenceMaxMs) {
        this.#lane.giveUpThread(new Error(`no sign of life for ${this.#lane.silenceMaxMs} ms`))
        return
      }
    }
    this.#lane.drain()
    invariant(this.#outcome.isSettled, 'an outcome is sent before its job is marked as done')
  }

  /** Outputs have successive numbers, so the first that is missing is the end of them. */
  #removeOutputs(): void {
    const { directory, outputNumbers } = this.#job
    for (let i = 0; i < outputNumbers.count; i += 1) {
      try {
        this.#owner.fs.unlinkSync(joinPath(directory, segmentFileName(outputNumbers.first + i)))
      } catch {
        // It is missing, or it cannot be removed: then the next opening of the store finds it.
        return
      }
    }
  }
}
