/**
 * A store whose values can expire: what the adapters for Keyv and unstorage have in common. Keys are strings behind
 * a prefix, values text or bytes in an envelope. What has expired is hidden from every read at once and removed by
 * the sweeper later. Works over any `KeyValueStore`, by its contract alone.
 */

import { describeValue } from '../../encoding/describe-value.ts'
import { ClosedError, InvalidArgumentError } from '../../errors.ts'
import { checkWholeNumber } from '../../store/arguments.ts'
import type { BatchOperation } from '../../store/key-value-store.ts'
import type { Clock } from '../../time/clock.ts'
import { systemClock } from '../../time/clock.ts'
import { type Scheduler, systemScheduler } from '../../time/scheduler.ts'
import { ExpirySweeper, type SweepListener, type SweepSettings } from './expiry-sweeper.ts'
import { type BytesStore, checkStore, isPromised, type StoreSource } from './store-source.ts'
import {
  encodeEnvelope,
  expiresMsMax,
  isExpired,
  type OpenedEnvelope,
  openEnvelope,
} from './value-envelope.ts'
import { WriteGuard } from './write-guard.ts'

/** What both adapters take beside the store. */
export interface ExpiringStoreOptions {
  /**
   * How often a slice of expired values is looked for and removed, in milliseconds; 0: only when `sweep()` is
   * called. Reads hide expired values either way. Default 1,000.
   */
  readonly sweepIntervalMs?: number
  /** The most entries that a slice looks at; at least 1. Default 1,000. */
  readonly sweepSliceEntries?: number
  /** Leaves the store open when the adapter is closed: others use it, too. Default false. */
  readonly keepStoreOpen?: boolean
  /** Stands in for the system's clock, in tests. */
  readonly clock?: Clock
  /** Stands in for the system's timers, in tests. */
  readonly scheduler?: Scheduler
}

export const expiringStoreOptionNames: readonly (keyof ExpiringStoreOptions)[] = [
  'sweepIntervalMs',
  'sweepSliceEntries',
  'keepStoreOpen',
  'clock',
  'scheduler',
]

export interface ExpiringEntry {
  readonly key: string
  readonly content: string | Uint8Array
  /** Milliseconds since 1970; `undefined`: never. */
  readonly expiresMs: number | undefined
}

const chunkEntries = 32
const sweepIntervalMsDefault = 1000
const sweepSliceEntriesDefault = 1000

export class ExpiringStore {
  readonly #prefix: string
  readonly #settings: SweepSettings
  readonly #keepStoreOpen: boolean
  readonly #listener: SweepListener
  readonly #opening: Promise<BytesStore>
  #store: BytesStore | undefined
  #guard: WriteGuard | undefined
  #sweeper: ExpirySweeper | undefined
  #leaveSweeper: (() => void) | undefined
  #closing: Promise<void> | undefined

