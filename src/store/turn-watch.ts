/**
 * Notices when code keeps the event loop from turning: a loop of awaited calls that all resolve in microtasks
 * would starve timers and messages for ever. Whoever asks past the limit should let the loop turn first.
 */
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'

const turnLimitMs = 2
/** A power of two. */
const callsBetweenClockReads = 16

export class TurnWatch {
  readonly #clock: Clock
  readonly #scheduler: Scheduler
  #isArmed = false
  #turnBeganMs = 0
  #callCount = 0

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock
    this.#scheduler = scheduler
  }

  /** Whether this turn of the event loop has lasted too long. The first question of a turn starts its time. */
  isOverdue(): boolean {
    const now = this.#clock.monotonicMs()
    if (this.#isArmed) return now - this.#turnBeganMs > turnLimitMs
    this.#isArmed = true
    this.#turnBeganMs = now
    this.#scheduler.immediate(() => {
      this.#isArmed = false
    })
    return false
  }

  /** {@link turn} for calls so quick that reading the clock each time would cost too much. */
  turnSampled(): Promise<void> | undefined {
    if ((++this.#callCount & (callsBetweenClockReads - 1)) !== 0) return undefined
    return this.turn()
  }

  /** A promise for the next turn, or `undefined` when this one is still young. */
  turn(): Promise<void> | undefined {
    return this.isOverdue() ? this.nextTurn() : undefined
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#scheduler.immediate(resolve))
  }
}
