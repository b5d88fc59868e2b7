/**
 * Brings the logs to stable storage: one fdatasync at a time, shared by everybody who waits. A write that came
 * while one was under way waits for the next, since only a sync that began after the write proves it.
 */
import type { Clock } from '../time/clock.ts'
import { Deferred } from './deferred.ts'
import type { LogSet, SyncPoint } from './log-set.ts'

export interface LogSyncerParts {
  readonly logs: LogSet
  readonly clock: Clock
  /** The newest sequence number that the logs hold, as a sync begins. */
  readonly writtenSequence: () => number
  /** A sync failed: nobody knows what is on disk. Called once, before the waiters hear of it. */
  readonly onFailed: (error: unknown) => Error
}

/** Recent syncs must be faster than this on average for one to be worth blocking for. */
const inlineAverageMs = 1

export class LogSyncer {
  readonly #parts: LogSyncerParts
  #running: Promise<void> | undefined
  #waiters: Deferred[] = []
  #failure: Error | undefined
  #averageMs = 0.2
  /** When the last completed sync began. */
  #lastBegunMs: number
  /** When something was written after everything had been synced; `undefined` while everything is. */
  #dirtySinceMs: number | undefined
  #syncedSequence: number
  syncCount = 0

  constructor(parts: LogSyncerParts, syncedSequence: number) {
    this.#parts = parts
    this.#lastBegunMs = parts.clock.monotonicMs()
    this.#syncedSequence = syncedSequence
  }

  /** Every write up to here survives power loss. */
  get syncedSequence(): number {
    return this.#syncedSequence
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Whether blocking for a sync costs less than a trip to the thread pool. */
  get isInlineWorthwhile(): boolean {
    return this.#running === undefined && this.#averageMs < inlineAverageMs
  }

  /**
   * How long writes may have been waiting to be synced: milliseconds since the last completed sync began, or since
   * the first write after it; 0 when everything written is synced.
   */
  get ageMs(): number {
    if (this.#syncedSequence >= this.#parts.writtenSequence()) return 0
    return this.#parts.clock.monotonicMs() - Math.max(this.#lastBegunMs, this.#dirtySinceMs ?? 0)
  }

  /** Something is being written. */
  noteDirty(): void {
    this.#dirtySinceMs ??= this.#parts.clock.monotonicMs()
  }

  /** Everything up to `sequence` came to stable storage by another way: it was flushed. */
  advanceTo(sequence: number): void {
    if (sequence > this.#syncedSequence) this.#syncedSequence = sequence
  }

  /** Resolves when no sync is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Resolves when a sync that began after this call has returned. */
  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const waiter = new Deferred()
    this.#waiters.push(waiter)
    this.#start()
    return waiter.promise
  }

  /** The same, blocking. Those who wait for a sync that has not begun are served too. */
  syncSync(): void {
    if (this.#failure !== undefined) throw this.#failure
    const begun = this.#begin()
    try {
      for (const { log } of begun.point.logs) log.file.syncSync()
    } catch (error) {
      throw this.#fail(error)
    }
    this.#complete(begun)
    if (this.#running !== undefined) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.resolve()
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiters.length > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const waiters = this.#waiters
      this.#waiters = []
      const begun = this.#begin()
      try {
        for (const { log } of begun.point.logs) await log.file.sync()
        // The system tells of a failure once: if a blocking sync was told, this one says nothing.
        if (this.#failure !== undefined) throw this.#failure
        this.#complete(begun)
        for (const waiter of waiters) waiter.resolve()
      } catch (error) {
        const failure = this.#fail(error)
        for (const waiter of waiters) waiter.reject(failure)
      }
    }
  }

  #begin(): Begun {
    return {
      point: this.#parts.logs.beginSync(),
      sequence: this.#parts.writtenSequence(),
      atMs: this.#parts.clock.monotonicMs(),
    }
  }

  #complete({ point, sequence, atMs }: Begun): void {
    this.#parts.logs.completeSync(point)
    this.syncCount++
    this.advanceTo(sequence)
    if (atMs > this.#lastBegunMs) this.#lastBegunMs = atMs
    if (this.#syncedSequence >= this.#parts.writtenSequence()) this.#dirtySinceMs = undefined
    const durationMs = this.#parts.clock.monotonicMs() - atMs
    if (point.logs.length > 0) this.#averageMs += (durationMs - this.#averageMs) / 8
  }

  #fail(error: unknown): Error {
    this.#failure ??= this.#parts.onFailed(error)
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(this.#failure)
    return this.#failure
  }
}

interface Begun {
  readonly point: SyncPoint
  readonly sequence: number
  readonly atMs: number
}
