/**
 * Reads and verifies every segment in the background, slowly, round after round, so that damage is found while a
 * backup still has what it took. A round takes about `intervalMs` whatever the store holds: a slice of a few dozen
 * blocks, then a pause as long as its share of the whole. Its timers keep no process alive, and it holds no picture:
 * a segment that was merged away meanwhile is let go.
 */
import { CorruptionError } from '../errors.ts'
import type { Segment } from '../segment/segment.ts'
import type { Clock } from '../time/clock.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { StoreEvents } from './store-events.ts'
import type { CheckProblem, StoreStatus } from './store-status.ts'

export interface ScrubberParts {
  /** How long a round should take; 0 turns scrubbing off. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly events: StoreEvents
  /** The segments of the current picture. */
  readonly segments: () => readonly Segment[]
}

export class Scrubber {
  readonly #parts: ScrubberParts
  readonly #problems = new Map<number, CheckProblem>()
  #cancelTimer: (() => void) | undefined
  #roundCount = 0
  #bytesRead = 0
  #roundBeganMs = 0
  #roundBytes = 0
  #roundBytesRead = 0
  #queue: Segment[] = []
  #segment: Segment | undefined
  #steps: ReturnType<Segment['verify']> | undefined
  /** How far the segment under way was read. */
  #offset = 0

  constructor(parts: ScrubberParts) {
    this.#parts = parts
    if (parts.intervalMs > 0) this.#beginLater(parts.intervalMs)
  }

  get status(): StoreStatus['scrub'] {
    const numbers = new Set(this.#parts.segments().map(({ number }) => number))
    return {
      intervalMs: this.#parts.intervalMs,
      roundCount: this.#roundCount,
      bytesRead: this.#bytesRead,
      problems: [...this.#problems].filter(([number]) => numbers.has(number)).map(([, problem]) => problem),
    }
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#letGo()
  }

  #beginLater(delayMs: number): void {
    this.#after(delayMs, () => {
      this.#queue = [...this.#parts.segments()]
      this.#roundBeganMs = this.#parts.clock.monotonicMs()
      this.#roundBytes = this.#queue.reduce((sum, { meta }) => sum + meta.sizeBytes, 0)
      this.#roundBytesRead = 0
      this.#goOn()
    })
  }

  /** One slice, then the pause that it has earned. */
  #goOn(): void {
    if (this.#steps === undefined && !this.#nextSegment()) {
      this.#endRound()
      return
    }
    const bytes = this.#slice()
    this.#bytesRead += bytes
    this.#roundBytesRead += bytes
    const share = this.#roundBytes === 0 ? 0 : bytes / this.#roundBytes
    this.#after(this.#parts.intervalMs * share, () => this.#goOn())
  }

  #nextSegment(): boolean {
    const present = new Set(this.#parts.segments())
    let next = this.#queue.shift()
    while (next !== undefined && !present.has(next)) next = this.#queue.shift()
    this.#segment = next
    this.#steps = next?.verify()
    this.#offset = 0
    return next !== undefined
  }

  /** Goes on with the segment under way; the bytes that it read. */
  #slice(): number {
    const segment = this.#segment as Segment
    const before = this.#offset
    if (!this.#parts.segments().includes(segment)) {
      this.#letGo()
      return 0
    }
    try {
      const step = this.#steps?.next()
      if (step?.done === false) {
        this.#offset = Math.max(before, step.value)
        return this.#offset - before
      }
      this.#problems.delete(segment.number)
    } catch (error) {
      this.#tell(segment, error)
    }
    this.#letGo()
    return segment.meta.sizeBytes - before
  }

  #tell(segment: Segment, error: unknown): void {
    const offset = error instanceof CorruptionError ? error.offset : undefined
    const problem = {
      path: segment.path,
      offset,
      message: error instanceof Error ? error.message : String(error),
    }
    this.#problems.set(segment.number, problem)
    this.#parts.events.emit('damage', problem)
  }

  #endRound(): void {
    const { clock, intervalMs, events, segments } = this.#parts
    const numbers = new Set(segments().map(({ number }) => number))
    for (const number of this.#problems.keys()) if (!numbers.has(number)) this.#problems.delete(number)
    this.#roundCount += 1
    const durationMs = clock.monotonicMs() - this.#roundBeganMs
    events.emit('scrubEnd', {
      bytesRead: this.#roundBytesRead,
      durationMs,
      problemCount: this.#problems.size,
    })
    this.#beginLater(Math.max(1, intervalMs - durationMs))
  }

  #letGo(): void {
    // Closes the file that the walk has open.
    this.#steps?.return({ byteCount: 0, blockCount: 0, entryCount: 0 })
    this.#steps = undefined
    this.#segment = undefined
  }

  #after(delayMs: number, run: () => void): void {
    this.#cancelTimer = this.#parts.scheduler.timer(delayMs, () => {
      this.#cancelTimer = undefined
      run()
    })
  }
}
