/**
 * When to sweep. The first sweep walks over all keys, because nobody knows what an earlier process left; from then
 * on the sweeper knows when the next value expires and sleeps until then. A sweep runs one slice each `intervalMs`,
 * by a timer that keeps no process alive. Adapters over one store and prefix share a sweeper.
 */
import { ClosedError } from '../../errors.ts'
import type { Clock } from '../../time/clock.ts'
import type { Scheduler } from '../../time/scheduler.ts'
import { ExpirySweep } from './expiry-sweep.ts'
import type { BytesStore } from './store-source.ts'

/** After a failure: the store may be out of order, and would be for the next slice, too. */
const retryMs = 60_000
/** A timer waits no longer, because the wall clock may be set meanwhile. */
const timerMsMax = 3_600_000

export interface SweepSettings {
  /** 0: sweeps run on demand alone. */
  readonly intervalMs: number
  readonly sliceEntries: number
  readonly clock: Clock
  readonly scheduler: Scheduler
}

/** Told what happens in the background. Must not throw. */
export interface SweepListener {
  removed(keys: readonly string[]): void
  failed(error: unknown): void
}

export class ExpirySweeper {
  static readonly #ofStore = new WeakMap<BytesStore, Map<string, ExpirySweeper>>()

  readonly #store: BytesStore
  readonly #prefix: string
  readonly #settings: SweepSettings
  readonly #listeners = new Set<SweepListener>()
  #sweep: ExpirySweep | undefined
  #isRunning = false
  /** The earliest time at which a value may expire, as far as is known. */
  #dueMs = 0
  #cancelTimer: (() => void) | undefined

  /** The sweeper of a store and prefix; the settings count when there is none yet. */
  static of(store: BytesStore, prefix: string, settings: SweepSettings): ExpirySweeper {
    const sweepers = ExpirySweeper.#ofStore.get(store) ?? new Map<string, ExpirySweeper>()
    ExpirySweeper.#ofStore.set(store, sweepers)
    const sweeper = sweepers.get(prefix) ?? new ExpirySweeper(store, prefix, settings)
    sweepers.set(prefix, sweeper)
    return sweeper
  }

  private constructor(store: BytesStore, prefix: string, settings: SweepSettings) {
    this.#store = store
    this.#prefix = prefix
    this.#settings = settings
  }

  /** Sweeps by itself as long as somebody has joined. Returns what leaves again. */
  join(listener: SweepListener): () => void {
    this.#listeners.add(listener)
    this.#arm(this.#settings.intervalMs)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      ExpirySweeper.#ofStore.get(this.#store)?.delete(this.#prefix)
    }
  }

  /** A value was written that expires then. */
  expectExpiry(expiresMs: number): void {
    if (expiresMs >= this.#dueMs) return
    this.#dueMs = expiresMs
    this.#armAgain()
  }

  /** Removes all that has expired, now, letting the event loop turn after each slice; returns how many keys. */
  async sweepAll(): Promise<number> {
    const sweep = new ExpirySweep(this.#store, this.#prefix, this.#settings.sliceEntries)
    let count = 0
    for (;;) {
      const { removed, isLast } = await this.#slice(sweep)
      count += removed.length
      if (isLast) return count
      await new Promise<void>((resolve) => this.#settings.scheduler.immediate(resolve))
    }
  }

  async #slice(sweep: ExpirySweep): Promise<{ removed: readonly string[]; isLast: boolean }> {
    const slice = await sweep.slice(this.#settings.clock.wallTimeMs())
    if (slice.removed.length > 0) for (const listener of this.#listeners) listener.removed(slice.removed)
    return slice
  }

  #armAgain(): void {
    if (this.#sweep !== undefined) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const untilDueMs = this.#dueMs + 1 - this.#settings.clock.wallTimeMs()
    this.#arm(Math.max(this.#settings.intervalMs, Math.ceil(untilDueMs)))
  }

  #arm(delayMs: number): void {
    const { intervalMs, scheduler } = this.#settings
    if (intervalMs === 0 || this.#listeners.size === 0) return
    if (this.#isRunning || this.#cancelTimer !== undefined) return
    if (this.#sweep === undefined && this.#dueMs === Number.POSITIVE_INFINITY) return
    this.#cancelTimer = scheduler.timer(Math.min(delayMs, timerMsMax), () => {
      this.#cancelTimer = undefined
      void this.#tick()
    })
  }

  /** Never rejects. */
  async #tick(): Promise<void> {
    this.#isRunning = true
    const failure = await this.#step().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    this.#isRunning = false
    if (failure === undefined) {
      if (this.#sweep === undefined) this.#armAgain()
      else this.#arm(this.#settings.intervalMs)
    } else if (!(failure.error instanceof ClosedError)) {
      for (const listener of this.#listeners) listener.failed(failure.error)
      this.#arm(retryMs)
    }
  }

  async #step(): Promise<void> {
    if (this.#sweep === undefined) {
      if (this.#settings.clock.wallTimeMs() <= this.#dueMs) return
      // Writes may expect an expiry while the sweep is under way; what it passes is added at its end.
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#sweep = new ExpirySweep(this.#store, this.#prefix, this.#settings.sliceEntries)
    }
    const { isLast } = await this.#slice(this.#sweep)
    if (!isLast) return
    this.#dueMs = Math.min(this.#dueMs, this.#sweep.nextExpiryMs)
    this.#sweep = undefined
  }
}
