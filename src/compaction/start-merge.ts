/** Which of the two that can do it carries out a flush or a compaction. */
import type { Files } from '../fs/file-system.ts'
import { takeMergeMachine } from '../kernel/merge-machine.ts'
import type { Clock } from '../time/clock.ts'
import { MachineMergeRunner } from './machine-merge-runner.ts'
import type { MergeJob } from './merge-job.ts'
import { MergeJobRunner } from './merge-job-runner.ts'
import type { MergeRunner } from './merge-runner.ts'

/** Begins the job, by the compiled kernel where there is one. No I/O. */
export function startMerge(job: MergeJob, fs: Files, clock: Clock): MergeRunner {
  const machine = takeMergeMachine()
  if (machine === undefined) return new MergeJobRunner(job, fs, clock)
  return new MachineMergeRunner(job, fs, clock, machine)
}
