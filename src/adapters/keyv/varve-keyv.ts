/**
 * Storage adapters for Keyv: `VarveKeyv` for Keyv 6, `VarveKeyv5` for Keyv 5. Keyv 6 hands over plain keys and the
 * time at which a value expires, Keyv 5 keys with the namespace before them and a time to live. A wrong time to live
 * would lose data, so each adapter knows one of them and refuses the other when it is handed to it.
 *
 * Both lay `namespace:key` into the store (`key` alone without a namespace), so that an application finds its data
 * again after going from Keyv 5 to 6. docs/keyv.md says how to use them and what differs from other adapters.
 */
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { checkArray } from '../../store/arguments.ts'
import type { StoreSource } from '../expiring/store-source.ts'
import { checkKey, KeyvAdapter, type VarveKeyvOptions } from './keyv-adapter.ts'

export type { Clock } from '../../time/clock.ts'
export type { Scheduler } from '../../time/scheduler.ts'
export type { ExpiringStoreOptions } from '../expiring/expiring-store.ts'
export type { BytesStore, StoreSource } from '../expiring/store-source.ts'
export type { KeyvAdapter, VarveKeyvOptions } from './keyv-adapter.ts'

/** A time that long ago was meant as a time to live: 31 years. */
const agoMsMax = 1e12

/** What an adapter for Keyv 6 says about itself. */
export interface VarveKeyvCapabilities {
  readonly compatible: true
  readonly store: 'keyvStorage'
  readonly expires: true
  readonly methods: Readonly<Record<KeyvMethod, { readonly exists: true; readonly methodType: 'async' }>>
}

export type KeyvMethod =
  | 'get'
  | 'getMany'
  | 'has'
  | 'hasMany'
  | 'set'
  | 'setMany'
  | 'delete'
  | 'deleteMany'
  | 'clear'
  | 'disconnect'
  | 'iterator'

const asynchronous = { exists: true, methodType: 'async' } as const

const methods: VarveKeyvCapabilities['methods'] = {
  get: asynchronous,
  getMany: asynchronous,
  has: asynchronous,
  hasMany: asynchronous,
  set: asynchronous,
  setMany: asynchronous,
  delete: asynchronous,
  deleteMany: asynchronous,
  clear: asynchronous,
  disconnect: asynchronous,
  iterator: asynchronous,
}

/**
 * A store for Keyv 6: `new Keyv({ store: new VarveKeyv(open('./cache', { valueEncoding: 'bytes' })) })`.
 *
 * The adapter has one namespace, the one its Keyv sets. Give each Keyv an adapter of its own; they can share a store
 * (and then `keepStoreOpen` is for all but the one that is disconnected last).
 */
export class VarveKeyv extends KeyvAdapter {
  constructor(store: StoreSource, options: VarveKeyvOptions = {}) {
    super('VarveKeyv', store, options)
  }

  /** Tells Keyv 6 that `set` takes the time of expiry. */
  get capabilities(): VarveKeyvCapabilities {
    return { compatible: true, store: 'keyvStorage', expires: true, methods }
  }

  /** What Keyv 5 looks for, and Keyv 6 does not. */
  get opts(): never {
    throw new InvalidArgumentError('VarveKeyv is for Keyv 6; hand a VarveKeyv5 to Keyv 5')
  }

  /** `expires` in milliseconds since 1970; `undefined`: never. Resolves to true. */
  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    await this.put(key, value, this.#expiresMsOf(expires))
    return true
  }

