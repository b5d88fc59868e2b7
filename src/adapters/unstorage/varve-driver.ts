/**
 * A driver for unstorage: `createStorage({ driver: varveDriver({ store }) })`. Values are kept as they are given, text
 * or bytes, with the time of their writing and, where asked for, of their expiry. docs/unstorage.md says how to use it
 * and what differs from other drivers.
 *
 * Nothing here imports unstorage: its interface is met by shape. It calls the methods of a driver without the driver,
 * so they are closures.
 */
import { Buffer } from 'node:buffer'
import { isBytes } from '../../encoding/bytes-encoding.ts'
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { checkArray, checkOptionNames, checkWholeNumber } from '../../store/arguments.ts'
import { BackgroundErrors } from '../expiring/background-errors.ts'
import {
  ExpiringStore,
  type ExpiringStoreOptions,
  expiringStoreOptionNames,
} from '../expiring/expiring-store.ts'
import type { StoreSource } from '../expiring/store-source.ts'
import type { OpenedEnvelope } from '../expiring/value-envelope.ts'
import { DriverWatch, type Unwatch, type WatchCallback } from './driver-watch.ts'

export type { Clock } from '../../time/clock.ts'
export type { Scheduler } from '../../time/scheduler.ts'
export type { ExpiringStoreOptions } from '../expiring/expiring-store.ts'
export type { BytesStore, StoreSource } from '../expiring/store-source.ts'
export type { Unwatch, WatchCallback, WatchEvent } from './driver-watch.ts'

export interface VarveDriverOptions extends ExpiringStoreOptions {
  /** A store with strings as keys and bytes as values, or the promise of one: `open(path, { valueEncoding: 'bytes' })`. */
  readonly store: StoreSource
  /** Put before every key in the store, with a colon, so that other data can lie beside. Default: nothing. */
  readonly base?: string
  /** How long values live that are set without a `ttl`, in seconds. Default: for ever. */
  readonly ttl?: number
  /** Hears of what fails in the background: a sweep, a listener, the opening of the store. Default: `backgroundError`. */
  readonly onError?: (error: unknown) => void
}

/** What the calls of a storage take; `ttl` is in seconds. Others are for other drivers and passed over. */
export interface VarveItemOptions {
  readonly ttl?: number
  readonly [name: string]: unknown
}

/** Metadata of an item, with the time to live that is left in seconds. Reading leaves no trace, so there is no `atime`. */
export type VarveItemMeta = {
  mtime: Date
  /** Of the value, in bytes. */
  size: number
  ttl?: number
}

export interface VarveDriver {
  readonly name: 'varve'
  readonly options: VarveDriverOptions
  readonly flags: { readonly maxDepth: true; readonly ttl: true }
  readonly getInstance: () => StoreSource
  readonly hasItem: (key: string) => Promise<boolean>
  /** Text; bytes are read as UTF-8. */
  readonly getItem: (key: string) => Promise<string | null>
  /** All from one moment. */
  readonly getItems: (items: { key: string }[]) => Promise<{ key: string; value: string | null }[]>
  /** What was set: a string, or a `Buffer`. */
  readonly getItemRaw: (key: string) => Promise<string | Buffer | null>
  readonly setItem: (key: string, value: string, options?: VarveItemOptions) => Promise<void>
  /** All or none, in one atomic batch. */
  readonly setItems: (
    items: { key: string; value: string; options?: VarveItemOptions }[],
    commonOptions?: VarveItemOptions,
  ) => Promise<void>
  /** A string, a typed array, a `DataView` or an `ArrayBuffer`. */
  readonly setItemRaw: (key: string, value: unknown, options?: VarveItemOptions) => Promise<void>
  readonly removeItem: (key: string) => Promise<void>
  readonly getMeta: (key: string) => Promise<VarveItemMeta | null>
  readonly getKeys: (base?: string, options?: { maxDepth?: number }) => Promise<string[]>
  readonly clear: (base?: string) => Promise<void>
  /** Closes the store, unless `keepStoreOpen` was given. */
  readonly dispose: () => Promise<void>
  /** Changes made through this driver, and what it swept; not those of others that use the store. */
  readonly watch: (callback: WatchCallback) => Unwatch
  /** Removes all that has expired, in slices; returns how many keys. Reads hide it with or without. */
  readonly sweep: () => Promise<number>
  /** What failed in the background last, where there is no `onError`. */
  readonly backgroundError: unknown
}

const optionNames: readonly string[] = ['store', 'base', 'ttl', 'onError', ...expiringStoreOptionNames]

/**
 * @throws {InvalidArgumentError} when the store or an option is wrong.
 * @throws {ClosedError} when the store is closed.
 */
