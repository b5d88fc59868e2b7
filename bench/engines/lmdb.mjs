/**
 * LMDB by lmdb-js. Reads are blocking in this package, so `get` is `getSync`; the operating system's page cache
 * is its cache. A view is `getBinaryFast`, valid until the next one. Without durability it runs with `noSync`,
 * where a power cut may cost the whole file and not only the last writes: weaker than the others.
 */
import { join } from 'node:path'
import { versionOf } from './installed.mjs'

/** @typedef {import('./engine.mjs').Store} Store */

/** @returns {Promise<import('./engine.mjs').Engine>} */
export async function load() {
  const name = 'lmdb'
  const { open } = await import(name)
  return {
    version: versionOf(name),
    async open({ folder, durable, text }) {
      const db = open({
        path: join(folder, 'data.mdb'),
        ...(text ? { encoding: 'string' } : { encoding: 'binary', keyEncoding: 'binary' }),
        ...(durable ? { overlappingSync: false } : { noSync: true }),
      })
      return text ? new LmdbTextStore(db) : new LmdbStore(db)
    },
  }
}

/** @implements {Store} */
class LmdbStore {
  /** @param {any} db */
  constructor(db) {
    this.db = db
  }

  /** @param {any} key @param {any} value */
  put(key, value) {
    return this.db.put(key, value)
  }

  /** @param {any} key @param {any} value */
  putAlone(key, value) {
    this.db.putSync(key, value)
  }

  /** @param {any[]} keys @param {any[]} values */
  putBatch(keys, values) {
    this.db.transactionSync(() => {
      for (let i = 0; i < keys.length; i++) this.db.putSync(keys[i], values[i])
    })
  }

  /** @param {any[]} keys */
  deleteBatch(keys) {
    this.db.transactionSync(() => {
      for (let i = 0; i < keys.length; i++) this.db.removeSync(keys[i])
    })
  }

  /** @param {any} key */
  getSync(key) {
    return this.db.getBinary(key)
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    check(this.db.getBinaryFast(key))
  }

  /** @param {any} key */
  get(key) {
    return this.db.getBinary(key)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    const values = new Array(keys.length)
    for (let i = 0; i < keys.length; i++) values[i] = this.getSync(keys[i])
    return values
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scan(reverse, visit) {
    for (const { key, value } of this.db.getRange({ reverse })) visit(key, value)
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    this.scan(reverse, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  scanFrom(key, limit, visit) {
    for (const { key: found, value } of this.db.getRange({ start: key, limit })) visit(found, value)
  }

  close() {
    return this.db.close()
  }
}

class LmdbTextStore extends LmdbStore {
  /**
   * @override
   * @param {any} key
   */
  getSync(key) {
    return this.db.get(key)
  }

  /**
   * @override
   * @param {any} key
   */
  get(key) {
    return this.db.get(key)
  }
}
