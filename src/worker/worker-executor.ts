/** Maintenance of one store in the thread that serves all stores of the process. */
import type { MergeJob } from '../compaction/merge-job.ts'
import type { Files } from '../fs/file-system.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { type InlineLane, inlineLaneOf } from './inline-lane.ts'
import type { MergeExecutor, MergeHandle } from './merge-executor.ts'
import { OpenHandles } from './open-handles.ts'
import { nextStoreNumber } from './store-number.ts'
import type { JobOwner } from './worker-job-handle.ts'
import { type WorkerLane, workerLane } from './worker-lane.ts'

/**
 * For one store on a file system that is `reachableFromWorkers`. `onWarning` is told once if there is no thread
 * after all and this one has to do the work.
 */
export function workerExecutor(
  fs: Files,
  clock: Clock,
  scheduler: Scheduler,
  onWarning: (message: string) => void,
): MergeExecutor {
  const fallback = inlineLaneOf(clock, scheduler)
  return new WorkerExecutor({ lane: workerLane, fs, fallback, onWarning })
}

export interface WorkerExecutorParts {
  readonly lane: WorkerLane
  /** Opens the same paths as the thread does, for what has to be done or tidied up here. */
  readonly fs: Files
  /** Takes over where there is no thread. */
  readonly fallback: InlineLane
  /** Told once when that happens. */
  readonly onWarning: (message: string) => void
}

export class WorkerExecutor implements MergeExecutor {
  readonly #lane: WorkerLane
  readonly #owner: JobOwner
  readonly #handles = new OpenHandles()

  constructor({ lane, fs, fallback, onWarning }: WorkerExecutorParts) {
    let hasWarned = false
    const warnOnce = (message: string): void => {
      if (!hasWarned) onWarning(message)
      hasWarned = true
    }
    this.#lane = lane
    this.#owner = { store: nextStoreNumber(), fs, fallback, onWarning: warnOnce }
    lane.addUser()
  }

  prepare(): void {
    this.#lane.prepare()
  }

  touch(arena: Arena, from: number, to: number): void {
    // With its last user the thread goes; nobody would stop another.
    if (!this.#handles.isClosed) this.#lane.touch({ type: 'touch', arena, from, to })
  }

  run(job: MergeJob): MergeHandle {
    this.#handles.checkOpen()
    return this.#handles.add(this.#lane.submit(job, this.#owner))
  }

  async close(): Promise<void> {
    const isFirst = await this.#handles.close()
    if (isFirst) await this.#lane.removeUser()
  }
}
