// What varve/keyv and varve/unstorage cost: each call through the library over Varve, against a bare store for the same
// texts plus the library over an adapter that does nothing, all measured in the same round. Run from the root after a build:
// node bench/micro/cache-adapters-overhead.mjs

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Keyv } from 'keyv'
import { createStorage } from 'unstorage'
import { VarveKeyv5 } from '../../dist/adapters/keyv/varve-keyv.js'
import varveDriver from '../../dist/adapters/unstorage/varve-driver.js'
import { open } from '../../dist/index.js'

const keyCount = 5_000
const roundCount = 15
const keys = Array.from({ length: keyCount }, (_, i) => `key-${String(i).padStart(12, '0')}`)
const value = 'v'.repeat(100)

/** @typedef {{ get(key: string): Promise<unknown>, set(key: string): Promise<unknown> }} Subject */

const folder = mkdtempSync(join(tmpdir(), 'varve-cache-adapters-'))
try {
  // One for each comparison: the memory of a store that has run for a while is touched already, and faster.
  const bareBesideKeyv = await open(join(folder, 'bare-1'))
  const bareBesideUnstorage = await open(join(folder, 'bare-2'))
  const forKeyv = await open(join(folder, 'keyv'), { valueEncoding: 'bytes' })
  const forUnstorage = await open(join(folder, 'unstorage'), { valueEncoding: 'bytes' })
  const keyv = new Keyv({ store: new VarveKeyv5(forKeyv) })
  const nothingKeyv = new Keyv({ store: nothingStore() })
  const storage = createStorage({ driver: varveDriver({ store: forUnstorage }) })
  const nothingStorage = createStorage({ driver: nothingDriver() })
  await compare('keyv', ofStore(bareBesideKeyv), ofKeyv(nothingKeyv), ofKeyv(keyv))
  await compare('unstorage', ofStore(bareBesideUnstorage), ofStorage(nothingStorage), ofStorage(storage))
  await keyv.disconnect()
  await storage.dispose()
  const stores = [bareBesideKeyv, bareBesideUnstorage, forKeyv, forUnstorage]
  await Promise.all(stores.map((store) => store.close()))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {import('../../dist/index.js').LogStructuredStore} store @returns {Subject} */
function ofStore(store) {
  return { get: (key) => store.get(key), set: (key) => store.put(key, value) }
}

/** @param {Keyv} keyv @returns {Subject} */
function ofKeyv(keyv) {
  return { get: (key) => keyv.get(key), set: (key) => keyv.set(key, value) }
}

/** @param {import('unstorage').Storage} storage @returns {Subject} */
function ofStorage(storage) {
  return { get: (key) => storage.getItem(key), set: (key) => storage.setItem(key, value) }
}

/**
 * Equal texts that are objects of their own, as any store gives: for one and the same object the runtime remembers
 * what a regular expression or a parser found in it.
 * @param {string} text
 */
function* copiesOf(text) {
  const bytes = Buffer.from(text)
  const copies = keys.map(() => bytes.toString('latin1'))
  for (;;) yield* copies
}

/** A storage adapter for Keyv that keeps nothing. */
function nothingStore() {
  const kept = copiesOf(JSON.stringify({ value }))
  return {
    opts: {},
    namespace: undefined,
    get: async () => kept.next().value,
    set: async () => true,
    delete: async () => true,
    clear: async () => {},
    on() {
      return this
    },
  }
}

/** A driver for unstorage that keeps nothing. */
function nothingDriver() {
  const kept = copiesOf(value)
  return {
    hasItem: () => true,
    getItem: async () => kept.next().value,
    setItem: async () => {},
    getKeys: () => [],
  }
}

/**
 * @param {string} name
 * @param {Subject} store
 * @param {Subject} nothing
 * @param {Subject} whole
 */
async function compare(name, store, nothing, whole) {
  for (const call of /** @type {const} */ (['set', 'get'])) {
    /** @type {{ bare: number, base: number, all: number, ratio: number }[]} */
    const rounds = []
    for (let round = -2; round < roundCount; round++) {
      const [bare, base, all] = [
        await timeOf(store, call),
        await timeOf(nothing, call),
        await timeOf(whole, call),
      ]
      if (round >= 0) rounds.push({ bare, base, all, ratio: all / (bare + base) })
    }
    const figure = (/** @type {'bare' | 'base' | 'all'} */ part) =>
      `${Math.round((medianOf(rounds.map((round) => round[part])) * 1e6) / keyCount)} ns`
    const extra = Math.round((medianOf(rounds.map(({ ratio }) => ratio)) - 1) * 100)
    console.log(
      `${name} ${call}: store ${figure('bare')} + library ${figure('base')}; together ${figure('all')}, ${extra} % over the sum`,
    )
  }
}

/** @param {number[]} numbers */
function medianOf(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN
}

/** @param {Subject} subject @param {'get' | 'set'} call */
async function timeOf(subject, call) {
  const began = performance.now()
  for (const key of keys) await subject[call](key)
  return performance.now() - began
}
