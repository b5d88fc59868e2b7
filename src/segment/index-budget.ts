/**
 * How much memory the indexes and filters of all open segments may take. What must be in memory (where blocks
 * start) is counted even beyond the limit; what only makes reads faster is loaded while it fits.
 */
export class IndexBudget {
  readonly limitBytes: number
  /** How often memory was given back: while it stays the same, nothing fits that did not fit before. */
  givenCount = 0
  #usedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Counts memory that cannot be done without. */
  take(sizeBytes: number): void {
    this.#usedBytes += sizeBytes
  }

  /** Counts the memory if it fits. */
  tryTake(sizeBytes: number): boolean {
    if (this.#usedBytes + sizeBytes > this.limitBytes) return false
    this.#usedBytes += sizeBytes
    return true
  }

  give(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes
    this.givenCount += 1
  }
}
