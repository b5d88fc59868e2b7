/**
 * What the store may still do. Open, it does everything. Full, it reads, and refuses writes until there is
 * room. Failed, it reads, and refuses writes with the first cause until it is opened again. Closed, nothing.
 * The one place that knows, asked before each call.
 */
import { ClosedError, DiskFullError, isDiskFull, StorageError, StoreError, systemCodeOf } from '../errors.ts'
import type { StoreEvents } from './store-events.ts'

export type StoreState = 'open' | 'full' | 'failed' | 'closed'

export class StoreHealth {
  readonly #path: string
  readonly #events: StoreEvents
  #state: StoreState = 'open'
  #error: StoreError | undefined
  /** Called when writes begin to be refused: who waits for better days should look again. */
  onRefusing: () => void = () => {}

  constructor(path: string, events: StoreEvents) {
    this.#path = path
    this.#events = events
  }

  get state(): StoreState {
    return this.#state
  }

  /** The first cause of `full` or `failed`. */
  get error(): StoreError | undefined {
    return this.#error
  }

  get isWritable(): boolean {
    return this.#state === 'open'
  }

  /** Throws `ClosedError` after `close()` has begun. */
  assertReadable(): void {
    if (this.#state === 'closed') throw this.closedError()
  }

  /** What a write is refused with. Only when not writable. */
  refusal(): StoreError {
    if (this.#state === 'closed') return this.closedError()
    return this.#error as StoreError
  }

  /** A write to a log found no room: writes are refused until `resume`. */
  enterFull(cause: unknown): StoreError {
    if (this.#state !== 'open') return this.refusal()
    this.#state = 'full'
    this.#error = new DiskFullError(
      `the disk or quota that holds ${this.#path} is full; nothing acknowledged is lost, reads go on, and ` +
        'writing resumes by itself when there is room',
      { cause },
    )
    const error = this.#error
    this.#events.emit('full', { error })
    this.onRefusing()
    return error
  }

  resume(): void {
    if (this.#state !== 'full') return
    this.#state = 'open'
    this.#error = undefined
  }

  /** Something failed behind which nobody knows what is on disk: no writes until the store is reopened. */
  poison(cause: unknown): StoreError {
    if (this.#state === 'failed' || this.#state === 'closed') return this.refusal()
    this.#state = 'failed'
    this.#error =
      cause instanceof StoreError
        ? cause
        : new StorageError(
            `the storage under ${this.#path} failed; reads go on, writes are refused until the store is opened again`,
            { cause },
          )
    const error = this.#error
    this.#events.emit('error', { error, fatal: true })
    this.onRefusing()
    return error
  }

  close(): void {
    this.#state = 'closed'
  }

  closedError(): ClosedError {
    return new ClosedError(`the store ${this.#path} is closed; open it again`)
  }
}

/** An error of the system in the clothes of the store; errors of the store stay as they are. */
export function asStoreError(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error
  if (isDiskFull(error)) return new DiskFullError(`${what}: the disk or quota is full`, { cause: error })
  return new StorageError(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  })
}

/** What a reader is told when a file cannot be read: errors of the system in the clothes of the store. */
export function asReadError(error: unknown): unknown {
  return systemCodeOf(error) === undefined ? error : asStoreError(error, 'the store could not be read')
}
