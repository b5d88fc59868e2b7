/**
 * SQLite by better-sqlite3: one table without row numbers, prepared statements, write-ahead log. Everything is
 * blocking, so 64 writers are one after the other.
 */
import { join } from 'node:path'
import { cacheBytes } from './engine.mjs'
import { versionOf } from './installed.mjs'

/** @typedef {import('./engine.mjs').Store} Store */

/** @returns {Promise<import('./engine.mjs').Engine>} */
export async function load() {
  const name = 'better-sqlite3'
  const { default: Database } = await import(name)
  new Database(':memory:').close() // Where the native part is missing, here is where it shows.
  return {
    version: versionOf(name),
    open: async ({ folder, durable, text }) =>
      new SqliteStore(new Database(join(folder, 'data.sqlite')), durable, text),
  }
}

/** @implements {Store} */
class SqliteStore {
  #db
  #put
  #get
  #delete
  #putAll
  #deleteAll
  #forward
  #backward
  #from

  /** @param {any} db @param {boolean} durable @param {boolean} text */
  constructor(db, durable, text) {
    const type = text ? 'TEXT' : 'BLOB'
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    db.pragma(`cache_size = -${cacheBytes / 1024}`)
    db.exec(`CREATE TABLE IF NOT EXISTS entries (k ${type} PRIMARY KEY, v ${type} NOT NULL) WITHOUT ROWID`)
    this.#db = db
    this.#put = db.prepare('INSERT INTO entries VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v')
    this.#get = db.prepare('SELECT v FROM entries WHERE k = ?').pluck()
    this.#delete = db.prepare('DELETE FROM entries WHERE k = ?')
    this.#forward = db.prepare('SELECT k, v FROM entries ORDER BY k').raw()
    this.#backward = db.prepare('SELECT k, v FROM entries ORDER BY k DESC').raw()
    this.#from = db.prepare('SELECT k, v FROM entries WHERE k >= ? ORDER BY k LIMIT ?').raw()
    this.#putAll = db.transaction((/** @type {any[]} */ keys, /** @type {any[]} */ values) => {
      for (let i = 0; i < keys.length; i++) this.#put.run(keys[i], values[i])
    })
    this.#deleteAll = db.transaction((/** @type {any[]} */ keys) => {
      for (let i = 0; i < keys.length; i++) this.#delete.run(keys[i])
    })
  }

  /** @param {any} key @param {any} value */
  put(key, value) {
    this.#put.run(key, value)
  }

  /** @param {any} key @param {any} value */
  putAlone(key, value) {
    this.#put.run(key, value)
  }

  /** @param {any[]} keys @param {any[]} values */
  putBatch(keys, values) {
    this.#putAll(keys, values)
  }

  /** @param {any[]} keys */
  deleteBatch(keys) {
    this.#deleteAll(keys)
  }

  /** @param {any} key */
  getSync(key) {
    return this.#get.get(key)
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    check(this.#get.get(key))
  }

  /** @param {any} key */
  get(key) {
    return this.#get.get(key)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    const values = new Array(keys.length)
    for (let i = 0; i < keys.length; i++) values[i] = this.#get.get(keys[i])
    return values
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scan(reverse, visit) {
    for (const [key, value] of (reverse ? this.#backward : this.#forward).iterate()) visit(key, value)
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    this.scan(reverse, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  scanFrom(key, limit, visit) {
    for (const [found, value] of this.#from.all(key, limit)) visit(found, value)
  }

  close() {
    this.#db.close()
  }
}