  /** `listener` hears of keys that were swept, without the prefix, and of what fails in the background. */
  constructor(source: StoreSource, prefix: string, options: ExpiringStoreOptions, listener: SweepListener) {
    this.#prefix = prefix
    this.#settings = settingsOf(options)
    this.#keepStoreOpen = options.keepStoreOpen ?? false
    this.#listener = {
      removed: (keys) => listener.removed(keys.map((key) => key.slice(prefix.length))),
      failed: listener.failed,
    }
    this.#opening = isPromised(source)
      ? source.then((store) => this.#use(store))
      : Promise.resolve(this.#use(source))
    // Whoever calls meets the error, too; here it is kept from being an unhandled one.
    this.#opening.then(undefined, listener.failed)
  }

  /** Now, by the clock given. */
  get nowMs(): number {
    return Math.max(0, Math.floor(this.#settings.clock.wallTimeMs()))
  }

  async get(key: string): Promise<OpenedEnvelope | undefined> {
    return this.opened(key, await this.read(key))
  }

  /**
   * What lies at `key`, for {@link ExpiringStore.opened}: a `get` in two halves, for callers that await it themselves
   * and so save a promise. May throw at once.
   */
  read(key: string): Promise<Uint8Array | undefined> {
    const place = this.#prefix + key
    return this.#openStore()?.get(place) ?? this.#ready().then((store) => store.get(place))
  }

  /** `bytes` as what they hold; `undefined` when that has expired. */
  opened(key: string, bytes: Uint8Array | undefined): OpenedEnvelope | undefined {
    if (bytes === undefined) return undefined
    const envelope = openEnvelope(bytes, key)
    if (envelope.expiresMs === undefined) return envelope
    return envelope.isExpired(this.#settings.clock.wallTimeMs()) ? undefined : envelope
  }

  /** All from one moment. */
  async getMany(keys: readonly string[]): Promise<(OpenedEnvelope | undefined)[]> {
    const store = this.#openStore() ?? (await this.#ready())
    const values = await store.getMany(keys.map((key) => this.#prefix + key))
    return values.map((value, index) => this.opened(keys[index] as string, value))
  }

  async put(entry: ExpiringEntry): Promise<void> {
    const store = this.#openStore() ?? (await this.#ready())
    const guard = this.#guard as WriteGuard
    const operation = this.#operationFor(entry)
    const write = guard.begin([operation.key])
    try {
      if (operation.type === 'put') await store.put(operation.key, operation.value)
      else await store.delete(operation.key)
    } finally {
      guard.end(write)
    }
  }

  /** All or none, in one batch; of entries with one key the last counts. */
  async putMany(entries: readonly ExpiringEntry[]): Promise<void> {
    const store = this.#openStore() ?? (await this.#ready())
    const guard = this.#guard as WriteGuard
    const operations = entries.map((entry) => this.#operationFor(entry))
    const write = guard.begin(operations.map(({ key }) => key))
    try {
      await store.batch(operations)
    } finally {
      guard.end(write)
    }
  }

  /** Removes a key, whether it is there or not. */
  async remove(key: string): Promise<void> {
    const store = this.#openStore() ?? (await this.#ready())
    await store.delete(this.#prefix + key)
  }

  /** Removes the keys in one batch; says of each whether it was there to be read. */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    const store = this.#openStore() ?? (await this.#ready())
    const places = keys.map((key) => this.#prefix + key)
    const remove = (): Promise<void> => store.batch(places.map((key) => ({ type: 'delete', key })))
    const values = store.capabilities.snapshots
      ? await readBefore(store, places, remove)
      : await store.getMany(places).then((found) => remove().then(() => found))
    return values.map((value, index) => this.opened(keys[index] as string, value) !== undefined)
  }

  /** Removes what lies below `prefix` (behind the store's own). */
  async clear(prefix: string): Promise<void> {
    const store = this.#openStore() ?? (await this.#ready())
    await store.clear({ prefix: this.#prefix + prefix })
  }

  /** What lies below `prefix`, in the order of the keys, as it was when the first entry was asked for. */
  async *entries(prefix: string): AsyncGenerator<[key: string, value: OpenedEnvelope], void, undefined> {
    const store = this.#openStore() ?? (await this.#ready())
    const iterator = store.entries({ prefix: this.#prefix + prefix })
    try {
      for (;;) {
        const chunk = await iterator.nextMany(chunkEntries)
        if (chunk.length === 0) return
        for (const [place, bytes] of chunk) {
          const key = place.slice(this.#prefix.length)
          const value = this.opened(key, bytes)
          if (value !== undefined) yield [key, value]
        }
      }
    } finally {
      await iterator.close()
    }
  }

  /** Removes all that has expired; returns how many keys. */
  async sweep(): Promise<number> {
    if (this.#openStore() === undefined) await this.#ready()
    return (this.#sweeper as ExpirySweeper).sweepAll()
  }

  /** Ends the sweeping and closes the store, unless it is to be kept open. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#leaveSweeper?.()
    const store = await this.#opening.catch(() => undefined)
    this.#leaveSweeper?.()
    if (!this.#keepStoreOpen) await store?.close()
  }

  #use(source: unknown): BytesStore {
    const store = checkStore(source)
    this.#sweeper = ExpirySweeper.of(store, this.#prefix, this.#settings)
    this.#leaveSweeper = this.#sweeper.join(this.#listener)
    this.#guard = WriteGuard.of(store)
    this.#store = store
    return store
  }

  /** The store, once it is there. */
  #openStore(): BytesStore | undefined {
    if (this.#closing !== undefined)
      throw new ClosedError('the adapter was closed; make a new one over an open store')
    return this.#store
  }

  async #ready(): Promise<BytesStore> {
    await this.#opening
    const store = this.#openStore()
    return store ?? this.#opening
  }

  /** What has expired before it is written is not written: what it would have replaced goes. */
  #operationFor({ key, content, expiresMs }: ExpiringEntry): BatchOperation<string, Uint8Array> {
    const place = this.#prefix + key
    const until = expiresMs === undefined || expiresMs > expiresMsMax ? undefined : expiresMs
    const writtenMs = this.nowMs
    if (isExpired(until, writtenMs)) return { type: 'delete', key: place }
    if (until !== undefined) this.#sweeper?.expectExpiry(until)
    return { type: 'put', key: place, value: encodeEnvelope({ content, writtenMs, expiresMs: until }) }
  }
}

/**
 * What `keys` hold just before `write`, which is called at once: were the reads awaited first, the write would come
 * after others that were called later.
 */
async function readBefore(
  store: BytesStore,
  keys: readonly string[],
  write: () => Promise<void>,
): Promise<(Uint8Array | undefined)[]> {
  const snapshot = store.snapshot()
  try {
    const [values] = await Promise.all([store.getMany(keys, { snapshot }), write()])
    return values
  } finally {
    snapshot.close()
  }
}

function settingsOf(options: ExpiringStoreOptions): SweepSettings {
  const { sweepIntervalMs = sweepIntervalMsDefault, sweepSliceEntries = sweepSliceEntriesDefault } = options
  const { keepStoreOpen } = options
  checkWholeNumber('sweepIntervalMs', sweepIntervalMs, 0, 3_600_000)
  checkWholeNumber('sweepSliceEntries', sweepSliceEntries, 1, 1_000_000)
  if (keepStoreOpen !== undefined && typeof keepStoreOpen !== 'boolean') {
    throw new InvalidArgumentError(`keepStoreOpen must be true or false, got ${describeValue(keepStoreOpen)}`)
  }
  return {
    intervalMs: sweepIntervalMs,
    sliceEntries: sweepSliceEntries,
    clock: options.clock ?? systemClock,
    scheduler: options.scheduler ?? systemScheduler,
  }
}
