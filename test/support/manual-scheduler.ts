/** Deferred work that waits until a test lets it run. */
import type { Scheduler } from '../../src/time/scheduler.ts'

export class ManualScheduler implements Scheduler {
  readonly #immediates: (() => void)[] = []
  readonly #timers = new Set<{ readonly delayMs: number; readonly run: () => void }>()

  microtask(run: () => void): void {
    queueMicrotask(run)
  }

  immediate(run: () => void): void {
    this.#immediates.push(run)
  }

  timer(delayMs: number, run: () => void): () => void {
    const timer = { delayMs, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs what waits for the next turn longest; `false` when nothing does. */
  runImmediate(): boolean {
    const run = this.#immediates.shift()
    run?.()
    return run !== undefined
  }

  /** Runs the timer with the least delay; `false` when there is none. */
  runTimer(): boolean {
    const [next] = [...this.#timers].sort((a, b) => a.delayMs - b.delayMs)
    if (next === undefined) return false
    this.#timers.delete(next)
    next.run()
    return true
  }
}
