/**
 * Syncs what was written in the background: a while after the first write that is not synced, and so on until
 * everything is. When nothing more was written for a while after that, a mark in the log says how far it is
 * synced, so that a quiet log proves itself too. When syncs fall far behind, writes have to wait for them.
 */
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { LogSet } from './log-set.ts'
import type { LogSyncer } from './log-syncer.ts'

export interface BackgroundSyncParts {
  readonly intervalMs: number
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly syncer: LogSyncer
  readonly logs: LogSet
  /** Puts into the log what only memory holds. */
  readonly writeOut: () => void
  readonly isStopped: () => boolean
  /** Writes that waited for a sync may go on. */
  readonly onCaughtUp: () => void
}

/** A sync that is late by so many intervals makes writes wait. */
const overdueIntervals = 10
const markDelayMs = 1000

export class BackgroundSync {
  readonly #parts: BackgroundSyncParts
  #cancelTimer: (() => void) | undefined
  #cancelMark: (() => void) | undefined
  #isOverdue = false

  constructor(parts: BackgroundSyncParts) {
    this.#parts = parts
  }

  /** Whether writes should wait until the disk has caught up. */
  get isOverdue(): boolean {
    return this.#isOverdue
  }

  /** Something was written, or will have to be. */
  noteDirty(): void {
    this.#parts.syncer.noteDirty()
    if (this.#cancelTimer !== undefined) return
    this.#cancelMark?.()
    this.#cancelMark = undefined
    this.#arm()
  }

  /** A sync has returned, perhaps a blocking one while another still waits for its answer. */
  noteCaughtUp(): void {
    if (!this.#isOverdue) return
    this.#isOverdue = false
    this.#parts.onCaughtUp()
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelMark?.()
    this.#cancelTimer = undefined
    this.#cancelMark = undefined
  }

  #arm(): void {
    this.#cancelTimer = this.#parts.scheduler.timer(this.#parts.intervalMs, () => {
      void this.#sync()
    })
  }

  async #sync(): Promise<void> {
    const { syncer, intervalMs } = this.#parts
    this.#cancelTimer = undefined
    if (this.#parts.isStopped()) return
    if (syncer.isRunning) {
      // The disk has not answered within an interval: look again after another.
      if (syncer.ageMs > overdueIntervals * intervalMs) this.#isOverdue = true
      this.#arm()
      return
    }
    this.#parts.writeOut()
    try {
      await syncer.sync()
    } catch {
      // The syncer told the store, which refuses writes from now on.
      return
    } finally {
      this.noteCaughtUp()
    }
    if (syncer.ageMs > 0) this.noteDirty()
    else this.#markLater()
  }

  #markLater(): void {
    if (this.#cancelTimer !== undefined) return
    this.#cancelMark?.()
    this.#cancelMark = this.#parts.scheduler.timer(markDelayMs, () => {
      this.#cancelMark = undefined
      if (!this.#parts.isStopped() && this.#parts.syncer.ageMs === 0) this.#parts.logs.writeSyncMark()
    })
  }
}
