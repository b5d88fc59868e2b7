/**
 * How long the store kept the event loop from turning, as a histogram: each piece of work that it does in one go
 * (committing a group, bringing in a batch, filling a step of an iterator, putting a flush in place, a timer's
 * work, a blocking read for an asynchronous call) is timed. Calls that block by their name (`getSync` …) are not.
 */
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { LoopStatus } from './store-status.ts'

/** In milliseconds; the last bucket has what is longer. */
const bucketLimitsMs: readonly number[] = [1, 2, 4, 8, 20, 50]

export class LoopBlocks {
  readonly #clock: Clock
  readonly #counts = new Float64Array(bucketLimitsMs.length + 1)
  #longestMs = 0
  /** A piece of work inside another one is part of that one. */
  #isMeasuring = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get status(): LoopStatus {
    const buckets = Array.from(this.#counts, (count, i) => ({ upToMs: bucketLimitsMs[i], count }))
    return { longestMs: this.#longestMs, buckets }
  }

  note(durationMs: number): void {
    let bucket = 0
    while (durationMs > (bucketLimitsMs[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    ;(this.#counts[bucket] as number)++
    if (durationMs > this.#longestMs) this.#longestMs = durationMs
  }

  /** Runs `act` and notes how long it took; what it throws passes. */
  measure<R>(act: () => R): R {
    if (this.#isMeasuring) return act()
    const began = this.#clock.monotonicMs()
    this.#isMeasuring = true
    try {
      return act()
    } finally {
      this.#isMeasuring = false
      this.note(this.#clock.monotonicMs() - began)
    }
  }

  /** A scheduler whose work is measured. */
  watch(scheduler: Scheduler): Scheduler {
    return {
      microtask: (run) => scheduler.microtask(() => this.measure(run)),
      immediate: (run) => scheduler.immediate(() => this.measure(run)),
      timer: (delayMs, run, keepsAlive) => scheduler.timer(delayMs, () => this.measure(run), keepsAlive),
    }
  }
}