  /** All or none, in one atomic batch. */
  async setMany(entries: { key: string; value: unknown; expires?: number }[]): Promise<boolean[]> {
    checkArray('entries', entries)
    return this.putMany(
      entries.map(({ key, value, expires }) => ({ key, value, expiresMs: this.#expiresMsOf(expires) })),
    )
  }

  /** Whether each was there. One atomic batch. */
  async deleteMany(keys: string[]): Promise<boolean[]> {
    return this.removeMany(keys)
  }

  /** What the namespace holds, in the order of the keys; expired values are passed over. */
  async *iterator(): AsyncGenerator<[string, string], void> {
    const prefix = this.placeOf('')
    for await (const [key, value] of this.values.entries(prefix)) yield [key.slice(prefix.length), value.text]
  }

  protected placeOf(key: string): string {
    const name = checkKey(key)
    const { namespace } = this
    return namespace === undefined || namespace === '' ? name : `${escapeNamespace(namespace)}:${name}`
  }

  #expiresMsOf(expires: number | undefined): number | undefined {
    const expiresMs = checkTime('expires', expires)
    if (expiresMs === undefined || this.values.nowMs - expiresMs <= agoMsMax) return expiresMs
    throw new InvalidArgumentError(
      `expires must be a time in milliseconds since 1970, got ${describeValue(expires)}, which is decades ago; ` +
        'for a time to live use a VarveKeyv5 with Keyv 5',
    )
  }
}

/**
 * A store for Keyv 5, and for what is built on it, like cache-manager 7:
 * `new Keyv({ store: new VarveKeyv5(open('./cache', { valueEncoding: 'bytes' })) })`.
 *
 * Keyv 5 writes its namespace before each key. `clear()` and the iterator go by the namespace that was set last: give
 * each Keyv an adapter of its own, or one Keyv clears what is another's.
 */
export class VarveKeyv5 extends KeyvAdapter {
  /**
   * Keyv 5 lets iterate over stores alone that it knows by name: `sqlite` in the address is there for its sake.
   * `Keyv.opts` of others may be kept here, too, by whoever expects that of an adapter.
   */
  readonly opts: Record<string, unknown> = { dialect: 'varve', url: 'varve:like-sqlite' }

  constructor(store: StoreSource, options: VarveKeyvOptions = {}) {
    super('VarveKeyv5', store, options)
  }

  /** What Keyv 6 looks for, and Keyv 5 does not. */
  get capabilities(): never {
    throw new InvalidArgumentError('VarveKeyv5 is for Keyv 5; hand a VarveKeyv to Keyv 6')
  }

  /** Keyv 5 passes over what a failing `get` throws, so it is emitted as well. */
  override async get(key: string): Promise<string | undefined> {
    try {
      return this.values.opened(key, await this.values.read(this.placeOf(key)))?.text
    } catch (error) {
      this.report(error)
      throw error
    }
  }

  /** `ttl` in milliseconds, more than 0; `undefined`, 0 or `Infinity`: for ever. Resolves to true. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.put(key, value, this.#expiresMsOf(ttl))
    return true
  }

  /** All or none, in one atomic batch. */
  async setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<boolean[]> {
    checkArray('entries', entries)
    return this.putMany(
      entries.map(({ key, value, ttl }) => ({ key, value, expiresMs: this.#expiresMsOf(ttl) })),
    )
  }

  /** Whether all were there. One atomic batch. */
  async deleteMany(keys: string[]): Promise<boolean> {
    return (await this.removeMany(keys)).every(Boolean)
  }

  /** What a namespace holds, in the order of the keys, which have it before them; expired values are passed over. */
  async *iterator(namespace?: string): AsyncGenerator<[string, string], void> {
    for await (const [key, value] of this.values.entries(namespacePrefix(namespace))) yield [key, value.text]
  }

  override async clear(): Promise<void> {
    await this.values.clear(namespacePrefix(this.namespace))
  }

  /** The namespace is in the key already. */
  protected placeOf(key: string): string {
    return checkKey(key)
  }

  #expiresMsOf(ttl: number | undefined): number | undefined {
    const ttlMs = checkTime('ttl', ttl)
    return ttlMs === undefined || ttlMs === 0 ? undefined : this.values.nowMs + ttlMs
  }
}

function namespacePrefix(namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? '' : `${namespace}:`
}

/** So that no namespace lies inside another: `a` would cover `a:b`. Names without `:` and `%` stay as they are. */
function escapeNamespace(namespace: string): string {
  return namespace.replaceAll('%', '%25').replaceAll(':', '%3A')
}

/** Whole milliseconds, rounded up so that nothing expires early; `undefined` for what never ends. */
function checkTime(name: string, time: number | undefined): number | undefined {
  if (time === undefined || time === null || time === Number.POSITIVE_INFINITY) return undefined
  if (typeof time === 'number' && time >= 0) return Math.ceil(time)
  throw new InvalidArgumentError(
    `${name} must be a number of milliseconds from 0, got ${describeValue(time)}`,
  )
}
