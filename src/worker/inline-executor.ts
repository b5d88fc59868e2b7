/** Maintenance of one store in this thread, taking turns with that of others. */
import type { MergeJob } from '../compaction/merge-job.ts'
import type { Files } from '../fs/file-system.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { type InlineLane, inlineLaneOf } from './inline-lane.ts'
import type { MergeExecutor, MergeHandle } from './merge-executor.ts'
import { OpenHandles } from './open-handles.ts'
import { nextStoreNumber } from './store-number.ts'

/** For one store; stores with the same scheduler take turns. */
export function inlineExecutor(fs: Files, clock: Clock, scheduler: Scheduler): MergeExecutor {
  return new InlineExecutor(inlineLaneOf(clock, scheduler), fs)
}

export class InlineExecutor implements MergeExecutor {
  readonly #lane: InlineLane
  readonly #fs: Files
  readonly #store = nextStoreNumber()
  readonly #handles = new OpenHandles()

  constructor(lane: InlineLane, fs: Files) {
    this.#lane = lane
    this.#fs = fs
  }

  prepare(): void {
    // This thread runs already.
  }

  touch(): void {
    // Whoever uses the memory touches it as well as this thread would.
  }

  run(job: MergeJob): MergeHandle {
    this.#handles.checkOpen()
    return this.#handles.add(this.#lane.submit(job, this.#store, this.#fs))
  }

  async close(): Promise<void> {
    await this.#handles.close()
  }
}
