/** Varve, from the dist/ of this checkout or of another one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cacheBytes, scanBatch, writeBufferBytes } from './engine.mjs'

/** @typedef {import('../../src/index.ts').LogStructuredStore<any, any>} LogStructuredStore */

/** What the others may hold in two write buffers and a cache. */
const memoryBudgetBytes = cacheBytes + 2 * writeBufferBytes

const ownCheckout = fileURLToPath(new URL('../..', import.meta.url))

/** @typedef {import('./engine.mjs').Store} Store */

/**
 * @param {{ checkout?: string, defaults?: boolean }} [which]
 * @returns {Promise<import('./engine.mjs').Engine>}
 */
export async function load({ checkout = ownCheckout, defaults = false } = {}) {
  const { open } = await import(pathToFileURL(join(checkout, 'dist', 'index.js')).href)
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  return {
    version,
    async open({ folder, durable, text }) {
      const encoding = text ? 'utf8' : 'bytes'
      return new VarveStore(
        await open(folder, {
          keyEncoding: encoding,
          valueEncoding: encoding,
          durability: durable ? 'disk' : 'os',
          ...(defaults ? {} : { memoryBudgetBytes }),
        }),
      )
    },
  }
}

/** @implements {Store} */
class VarveStore {
  #store

  /** @param {LogStructuredStore} store */
  constructor(store) {
    this.#store = store
  }

  /** @param {any} key @param {any} value */
  put(key, value) {
    return this.#store.put(key, value)
  }

  /** @param {any} key @param {any} value */
  putAlone(key, value) {
    return this.#store.put(key, value)
  }

  /** @param {any[]} keys @param {any[]} values */
  putBatch(keys, values) {
    /** @type {import('../../src/index.ts').BatchOperation<any, any>[]} */
    const operations = new Array(keys.length)
    for (let i = 0; i < keys.length; i++) operations[i] = { type: 'put', key: keys[i], value: values[i] }
    return this.#store.batch(operations)
  }

  /** @param {any[]} keys */
  deleteBatch(keys) {
    return this.#store.batch(keys.map((key) => ({ type: 'delete', key })))
  }

  /** @param {any} key */
  getSync(key) {
    return this.#store.getSync(key)
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    if (this.#store.getView(key, /** @type {any} */ (check)) === undefined) return
  }

  /** @param {any} key */
  get(key) {
    return this.#store.get(key)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    return this.#store.getManySync(keys)
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scan(reverse, visit) {
    const iterator = this.#store.entries({ reverse })
    for (;;) {
      const entries = iterator.nextManySync(scanBatch)
      if (entries.length === 0) break
      for (let i = 0; i < entries.length; i++) {
        const entry = /** @type {[any, any]} */ (entries[i])
        visit(entry[0], entry[1])
      }
    }
    return iterator.close()
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    this.#store.forEach({ reverse }, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  scanFrom(key, limit, visit) {
    const iterator = this.#store.entries({ gte: key, limit })
    const entries = iterator.nextManySync(limit)
    for (let i = 0; i < entries.length; i++) {
      const entry = /** @type {[any, any]} */ (entries[i])
      visit(entry[0], entry[1])
    }
    return iterator.close()
  }

  busy() {
    const { flushes, compactions, memTables } = this.#store.status()
    return flushes.running + compactions.running + memTables.sealedCount > 0
  }

  compact() {
    return this.#store.compact()
  }

  close() {
    return this.#store.close()
  }
}
