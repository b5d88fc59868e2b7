/** Gives out the numbers of logs, segments and manifests: each once in the life of a store. */
import type { NumberRange } from '../compaction/merge-job.ts'

export class FileNumbers {
  #next: number

  /** `next` is above every number in the manifest and in the folder. */
  constructor(next: number) {
    this.#next = next
  }

  next(): number {
    return this.#next++
  }

  reserve(count: number): NumberRange {
    const first = this.#next
    this.#next += count
    return { first, count }
  }
}
