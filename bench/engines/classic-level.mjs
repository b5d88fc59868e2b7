/**
 * LevelDB by classic-level. Batches are the array form and blocks are compressed by Snappy, its default. It has
 * no views and no blocking scans: views are `getSync`, scans are `nextv` with room for the whole batch.
 */

import { cacheBytes, scanBatch, writeBufferBytes } from './engine.mjs'
import { versionOf } from './installed.mjs'

const highWaterMarkBytes = 1 << 20

/** @typedef {import('./engine.mjs').Store} Store */

/** @returns {Promise<import('./engine.mjs').Engine>} */
export async function load() {
  const name = 'classic-level'
  const { ClassicLevel } = await import(name)
  return {
    version: versionOf(name),
    async open({ folder, durable, text }) {
      const encoding = text ? 'utf8' : 'buffer'
      const db = new ClassicLevel(folder, { keyEncoding: encoding, valueEncoding: encoding })
      await db.open({ writeBufferSize: writeBufferBytes, cacheSize: cacheBytes })
      return new ClassicLevelStore(db, durable)
    },
  }
}

/** @implements {Store} */
class ClassicLevelStore {
  #db
  #writeOptions

  /** @param {any} db @param {boolean} durable */
  constructor(db, durable) {
    this.#db = db
    this.#writeOptions = { sync: durable }
  }

  /** @param {any} key @param {any} value */
  put(key, value) {
    return this.#db.put(key, value, this.#writeOptions)
  }

  /** @param {any} key @param {any} value */
  putAlone(key, value) {
    return this.#db.put(key, value, this.#writeOptions)
  }

  /** @param {any[]} keys @param {any[]} values */
  putBatch(keys, values) {
    const operations = new Array(keys.length)
    for (let i = 0; i < keys.length; i++) operations[i] = { type: 'put', key: keys[i], value: values[i] }
    return this.#db.batch(operations, this.#writeOptions)
  }

  /** @param {any[]} keys */
  deleteBatch(keys) {
    return this.#db.batch(
      keys.map((key) => ({ type: 'del', key })),
      this.#writeOptions,
    )
  }

  /** @param {any} key */
  getSync(key) {
    return this.#db.getSync(key)
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    check(this.#db.getSync(key))
  }

  /** @param {any} key */
  get(key) {
    return this.#db.get(key)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    return this.#db.getMany(keys)
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  async scan(reverse, visit) {
    const iterator = this.#db.iterator({ reverse, highWaterMarkBytes })
    for (;;) {
      const entries = await iterator.nextv(scanBatch)
      if (entries.length === 0) break
      for (let i = 0; i < entries.length; i++) visit(entries[i][0], entries[i][1])
    }
    await iterator.close()
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    return this.scan(reverse, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  async scanFrom(key, limit, visit) {
    const iterator = this.#db.iterator({ gte: key, limit, highWaterMarkBytes })
    const entries = await iterator.nextv(limit)
    for (let i = 0; i < entries.length; i++) visit(entries[i][0], entries[i][1])
    await iterator.close()
  }

  compact() {
    return this.#db.compactRange('0', 'g', { keyEncoding: 'utf8' })
  }

  close() {
    return this.#db.close()
  }
}
