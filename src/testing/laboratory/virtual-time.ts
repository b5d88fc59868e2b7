/**
 * Time that passes only as a test goes on: a little with each look at the clock, now and then a jump, and some
 * with each turn of the event loop while a timer waits. The jumps come from a seed, so that over a file system in
 * memory one seed is one run, whatever the machine does meanwhile.
 */
import type { SeededRandom } from '../../fs/seeded-random.ts'
import type { Clock } from '../../time/clock.ts'
import type { Scheduler } from '../../time/scheduler.ts'

const msPerLook = 0.002
const jumpChance = 0.01
/** Longer than what a read, a slice or a turn of the event loop may take. */
const jumpMsMax = 5
const msPerTurn = 1
/** How often what waits for the next turn of the event loop waits for one more. */
const delayChance = 0.2

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

export class VirtualTime implements Clock, Scheduler {
  readonly #random: SeededRandom
  readonly #timers = new Set<Timer>()
  #immediates: (() => void)[] = []
  #nowMs = 0
  #isTurning = false
  #isStopped = false

  constructor(random: SeededRandom) {
    this.#random = random
  }

  monotonicMs(): number {
    this.#nowMs += this.#random.chance(jumpChance) ? this.#random.fraction() * jumpMsMax : msPerLook
    return this.#nowMs
  }

  wallTimeMs(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  microtask(run: () => void): void {
    queueMicrotask(run)
  }

  immediate(run: () => void): void {
    this.#immediates.push(run)
    if (this.#immediates.length === 1) this.#runImmediatesLater()
  }

  timer(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run }
    this.#timers.add(timer)
    this.#turn()
    return () => this.#timers.delete(timer)
  }

  /** Lets so many milliseconds pass at once; runs the timers that are due then, in their order. */
  pass(ms: number): void {
    this.#nowMs += ms
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= this.#nowMs)
    for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) if (this.#timers.delete(timer)) timer.run()
  }

  /** No timer runs any more. */
  stop(): void {
    this.#isStopped = true
    this.#timers.clear()
  }

  /** On the next turn, or a later one when the seed lets others go first; in their order. */
  #runImmediatesLater(): void {
    setImmediate(() => {
      if (this.#random.chance(delayChance)) {
        this.#runImmediatesLater()
        return
      }
      const due = this.#immediates
      this.#immediates = []
      for (const run of due) run()
    })
  }

  /** While timers wait, each turn of the event loop takes its time. */
  #turn(): void {
    if (this.#isTurning || this.#isStopped || this.#timers.size === 0) return
    this.#isTurning = true
    setImmediate(() => {
      this.#isTurning = false
      this.pass(msPerTurn)
      this.#turn()
    })
  }
}
