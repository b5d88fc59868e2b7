/** What came of the flushes, or of the compactions, of a store since it was opened. */
import type { MergeResult } from '../compaction/merge-job.ts'
import type { JobStatus } from './store-status.ts'

export class JobStatistics {
  #count = 0
  #bytesRead = 0
  #bytesWritten = 0
  #totalMs = 0
  #failures = 0

  succeeded({ bytesRead, bytesWritten }: MergeResult, durationMs: number): void {
    this.#count++
    this.#bytesRead += bytesRead
    this.#bytesWritten += bytesWritten
    this.#totalMs += durationMs
  }

  failed(): void {
    this.#failures++
  }

  status(running: number): JobStatus {
    return {
      count: this.#count,
      running,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      totalMs: this.#totalMs,
      failures: this.#failures,
    }
  }
}
