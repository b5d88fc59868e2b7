/** Time that stands still until a test lets some pass. */
import type { Clock } from '../../src/time/clock.ts'
import type { Scheduler } from '../../src/time/scheduler.ts'

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

export class StillTime implements Clock, Scheduler {
  readonly #timers = new Set<Timer>()
  #nowMs = 0

  monotonicMs(): number {
    return this.#nowMs
  }

  wallTimeMs(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  microtask(run: () => void): void {
    queueMicrotask(run)
  }

  immediate(run: () => void): void {
    setImmediate(run)
  }

  timer(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Lets so many milliseconds pass; the timers that are due then run in their order, each at its time. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#nowMs = next.dueMs
      this.#timers.delete(next)
      next.run()
    }
    this.#nowMs = endMs
  }

  #nextDue(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs)
    return due.sort((a, b) => a.dueMs - b.dueMs)[0]
  }
}
