/** All engines, by the names that `--engines` takes. */
import { basename } from 'node:path'

/** @typedef {{ name: string, load: () => Promise<import('./engine.mjs').Engine> }} NamedEngine */

/** The order of columns; the first run's order, too. */
export const engineNames = ['varve', 'classic-level', 'lmdb', 'better-sqlite3', 'nxt-rocksdb', 'nothing']

/** Engines that are there on request. */
export const moreEngineNames = ['varve-defaults']

/** @type {Readonly<Record<string, () => Promise<import('./engine.mjs').Engine>>>} */
const loaders = {
  varve: async () => (await import('./varve.mjs')).load(),
  'varve-defaults': async () => (await import('./varve.mjs')).load({ defaults: true }),
  'classic-level': async () => (await import('./classic-level.mjs')).load(),
  lmdb: async () => (await import('./lmdb.mjs')).load(),
  'better-sqlite3': async () => (await import('./better-sqlite3.mjs')).load(),
  'nxt-rocksdb': async () => (await import('./nxt-rocksdb.mjs')).load(),
  nothing: async () => (await import('./nothing.mjs')).load(),
}

/**
 * The name of Varve from another checkout.
 *
 * @param {string} checkout
 */
export function nameOfCheckout(checkout) {
  return `varve@${basename(checkout)}`
}

/**
 * @param {string} name
 * @param {string} [checkout] for a name made by `nameOfCheckout`
 */
export async function loadEngine(name, checkout) {
  if (checkout !== undefined) return (await import('./varve.mjs')).load({ checkout })
  const loader = loaders[name]
  if (loader === undefined) throw new Error(`no engine is named ${name}`)
  return loader()
}
