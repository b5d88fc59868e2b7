/**
 * What both ways to carry out a flush or a compaction have in common: steps with a budget, the segments that are
 * written, and what came of it in the end. How entries get from the inputs to the outputs is for those who extend it.
 *
 * A step does blocking I/O for a bounded time, so that the same code runs in the worker thread, in slices between other
 * work, or to the end at once. It cannot end inside one entry, one read or one sync; what exceeds its budget is at most that.
 */
import type { File, Files } from '../fs/file-system.ts'
import { invariant } from '../invariant.ts'
import type { Clock } from '../time/clock.ts'
import { GrandparentLimit, overlappedSegmentCountMax } from './grandparent-limit.ts'
import type { MergeJob, MergeProgress, MergeResult } from './merge-job.ts'
import { MergeOutputs, type OutputWriter } from './merge-outputs.ts'
import type { MergeRunner, StepBudget } from './merge-runner.ts'

type Phase = 'merging' | 'closing segment' | 'closing last segment' | 'done' | 'failed'

export abstract class SteppedMerge<W extends OutputWriter> implements MergeRunner {
  readonly job: MergeJob
  protected readonly outputs: MergeOutputs<W>
  protected readonly grandparents: GrandparentLimit
  protected entriesRead = 0
  protected entriesDropped = 0
  protected entryBytes = 0
  readonly #clock: Clock
  #phase: Phase = 'merging'

  /** No I/O. */
  constructor(job: MergeJob, fs: Files, clock: Clock, createWriter: (file: File, number: number) => W) {
    this.job = job
    this.#clock = clock
    this.outputs = new MergeOutputs(job, fs, createWriter)
    this.grandparents = new GrandparentLimit(
      job.kind === 'compaction' ? job.grandparents : [],
      overlappedSegmentCountMax * job.segmentSettings.segmentSizeBytes,
    )
  }

  get progress(): MergeProgress {
    return { entryBytes: this.entryBytes, bytesWritten: this.outputs.bytesWritten }
  }

  step(budget: StepBudget): boolean {
    invariant(this.#phase !== 'failed', 'a failed merge is not continued')
    const deadline = this.#clock.monotonicMs() + budget.durationMs
    const byteLimit = this.entryBytes + budget.bytes
    try {
      while (this.#phase !== 'done') {
        this.#goOn()
        if (this.entryBytes >= byteLimit || this.#clock.monotonicMs() >= deadline) break
      }
    } catch (error) {
      this.abort()
      throw error
    }
    return this.#phase === 'done'
  }

  result(): MergeResult {
    invariant(this.#phase === 'done', 'only a finished merge has a result')
    const { job } = this
    return {
      added: this.outputs.added,
      bytesRead:
        job.kind === 'flush'
          ? this.entryBytes
          : job.inputs.flat().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      bytesWritten: this.outputs.bytesWritten,
      entriesRead: this.entriesRead,
      entriesDropped: this.entriesDropped,
    }
  }

  abort(): void {
    if (this.#phase === 'failed') return
    const isReleased = this.#phase === 'done'
    this.#phase = 'failed'
    if (!isReleased) this.release()
    this.outputs.discard()
  }

  /** Brings some entries from the inputs to the outputs; called until it asks for the last segment to be closed. */
  protected abstract merge(): void

  /** Lets go of the inputs, and of whatever else it holds. Called once. Does not throw. */
  protected abstract release(): void

  /** What {@link merge} says when the open segment is full. */
  protected closeSegment(): void {
    this.#phase = 'closing segment'
  }

  /** What {@link merge} says when there are no more entries. */
  protected closeLastSegment(): void {
    this.#phase = 'closing last segment'
  }

  #goOn(): void {
    if (this.#phase === 'merging') {
      this.merge()
      return
    }
    if (!this.outputs.finishStep()) return
    if (this.#phase === 'closing segment') this.#phase = 'merging'
    else this.#finish()
  }

  #finish(): void {
    this.outputs.syncDirectory()
    this.release()
    this.#phase = 'done'
  }
}
