/** Where a store hands in its flushes and compactions. Whether a thread of its own does them is not its business. */
import type { MergeJob, MergeProgress, MergeResult } from '../compaction/merge-job.ts'
import type { Arena } from '../kernel/memory-pool.ts'

export interface MergeExecutor {
  /** A large job is going to come: starts what takes time to start. */
  prepare(): void
  /** A part of an arena is going to be used: another thread, if there is one, touches its pages first. */
  touch(arena: Arena, from: number, to: number): void
  /** Begins a job, or lines it up: flushes go before compactions, stores take turns. */
  run(job: MergeJob): MergeHandle
  /**
   * Cancels all jobs of this store and waits until none of them touches a file any more. Safe to call twice; no
   * job may be handed in afterwards.
   */
  close(): Promise<void>
}

/** A job that was handed in. */
export interface MergeHandle {
  /**
   * Rejects with what the job failed with (the system's error, `CorruptionError` …), with `StorageError` when the
   * thread died, with `ClosedError` when the job was cancelled. Then its outputs are removed. May be ignored.
   */
  readonly done: Promise<MergeResult>
  /**
   * Blocks until the job is done. For callers that cannot wait otherwise. Throws what {@link done} rejects with,
   * which settles as well.
   */
  finishSync(): MergeResult
  /** Gives up; soon {@link done} rejects. No effect on a job that is done. */
  cancel(): void
  /** How far the job is; in steps of a kibibyte when a thread does it. */
  readonly progress: MergeProgress
  /**
   * Whether the process stays alive for this job. It does at first; what nobody waits for should not keep it.
   * No effect while this thread does the work.
   */
  keepAlive(isKept: boolean): void
}
