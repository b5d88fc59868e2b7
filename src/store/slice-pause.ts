/** Cuts long pieces of work into slices, so that the event loop gets its turn in between. */

/** Slices take about this long. */
const sliceMs = 2
const stepsBetweenClockReads = 32

/** Says when a slice of a long piece of work has lasted long enough. */
export class SlicePause {
  readonly #monotonicMs: () => number
  #countdown = stepsBetweenClockReads
  #sliceBeganMs: number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#sliceBeganMs = monotonicMs()
  }

  isDue(): boolean {
    if (--this.#countdown > 0) return false
    this.#countdown = stepsBetweenClockReads
    const now = this.#monotonicMs()
    if (now - this.#sliceBeganMs < sliceMs) return false
    this.#sliceBeganMs = now
    return true
  }
}
