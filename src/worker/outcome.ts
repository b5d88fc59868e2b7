/** The end of a job, for those who wait for a promise and for those who cannot. */
import type { MergeResult } from '../compaction/merge-job.ts'
import { invariant } from '../invariant.ts'

export class Outcome {
  readonly done: Promise<MergeResult>
  #resolve: (result: MergeResult) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #settled: { readonly result: MergeResult } | { readonly error: unknown } | undefined

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever uses `finishSync` may never look at the promise.
    this.done.catch(() => {})
  }

  get isSettled(): boolean {
    return this.#settled !== undefined
  }

  /** Later calls have no effect. */
  succeed(result: MergeResult): void {
    if (this.#settled !== undefined) return
    this.#settled = { result }
    this.#resolve(result)
  }

  /** Later calls have no effect. */
  fail(error: unknown): void {
    if (this.#settled !== undefined) return
    this.#settled = { error }
    this.#reject(error)
  }

  /** What the settled job gave, or throws what it failed with. */
  take(): MergeResult {
    const settled = this.#settled
    invariant(settled !== undefined, 'the outcome is known')
    if ('error' in settled) throw settled.error
    return settled.result
  }
}
