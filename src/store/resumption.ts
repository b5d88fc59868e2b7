/**
 * When to try to resume after a full disk: when a write is refused, at most once in a while, and with growing
 * patience when nobody writes, so that a quiet store is found open again by whoever comes next. An attempt costs
 * a flush of what is in memory, as far as the disk takes it.
 */
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'

export interface ResumptionParts {
  readonly clock: Clock
  readonly scheduler: Scheduler
  /** Tries; never rejects. `beganMs` is when it was begun. */
  readonly attempt: (beganMs: number) => Promise<void>
  /** Whether the disk is still known as full: otherwise there is nothing to try. */
  readonly isFull: () => boolean
}

/** Refused writes start no attempt within so long of the one before. */
const pauseMs = 1_000
/** How long a quiet store waits for its next attempt: doubled each time, up to the most. */
const firstDelayMs = 1_000
const lastDelayMs = 30_000

export class Resumption {
  readonly #parts: ResumptionParts
  #running: Promise<void> | undefined
  #lastMs = -Infinity
  #delayMs = firstDelayMs
  #cancelTimer: (() => void) | undefined
  #isStopped = false

  constructor(parts: ResumptionParts) {
    this.#parts = parts
  }

  /** The disk has become full. */
  begin(): void {
    this.#delayMs = firstDelayMs
    this.#armTimer()
  }

  /** A write was refused. */
  ask(): void {
    if (this.#parts.clock.monotonicMs() - this.#lastMs >= pauseMs) this.#try()
  }

  /** No attempt is begun any more; resolves when none runs. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer?.()
    await this.#running
  }

  #try(): void {
    if (this.#running !== undefined || this.#isStopped || !this.#parts.isFull()) return
    this.#lastMs = this.#parts.clock.monotonicMs()
    this.#running = this.#parts.attempt(this.#lastMs).finally(() => {
      this.#running = undefined
      this.#armTimer()
    })
  }

  /** The process may end meanwhile: nobody waits for this. */
  #armTimer(): void {
    this.#cancelTimer?.()
    if (this.#isStopped || !this.#parts.isFull()) return
    this.#cancelTimer = this.#parts.scheduler.timer(this.#delayMs, () => this.#try())
    this.#delayMs = Math.min(2 * this.#delayMs, lastDelayMs)
  }
}
