/**
 * Notices that nobody uses the store: no writes for two seconds, and few reads besides. Looks until there is nothing
 * more to notice; the next write makes it look again.
 */
import type { Scheduler } from '../time/scheduler.ts'

/** `idle`: nobody writes. `calm`: nobody writes, and hardly anybody reads. */
export type Leisure = 'none' | 'idle' | 'calm'

export interface LeisureWatchParts {
  readonly scheduler: Scheduler
  /** How many blocks reads have looked at so far. */
  readonly readCount: () => number
  readonly onLeisure: (leisure: Leisure) => void
}

const lookEveryMs = 500
/** So many looks in a row have to find no writes. */
const quietLookCountMin = 4
/** More blocks between two looks are work that should not be disturbed for a little space. */
const calmReadCountMax = 500

export class LeisureWatch {
  readonly #parts: LeisureWatchParts
  #leisure: Leisure = 'none'
  #cancel: (() => void) | undefined
  #wroteSinceLook = false
  #quietLookCount = 0
  #readCount = 0
  #isStopped = false

  constructor(parts: LeisureWatchParts) {
    this.#parts = parts
    this.#lookLater()
  }

  /** Called often. */
  noteWrite(): void {
    this.#wroteSinceLook = true
    if (this.#leisure === 'none' || this.#isStopped) return
    this.#set('none')
    if (this.#cancel === undefined) this.#lookLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  #lookLater(): void {
    this.#readCount = this.#parts.readCount()
    this.#cancel = this.#parts.scheduler.timer(lookEveryMs, () => this.#look())
  }

  #look(): void {
    this.#cancel = undefined
    this.#quietLookCount = this.#wroteSinceLook ? 0 : this.#quietLookCount + 1
    this.#wroteSinceLook = false
    const leisure = this.#judge()
    if (leisure !== 'calm') this.#lookLater()
    this.#set(leisure)
  }

  #judge(): Leisure {
    if (this.#quietLookCount < quietLookCountMin) return 'none'
    return this.#parts.readCount() - this.#readCount <= calmReadCountMax ? 'calm' : 'idle'
  }

  #set(leisure: Leisure): void {
    if (leisure === this.#leisure) return
    this.#leisure = leisure
    this.#parts.onLeisure(leisure)
  }
}
