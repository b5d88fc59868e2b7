/**
 * The store below an adapter: a `KeyValueStore` with strings as keys and bytes as values, or the promise of one, so
 * that an adapter can be made where nothing can be awaited. What cannot be such a store is refused before anything
 * is written to it.
 */
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import type { KeyValueStore } from '../../store/key-value-store.ts'

/** What adapters run over: `open(path, { valueEncoding: 'bytes' })`, awaited or not, or any other implementation. */
export type BytesStore = KeyValueStore<string, Uint8Array>

export type StoreSource = BytesStore | Promise<BytesStore>

const neededMethods = [
  'get',
  'getMany',
  'put',
  'delete',
  'batch',
  'clear',
  'entries',
  'snapshot',
  'close',
] as const

const howToOpen = "open one by open(path, { valueEncoding: 'bytes' }) and hand it over"

/** Whether `source` is a promise; anything else is to be a store. */
export function isPromised(source: unknown): source is PromiseLike<unknown> {
  return typeof (source as { then?: unknown } | null | undefined)?.then === 'function'
}

/**
 * The store, checked: that it is one, open, and takes strings and bytes.
 *
 * @throws {InvalidArgumentError} when it is none, or has other encodings.
 * @throws {ClosedError} when it is closed.
 */
export function checkStore(store: unknown): BytesStore {
  if (typeof store !== 'object' || store === null || !hasMethods(store)) {
    throw new InvalidArgumentError(`store must be a KeyValueStore, got ${describeValue(store)}; ${howToOpen}`)
  }
  tryEncodings(store)
  return store
}

function hasMethods(store: object): store is BytesStore {
  return neededMethods.every((name) => typeof (store as Record<string, unknown>)[name] === 'function')
}

/** A chained batch encodes what is put into it at once; dropped, it leaves nothing behind. */
function tryEncodings(store: BytesStore): void {
  const batch = store.batch()
  try {
    batch.put('key', new Uint8Array(1))
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    const message = `store must have strings as keys and bytes as values (${error.message}); ${howToOpen}`
    throw new InvalidArgumentError(message, { cause: error })
  } finally {
    batch.close()
  }
}
