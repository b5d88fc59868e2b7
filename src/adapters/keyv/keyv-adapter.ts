/**
 * What the adapters for Keyv 5 and for Keyv 6 have in common: values are the texts that Keyv's serializer makes, an
 * error rejects the call (Keyv then emits it), and what fails in the background is emitted as `error`, which Keyv
 * passes on. How the two differ (namespaces, times to live, answers of `deleteMany`) is in `varve-keyv.ts`.
 *
 * Nothing here imports Keyv: its interface is met by shape.
 */
import { EventEmitter } from 'node:events'
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { checkArray, checkOptionNames } from '../../store/arguments.ts'
import { BackgroundErrors } from '../expiring/background-errors.ts'
import {
  ExpiringStore,
  type ExpiringStoreOptions,
  expiringStoreOptionNames,
} from '../expiring/expiring-store.ts'
import type { StoreSource } from '../expiring/store-source.ts'

export interface VarveKeyvOptions extends ExpiringStoreOptions {
  /** Put before every key in the store, so that other data can lie beside Keyv's. Default: nothing. */
  readonly prefix?: string
}

export abstract class KeyvAdapter extends EventEmitter {
  /** The namespace that Keyv sets; see the class for what it does. */
  namespace: string | undefined
  /** @internal */
  protected readonly values: ExpiringStore
  /** Listeners are Keyvs as a rule; one whose own `error` nobody listens to throws it back. */
  readonly #errors = new BackgroundErrors(
    (error) => this.listenerCount('error') > 0 && this.emit('error', error),
  )

  /**
   * @param store - a store with strings as keys and bytes as values, or the promise of one:
   *   `open(path, { valueEncoding: 'bytes' })`.
   * @throws {InvalidArgumentError} when the store or an option is wrong.
   * @throws {ClosedError} when the store is closed.
   */
  constructor(name: string, store: StoreSource, options: VarveKeyvOptions) {
    super()
    checkOptionNames(name, options, ['prefix', ...expiringStoreOptionNames])
    const { prefix = '' } = options
    if (typeof prefix !== 'string') {
      throw new InvalidArgumentError(`prefix must be a string, got ${describeValue(prefix)}`)
    }
    // Each Keyv that uses the adapter listens to it; many may.
    this.setMaxListeners(0)
    this.values = new ExpiringStore(store, prefix, options, {
      removed: () => undefined,
      failed: (error) => this.report(error),
    })
  }

  /** What failed in the background while nobody listened to `error`: the last sweep, or the opening of the store. */
  get backgroundError(): unknown {
    return this.#errors.last
  }

  /** Removes all that has expired, in slices; returns how many keys. Reads hide it with or without. */
  sweep(): Promise<number> {
    return this.values.sweep()
  }

  /** Closes the store, unless `keepStoreOpen` was given. Calls after it reject with a `ClosedError`. */
  disconnect(): Promise<void> {
    return this.values.close()
  }

  async get(key: string): Promise<string | undefined> {
    const place = this.placeOf(key)
    return this.values.opened(place, await this.values.read(place))?.text
  }

  /** All from one moment. */
  async getMany(keys: string[]): Promise<(string | undefined)[]> {
    const values = await this.values.getMany(this.#placesOf(keys))
    return values.map((value) => value?.text)
  }

  async has(key: string): Promise<boolean> {
    return (await this.values.get(this.placeOf(key))) !== undefined
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    const values = await this.values.getMany(this.#placesOf(keys))
    return values.map((value) => value !== undefined)
  }

  /** Whether the key was there. */
  async delete(key: string): Promise<boolean> {
    const [wasThere] = await this.values.deleteMany([this.placeOf(key)])
    return wasThere === true
  }

  /** Removes what the namespace holds; without one, all that this adapter's prefix covers. */
  async clear(): Promise<void> {
    await this.values.clear(this.placeOf(''))
  }

  /** Emits `error` where somebody listens. */
  protected report(error: unknown): void {
    this.#errors.report(error)
  }

  /** Where a key lies in the store. */
  protected abstract placeOf(key: string): string

  /** May throw at once. */
  protected put(key: string, value: unknown, expiresMs: number | undefined): Promise<void> {
    return this.values.put({ key: this.placeOf(key), content: checkValue(key, value), expiresMs })
  }

  /** All or none. */
  protected async putMany(
    entries: readonly {
      readonly key: string
      readonly value: unknown
      readonly expiresMs: number | undefined
    }[],
  ): Promise<boolean[]> {
    await this.values.putMany(
      entries.map(({ key, value, expiresMs }) => ({
        key: this.placeOf(key),
        content: checkValue(key, value),
        expiresMs,
      })),
    )
    return entries.map(() => true)
  }

  /** Whether each was there. All go or none. */
  protected removeMany(keys: readonly string[]): Promise<boolean[]> {
    return this.values.deleteMany(this.#placesOf(keys))
  }

  #placesOf(keys: readonly string[]): string[] {
    checkArray('keys', keys)
    return keys.map((key) => this.placeOf(key))
  }
}

/** Refuses what is no string; returns it. */
export function checkKey(key: unknown): string {
  if (typeof key === 'string') return key
  throw new InvalidArgumentError(`key must be a string, got ${describeValue(key)}`)
}

function checkValue(key: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new InvalidArgumentError(
    `the value of ${JSON.stringify(key)} must be a string, got ${describeValue(value)}; ` +
      'leave the serializer of Keyv on, or give it one that makes strings',
  )
}
