/**
 * A histogram of durations from 1 nanosecond to an hour in buckets that are at most 3 % wide. Adding one costs
 * some 10 ns and allocates nothing.
 */

const stepsPerOctave = 32
const octaves = 42

export class Latencies {
  #counts = new Float64Array(octaves * stepsPerOctave)
  #count = 0
  #maxMs = 0

  /** @param {number} ms */
  add(ms) {
    const ns = ms * 1e6
    const bucket = ns <= 1 ? 0 : Math.min(this.#counts.length - 1, (Math.log2(ns) * stepsPerOctave) | 0)
    this.#counts[bucket] = /** @type {number} */ (this.#counts[bucket]) + 1
    this.#count++
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  get count() {
    return this.#count
  }

  /**
   * The duration that this share of all stay below, in microseconds.
   *
   * @param {number} share
   */
  percentileUs(share) {
    const wanted = share * this.#count
    let seen = 0
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count
      if (seen >= wanted && count > 0)
        return Math.min(this.#maxMs * 1e3, 2 ** ((bucket + 1) / stepsPerOctave) / 1e3)
    }
    return 0
  }

  /** In microseconds; nothing where nothing was added. */
  summary() {
    if (this.#count === 0) return undefined
    return {
      samples: this.#count,
      p50Us: this.percentileUs(0.5),
      p99Us: this.percentileUs(0.99),
      p999Us: this.percentileUs(0.999),
      maxUs: this.#maxMs * 1e3,
    }
  }
}
