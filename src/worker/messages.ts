/** What the main thread and the maintenance thread say to each other. */
import type { MessagePort } from 'node:worker_threads'
import type { MergeJob, MergeResult } from '../compaction/merge-job.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import type { ErrorMessage } from './error-message.ts'

/** To the maintenance thread: a job. Everything further about it goes through its `JobControl`. */
export interface RunMessage {
  readonly type: 'run'
  readonly id: number
  /** Tells the jobs of one store from those of another. */
  readonly store: number
  readonly job: MergeJob
  readonly control: SharedArrayBuffer
}

/** To the maintenance thread: touch these pages of an arena, so that the main thread does not have to. */
export interface TouchMessage {
  readonly type: 'touch'
  readonly arena: Arena
  /** Offsets in the arena, in bytes. */
  readonly from: number
  readonly to: number
}

export type LaneMessage = RunMessage | TouchMessage

/** From the maintenance thread. `ready`: it has started, jobs will be done. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly result: MergeResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorMessage }

/** What the maintenance thread is started with. */
export interface WorkerStart {
  readonly port: MessagePort
}
