/**
 * Does nothing, and answers reads with a value that passes the check that every value gets: what remains is what
 * the harness itself costs. Its values are not verified to the last byte, and it has no text.
 */
import { keyLength } from '../measure/entries.mjs'

/** More than are looked at together. */
const valueCount = 128

/** @typedef {import('./engine.mjs').Store} Store */

/** @returns {Promise<import('./engine.mjs').Engine>} */
export async function load() {
  return { version: '-', open: async ({ entries, count }) => new NothingStore(entries, count) }
}

/** @implements {Store} */
class NothingStore {
  isNothing = true
  #count
  #key
  #values
  #next = 0

  /** @param {import('../measure/entries.mjs').Entries} entries @param {number} count */
  constructor(entries, count) {
    this.#count = count
    this.#key = entries.newKey()
    this.#values = Array.from({ length: valueCount }, () => entries.newValue())
  }

  put() {}
  putAlone() {}
  putBatch() {}
  deleteBatch() {}

  /** @param {any} key */
  getSync(key) {
    const value = /** @type {Buffer} */ (this.#values[this.#next++ % valueCount])
    for (let i = 12; i < keyLength; i++) value[i - 8] = key[i]
    return value
  }

  /** @param {any} key @param {(value: any) => void} check */
  getView(key, check) {
    check(this.getSync(key))
  }

  /** @param {any} key */
  get(key) {
    return this.getSync(key)
  }

  /** @param {any[]} keys */
  getMany(keys) {
    return keys.map((key) => this.getSync(key))
  }

  /** @param {boolean} _reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scan(_reverse, visit) {
    for (let i = 0; i < this.#count; i++) visit(this.#key, this.getSync(this.#key))
  }

  /** @param {boolean} reverse @param {import('./engine.mjs').EntryVisitor} visit */
  scanViews(reverse, visit) {
    this.scan(reverse, visit)
  }

  /** @param {any} key @param {number} limit @param {import('./engine.mjs').EntryVisitor} visit */
  scanFrom(key, limit, visit) {
    for (let i = 0; i < limit; i++) visit(key, this.getSync(key))
  }

  close() {}
}