function varveDriver(options: VarveDriverOptions): VarveDriver {
  checkOptions(options)
  const errors = new BackgroundErrors((error) => {
    options.onError?.(error)
    return options.onError !== undefined
  })
  const watch = new DriverWatch((error) => errors.report(error))
  const values = new ExpiringStore(options.store, prefixOf(options.base), options, {
    removed: (keys) => watch.notify('remove', keys),
    failed: (error) => errors.report(error),
  })
  const expiresMsOf = (itemOptions: VarveItemOptions | undefined): number | undefined => {
    const ttl = checkTtl(itemOptions?.ttl ?? options.ttl)
    return ttl === undefined ? undefined : values.nowMs + Math.ceil(ttl * 1000)
  }
  const put = (key: string, content: string | Uint8Array, item?: VarveItemOptions): Promise<void> =>
    values.put({ key, content, expiresMs: expiresMsOf(item) })

  return {
    name: 'varve',
    options,
    flags: { maxDepth: true, ttl: true },
    getInstance: () => options.store,
    hasItem: async (key) => (await values.get(key)) !== undefined,
    getItem: async (key) => values.opened(key, await values.read(key))?.text ?? null,
    getItems: async (items) => {
      checkArray('items', items)
      const found = await values.getMany(items.map(({ key }) => key))
      return items.map(({ key }, index) => ({ key, value: found[index]?.text ?? null }))
    },
    getItemRaw: async (key) => rawOf(await values.get(key)),
    setItem: async (key, value, item) => {
      await put(key, checkText(key, value), item)
      watch.notify('update', [key])
    },
    setItems: async (items, commonOptions) => {
      checkArray('items', items)
      await values.putMany(
        items.map(({ key, value, options: own }) => ({
          key,
          content: checkText(key, value),
          expiresMs: expiresMsOf({ ...commonOptions, ...own }),
        })),
      )
      watch.notify(
        'update',
        items.map(({ key }) => key),
      )
    },
    setItemRaw: async (key, value, item) => {
      await put(key, rawContentOf(key, value), item)
      watch.notify('update', [key])
    },
    removeItem: async (key) => {
      await values.remove(key)
      watch.notify('remove', [key])
    },
    getMeta: async (key) => metaOf(await values.get(key), values.nowMs),
    getKeys: async (keyBase, { maxDepth } = {}) => {
      if (maxDepth !== undefined) checkWholeNumber('maxDepth', maxDepth, 0, Number.MAX_SAFE_INTEGER)
      const keys = await keysBelow(values, prefixOf(keyBase))
      return maxDepth === undefined ? keys : keys.filter((key) => depthOf(key) <= maxDepth)
    },
    clear: async (keyBase) => {
      const removed = watch.isWatched ? await keysBelow(values, prefixOf(keyBase)) : []
      await values.clear(prefixOf(keyBase))
      watch.notify('remove', removed)
    },
    dispose: async () => {
      watch.close()
      await values.close()
    },
    watch: (callback) => watch.add(callback),
    sweep: () => values.sweep(),
    get backgroundError() {
      return errors.last
    },
  }
}

export default varveDriver

/** The keys below `base` begin so: `a` and `a:` mean `a:b`, and not `ab`. */
function prefixOf(base: string | undefined): string {
  return base === undefined || base === '' ? '' : `${base.replace(/:+$/, '')}:`
}

async function keysBelow(values: ExpiringStore, base: string): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of values.entries(base)) keys.push(key)
  return keys
}

/** How many folders a key lies in. */
function depthOf(key: string): number {
  return key.split(':').length - 1
}

function rawOf(value: OpenedEnvelope | undefined): string | Buffer | null {
  if (value === undefined) return null
  const { buffer, byteOffset, byteLength } = value.bytes
  return value.isText ? value.text : Buffer.from(buffer, byteOffset, byteLength)
}

function metaOf(value: OpenedEnvelope | undefined, nowMs: number): VarveItemMeta | null {
  if (value === undefined) return null
  const meta = { mtime: new Date(value.writtenMs), size: value.bytes.length }
  if (value.expiresMs === undefined) return meta
  return { ...meta, ttl: Math.ceil((value.expiresMs - nowMs) / 1000) }
}

function checkText(key: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new InvalidArgumentError(
    `the value of ${JSON.stringify(key)} must be a string, got ${describeValue(value)}`,
  )
}

function rawContentOf(key: string, value: unknown): string | Uint8Array {
  if (typeof value === 'string' || isBytes(value)) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  throw new InvalidArgumentError(
    `the raw value of ${JSON.stringify(key)} must be a string or bytes, got ${describeValue(value)}; ` +
      'use setItem() for what JSON can say',
  )
}

/** In seconds; `undefined` for what never ends. */
function checkTtl(ttl: unknown): number | undefined {
  if (ttl === undefined || ttl === null || ttl === 0 || ttl === Number.POSITIVE_INFINITY) return undefined
  if (typeof ttl === 'number' && ttl > 0) return ttl
  throw new InvalidArgumentError(`ttl must be a number of seconds from 0, got ${describeValue(ttl)}`)
}

function checkOptions(options: VarveDriverOptions): void {
  checkOptionNames('varveDriver', options, optionNames)
  const { base, ttl, onError } = options
  if (base !== undefined && typeof base !== 'string') {
    throw new InvalidArgumentError(`base must be a string, got ${describeValue(base)}`)
  }
  if (onError !== undefined && typeof onError !== 'function') {
    throw new InvalidArgumentError(`onError must be a function, got ${describeValue(onError)}`)
  }
  checkTtl(ttl)
}
