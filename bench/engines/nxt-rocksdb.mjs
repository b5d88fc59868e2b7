/**
 * RocksDB by @nxtedition/rocksdb, uncompressed (its compression is ZSTD with a dictionary, or none; its log, which
 * it compresses by default, too). `put` drops
 * its `sync` option in this version, so durable puts go through a batch. The blocking methods are the package's
 * own underscored ones; they take keys as they are, so that none of the checks of the public ones are paid.
 */

import { cacheBytes, scanBatch } from './engine.mjs'
import { versionOf } from './installed.mjs'

/** @typedef {import('./engine.mjs').Store} Store */

/** @returns {Promise<import('./engine.mjs').Engine>} */
export async function load() {
  const name = '@nxtedition/rocksdb'
  const module = await import(name)
  const RocksLevel = module.RocksLevel ?? module.default.RocksLevel
  return {
    version: versionOf(name),
    async open({ folder, durable, text }) {
      const encoding = text ? 'utf8' : 'buffer'
      const db = new RocksLevel(folder, { keyEncoding: encoding, valueEncoding: encoding })
      // The write buffer is RocksDB's own default, 64 MB.
      const uncompressed = { compression: false, walCompression: false }
      await db.open({ cacheSize: cacheBytes, createIfMissing: true, ...uncompressed })
      return new RocksStore(db, durable, encoding)
    },
  }
}

/** @implements {Store} */
class RocksStore {
  #db
  #writeOptions
  #readOptions

  /** @param {any} db @param {boolean} durable @param {string} encoding */
  constructor(db, durable, encoding) {
    this.#db = db
    this.#writeOptions = { sync: durable }
    this.#readOptions = { valueEncoding: encoding }
    this.encodings = { keyEncoding: encoding, valueEncoding: encoding }
  }

  /** @param {any} key @param {any} value */
  put(key, value) {
    this.putAlone(key, value)
  }

  /** @param {any} key @param {any} value */
  putAlone(key, value) {
    const batch = this.#db._chainedBatch()
    batch._put(key, value)
    batch._writeSync(this.#writeOptions)
    batch._closeSync()
  }

  /** @param {any[]} keys @param {any[]} values */
  putBatch(keys, values) {
    const batch = this.#db._chainedBatch()
    for (let i = 0; i < keys.length; i++) batch._put(keys[i], values[i])
    batch._writeSync(this.#writeOptions)
    batch._closeSync()
  }

  /** @param {any[]} keys */
  deleteBatch(keys) {
    const batch = this.#db._chainedBatch()
    for (let i = 0; i < keys.length; i++) batch._del(keys[i])
    batch._writeSync(this.#writeOptions)
    batch._closeSync()
  }

  /** @param {any} key */
  getSync(key) {
    return this.#db._getManySync([key], this.#readOptions)[0]
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    check(this.#db._getManySync([key], this.#readOptions)[0])
  }

  /** @param {any} key */
  get(key) {
    return this.#db.get(key).catch(absentIsUndefined)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    return this.#db._getManySync(keys, this.#readOptions)
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scan(reverse, visit) {
    const iterator = this.#db._iterator({ reverse, limit: -1, keys: true, values: true, ...this.encodings })
    for (;;) {
      const { rows, finished } = iterator._nextvSync(scanBatch, {})
      for (let i = 0; i < rows.length; i += 2) visit(rows[i], rows[i + 1])
      if (finished) break
    }
    iterator._closeSync()
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    this.scan(reverse, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  scanFrom(key, limit, visit) {
    const iterator = this.#db._iterator({ gte: key, limit, keys: true, values: true, ...this.encodings })
    const { rows } = iterator._nextvSync(limit, {})
    for (let i = 0; i < rows.length; i += 2) visit(rows[i], rows[i + 1])
    iterator._closeSync()
  }

  busy() {
    const counts = [
      'rocksdb.num-running-flushes',
      'rocksdb.num-running-compactions',
      'rocksdb.compaction-pending',
    ]
    return counts.some((name) => Number(this.#db.getProperty(name)) > 0)
  }

  close() {
    return this.#db.close()
  }
}

/** @param {any} error */
function absentIsUndefined(error) {
  if (error.code === 'LEVEL_NOT_FOUND') return undefined
  throw error
}
