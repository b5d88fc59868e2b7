/**
 * A flush or a compaction on its way: first the merge runs somewhere, then its edit is made durable and the
 * outcome installed. The blocking API may have to finish either stage at once; whichever comes first does it,
 * the other finds it done.
 */
import type { MergeResult } from '../compaction/merge-job.ts'
import type { MergeHandle } from '../worker/merge-executor.ts'

export interface BackgroundJobParts {
  readonly handle: MergeHandle
  /** Makes the outcome durable and visible. */
  readonly install: (result: MergeResult) => Promise<void>
  readonly installSync: (result: MergeResult) => void
}

export class BackgroundJob {
  readonly #parts: BackgroundJobParts
  #isMerged = false
  #hasFailed = false
  /** Why the blocking installation failed. */
  #failure: { readonly error: unknown } | undefined
  /** Resolves when the outcome is installed; rejects with what went wrong, at whichever stage. */
  readonly done: Promise<void>

  constructor(parts: BackgroundJobParts) {
    this.#parts = parts
    this.done = this.#run()
    this.done.catch(() => undefined)
  }

  /**
   * Brings the job to its end, blocking. When its edit is under way already, finishing the manifest's pending
   * edits is all there is to do, and the caller does that first.
   */
  finishSync(): void {
    if (this.#isMerged) return
    const result = this.#mergeSync()
    this.#isMerged = true
    try {
      this.#parts.installSync(result)
    } catch (error) {
      this.#failure = { error }
      this.#hasFailed = true
      throw error
    }
  }

  /** Whether {@link finishSync} found that it cannot be done: `done` says so too, but later. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  #mergeSync(): MergeResult {
    try {
      return this.#parts.handle.finishSync()
    } catch (error) {
      this.#hasFailed = true
      throw error
    }
  }

  cancel(): void {
    this.#parts.handle.cancel()
  }

  /** Whether the process stays alive for this job. */
  keepAlive(isKept: boolean): void {
    this.#parts.handle.keepAlive(isKept)
  }

  async #run(): Promise<void> {
    const result = await this.#parts.handle.done
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#isMerged) return
    this.#isMerged = true
    await this.#parts.install(result)
  }
}
