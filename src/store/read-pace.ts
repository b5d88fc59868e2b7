/**
 * Decides whether a block is read blocking or by the thread pool. A read from the page cache takes about a
 * microsecond, a trip to the thread pool ten; a read from a cold disk must not block. Which it will be cannot
 * be asked, so recent reads are taken as the guess, and a slow one makes the next ones go to the thread pool.
 */

/** A blocking read longer than this did not come from the page cache. */
const slowReadMs = 0.15
/** So many reads go to the thread pool after a slow one; doubled each time, up to the most. */
const backOffCountMin = 16
const backOffCountMax = 4096

export class ReadPace {
  readonly #monotonicMs: () => number
  #pooledLeft = 0
  #backOffCount = backOffCountMin
  readonly #noteBlock: (durationMs: number) => void

  /** `noteBlock` is told how long each blocking read took. */
  constructor(monotonicMs: () => number, noteBlock: (durationMs: number) => void) {
    this.#monotonicMs = monotonicMs
    this.#noteBlock = noteBlock
  }

  /** Runs the load, blocking when that is likely to be quick. Returns a promise only when it is not. */
  load(loadSync: () => void, load: () => Promise<void>): Promise<void> | undefined {
    if (this.#pooledLeft > 0) {
      this.#pooledLeft--
      return load()
    }
    const began = this.#monotonicMs()
    loadSync()
    const durationMs = this.#monotonicMs() - began
    this.#noteBlock(durationMs)
    if (durationMs > slowReadMs) {
      this.#pooledLeft = this.#backOffCount
      this.#backOffCount = Math.min(2 * this.#backOffCount, backOffCountMax)
    } else if (this.#backOffCount > backOffCountMin) {
      this.#backOffCount--
    }
    return undefined
  }
}
