/** What carries out a flush or a compaction in steps. */
import type { MergeJob, MergeProgress, MergeResult } from './merge-job.ts'

/** How much a step may do. */
export interface StepBudget {
  readonly durationMs: number
  /** Of keys and values. */
  readonly bytes: number
}

export interface MergeRunner {
  readonly job: MergeJob
  readonly progress: MergeProgress
  /**
   * Goes on for a while; whether the job is done. When it throws (the system's error, or `CorruptionError` on
   * damaged input), the job is over and its outputs are removed.
   */
  step(budget: StepBudget): boolean
  /** What came of it, once a step said that the job is done. */
  result(): MergeResult
  /** Gives up and removes the outputs, those of a finished job too. Safe to call twice. */
  abort(): void
}
