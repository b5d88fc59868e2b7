/** Decides where the maintenance of a store happens. */
import type { FileSystem } from '../fs/file-system.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { InlineExecutor } from './inline-executor.ts'
import { inlineLaneOf } from './inline-lane.ts'
import type { MergeExecutor } from './merge-executor.ts'
import { WorkerExecutor } from './worker-executor.ts'
import { workerLane } from './worker-lane.ts'

export interface MergeExecutorParts {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly scheduler: Scheduler
  /** What the user asked for. A file system that lives in this thread leaves no choice. */
  readonly maintenance: 'worker' | 'inline'
  /** Told once if there is no worker thread after all. */
  readonly onWarning: (message: string) => void
}

export function createMergeExecutor(parts: MergeExecutorParts): MergeExecutor {
  const { fs, clock, scheduler, maintenance, onWarning } = parts
  const lane = inlineLaneOf(clock, scheduler)
  if (maintenance === 'inline' || !fs.reachableFromWorkers) return new InlineExecutor(lane, fs)
  return new WorkerExecutor({ lane: workerLane, fs, fallback: lane, onWarning })
}
