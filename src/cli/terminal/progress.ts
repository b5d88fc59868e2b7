/** One line on stderr that shows how far an import, an export or a repair is. Only where somebody may be watching. */
import type { Clock } from '../../time/clock.ts'
import { formatBytes, formatCount, formatDuration } from './amounts.ts'
import type { Talk } from './talk.ts'

const redrawMs = 100
const barWidth = 24

export class Progress {
  readonly #talk: Talk
  readonly #clock: Clock
  readonly #verb: string
  /** Bytes or entries that are to come in all, where known. */
  readonly #total: number | undefined
  readonly #startMs: number
  #drawnMs = Number.NEGATIVE_INFINITY

  constructor(talk: Talk, clock: Clock, verb: string, total: number | undefined) {
    this.#talk = talk
    this.#clock = clock
    this.#verb = verb
    this.#total = total
    this.#startMs = clock.monotonicMs()
  }

  get elapsedMs(): number {
    return this.#clock.monotonicMs() - this.#startMs
  }

  /** `done` counts as `total` does. */
  update(entryCount: number, byteCount: number, done: number): void {
    const now = this.#clock.monotonicMs()
    if (!this.#talk.isTerminal || now - this.#drawnMs < redrawMs) return
    this.#drawnMs = now
    const seconds = Math.max(0.001, this.elapsedMs / 1000)
    const parts = [
      `${this.#verb}${this.#bar(done)}`,
      `${formatCount(entryCount)} entries`,
      ...(this.#total === undefined ? [formatBytes(byteCount)] : []),
      `${formatCount(entryCount / seconds)}/s`,
      `${formatBytes(byteCount / seconds)}/s`,
      ...this.#remaining(done),
    ]
    this.#talk.showPassing(parts.join('  '))
  }

  end(): void {
    this.#talk.showPassing('')
  }

  #bar(done: number): string {
    const part = this.#part(done)
    if (part === undefined) return ''
    const full = Math.round(part * barWidth)
    return ` ${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${Math.floor(part * 100)} %`
  }

  #remaining(done: number): string[] {
    const part = this.#part(done)
    if (part === undefined || part < 0.02 || this.elapsedMs < 1000) return []
    const leftMs = (this.elapsedMs * (1 - part)) / part
    return [`${formatDuration(Math.ceil(leftMs / 1000) * 1000).replace(/\.0+ /, ' ')} left`]
  }

  #part(done: number): number | undefined {
    return this.#total === undefined || this.#total === 0 ? undefined : Math.min(1, done / this.#total)
  }
}
