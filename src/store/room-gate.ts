/**
 * Back-pressure: where writes wait. They stop when there is no memory for another MemTable, because flushes
 * cannot keep up or because level 0 is full, when syncs are far behind, and until a recovery is over. Before it comes to that they are
 * slowed down a little at a time, the more the nearer it is.
 */
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import { Deferred } from './deferred.ts'
import type { Maintenance } from './maintenance.ts'
import type { StallCause, StoreEvents } from './store-events.ts'

export interface RoomGateParts {
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly events: StoreEvents
  readonly maintenance: Maintenance
  readonly isSyncOverdue: () => boolean
  readonly syncSync: () => void
}

/** Delays are gathered until they are worth a timer. */
const worthwhileDelayMs = 2
const delayMsMax = 25
/** Milliseconds a mebibyte is delayed at full pressure; at half of it a quarter. */
const delayMsPerMiB = 400
const MiB = 1024 * 1024

export class RoomGate {
  readonly #parts: RoomGateParts
  #opened = new Deferred()
  #owedMs = 0
  /** Until when writes are held back to slow them down. */
  #heldUntilMs = 0
  #stall: { cause: StallCause; sinceMs: number } | undefined
  /** How long writes were held back to slow them down. */
  slowedMs = 0
  stallCount = 0
  stalledMs = 0

  constructor(parts: RoomGateParts) {
    this.#parts = parts
  }

  /** Why writes wait now. */
  get stallCause(): StallCause | undefined {
    return this.#stall?.cause
  }

  /** Whether writes wait for a flush, or for the compaction that a flush waits for. */
  get isStalledForMemory(): boolean {
    return this.#stall !== undefined && this.#stall.cause !== 'sync'
  }

  /** A group of so many bytes was written: under pressure the next ones come a little later. */
  noteWritten(sizeBytes: number): void {
    const { pressure } = this.#parts.maintenance
    if (pressure === 0) return
    this.#owedMs += pressure * pressure * (sizeBytes / MiB) * delayMsPerMiB
    if (this.#owedMs < worthwhileDelayMs) return
    const delayMs = Math.min(this.#owedMs, delayMsMax)
    this.#heldUntilMs = this.#parts.clock.monotonicMs() + delayMs
    this.slowedMs += delayMs
    this.#owedMs = 0
  }

  isHeldBack(): boolean {
    if (this.#parts.isSyncOverdue() || this.#parts.maintenance.isRecovering) return true
    return this.#heldUntilMs > 0 && this.#parts.clock.monotonicMs() < this.#heldUntilMs
  }

  /** Something changed: everybody who waits looks again. */
  open(): void {
    const opened = this.#opened
    this.#opened = new Deferred()
    opened.resolve()
  }

  async wait(): Promise<void> {
    const { clock, scheduler } = this.#parts
    if (this.#heldUntilMs > 0 && !this.#parts.isSyncOverdue()) {
      const heldMs = this.#heldUntilMs - clock.monotonicMs()
      if (heldMs > 0) {
        await new Promise<void>((resolve) => {
          scheduler.timer(heldMs, resolve, true)
        })
      }
      // Even if the time ran out since the question: nothing else may ever happen that opens the gate.
      this.#endHold()
      return
    }
    this.#beginStall()
    this.#parts.maintenance.makeRoom()
    await this.#opened.promise
    this.#endStall()
  }

  /** The same, blocking: does, or waits for, the work that makes room. */
  waitSync(): void {
    if (this.#parts.isSyncOverdue()) {
      this.#parts.syncSync()
      return
    }
    if (this.#heldUntilMs > 0) {
      // Only slowed down, and whoever blocks the thread is slow enough.
      this.#heldUntilMs = 0
      return
    }
    this.#beginStall()
    try {
      this.#parts.maintenance.makeRoomSync()
    } finally {
      this.#endStall()
    }
  }

  #endHold(): void {
    if (this.#heldUntilMs <= this.#parts.clock.monotonicMs()) this.#heldUntilMs = 0
  }

  #beginStall(): void {
    if (this.#stall !== undefined) return
    const cause = this.#parts.isSyncOverdue()
      ? 'sync'
      : this.#parts.maintenance.isRecovering
        ? 'recovery'
        : this.#parts.maintenance.isLevel0Full
          ? 'level0'
          : 'arenas'
    this.#stall = { cause, sinceMs: this.#parts.clock.monotonicMs() }
    this.stallCount++
    this.#parts.events.emit('stallBegin', { cause })
  }

  #endStall(): void {
    if (this.#stall === undefined) return
    const { cause, sinceMs } = this.#stall
    const durationMs = this.#parts.clock.monotonicMs() - sinceMs
    this.#stall = undefined
    this.stalledMs += durationMs
    this.#parts.events.emit('stallEnd', { cause, durationMs })
  }
}
