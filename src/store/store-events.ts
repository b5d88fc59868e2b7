/** What the store tells while it works: begin and end of background acts, with their numbers. */

/** What writes can wait for: memory, level 0, a late sync, or the end of a recovery. */
export type StallCause = 'arenas' | 'level0' | 'sync' | 'recovery'

export interface StoreEventMap {
  open: { path: string; durationMs: number; recoveredEntryCount: number; recoveredLogBytes: number }
  close: { path: string; durationMs: number }
  flushBegin: { job: number; entryCount: number; sizeBytes: number }
  flushEnd: { job: number; segments: number[]; bytesWritten: number; durationMs: number }
  compactionBegin: {
    job: number
    level: number
    outputLevel: number
    segments: number[]
    bytes: number
    reason: string
  }
  compactionEnd: {
    job: number
    segments: number[]
    bytesRead: number
    bytesWritten: number
    durationMs: number
  }
  /** Writes wait. `cause` says for what. */
  stallBegin: { cause: StallCause }
  stallEnd: { cause: StallCause; durationMs: number }
  /** The disk is full; writing resumes when there is room. */
  full: { error: Error }
  resumed: { durationMs: number }
  /** Reading segments in the background found a damage. */
  damage: { path: string; offset: number | undefined; message: string }
  /** All segments were read and verified once. */
  scrubEnd: { bytesRead: number; durationMs: number; problemCount: number }
  warning: { message: string }
  /** Background work failed; `fatal` when writes are refused until the store is reopened. */
  error: { error: Error; fatal: boolean }
}

export type StoreEventName = keyof StoreEventMap
export type StoreEventListener<N extends StoreEventName> = (event: StoreEventMap[N]) => void

/** Any logger shaped like pino's. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * Delivers events to listeners, in their order, as soon as the running code lets go (a microtask): events come
 * from the midst of writes and installations, and a listener may call the store, even write to it. A listener that
 * throws is reported to the logger and harms nobody else.
 */
export class StoreEvents {
  readonly #listeners = new Map<StoreEventName, Set<(event: never) => void>>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  on<N extends StoreEventName>(name: N, listener: StoreEventListener<N>): void {
    let listeners = this.#listeners.get(name)
    if (listeners === undefined) {
      listeners = new Set()
      this.#listeners.set(name, listeners)
    }
    listeners.add(listener)
  }

  off<N extends StoreEventName>(name: N, listener: StoreEventListener<N>): void {
    this.#listeners.get(name)?.delete(listener)
  }

  emit<N extends StoreEventName>(name: N, event: StoreEventMap[N]): void {
    this.#log(name, event)
    if (this.#listeners.has(name)) queueMicrotask(() => this.#deliver(name, event))
  }

  #deliver<N extends StoreEventName>(name: N, event: StoreEventMap[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        ;(listener as StoreEventListener<N>)(event)
      } catch (error) {
        this.#logger.error({ error, event: name }, 'a listener of the store threw')
      }
    }
  }

  #log(name: StoreEventName, event: object): void {
    if (name === 'error') this.#logger.error(event, name)
    else if (name === 'warning' || name === 'full' || name === 'damage') this.#logger.warn(event, name)
    else if (name === 'stallBegin' || name === 'stallEnd') this.#logger.info(event, name)
    else this.#logger.debug(event, name)
  }
}

const ignore = (): void => {}

/** The default logger: says nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
