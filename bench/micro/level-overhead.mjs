// What varve/level costs: each workload through VarveLevel, against the bare store plus a subclass of abstract-level
// that does nothing, and against classic-level through the same interface, all measured in the same round. Run from the
// root after a build: node bench/micro/level-overhead.mjs

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AbstractIterator, AbstractLevel } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import { VarveLevel } from '../../dist/adapters/level/varve-level.js'
import { SyncKeyValueStore } from '../../dist/index.js'

const keyCount = 20_000
const roundCount = 15
const value = new Uint8Array(100).fill(118)
const text = 'v'.repeat(100)
const textKeys = Array.from({ length: keyCount }, (_, i) => `key-${String(i).padStart(12, '0')}`)
const keys = textKeys.map((key) => new TextEncoder().encode(key))
const asText = /** @type {const} */ ({ keyEncoding: 'utf8', valueEncoding: 'utf8' })

/** @typedef {import('../../dist/adapters/level/varve-level.js').VarveLevel<Uint8Array, Uint8Array>} Level */
/** @typedef {ClassicLevel<Uint8Array, Uint8Array>} Classic */
/** @typedef {import('../../dist/adapters/level/varve-level.js').ByteStore} Store */
/** @typedef {{ valueEncoding?: string }} Format */
/** @typedef {AbstractLevel<string | Buffer | Uint8Array, Uint8Array, Uint8Array>} AnyLevel */
/** @typedef {{ bare: number, base: number, whole: number, classic: number, ratio: number, lead: number }} Round milliseconds, and ratios */

/**
 * Does what abstract-level does for every call, and nothing else.
 * @extends {AbstractLevel<string | Buffer | Uint8Array, Uint8Array, Uint8Array>}
 */
class NothingLevel extends AbstractLevel {
  constructor() {
    const manifest = { encodings: { utf8: true, view: true }, getSync: true }
    super(manifest, { keyEncoding: 'view', valueEncoding: 'view' })
  }
  /** @param {Uint8Array | string} _key @param {Format} options */
  async _get(_key, { valueEncoding }) {
    return valueEncoding === 'utf8' ? text : value
  }
  /** @param {Uint8Array | string} _key @param {Format} options */
  _getSync(_key, { valueEncoding }) {
    return valueEncoding === 'utf8' ? text : value
  }
  async _put() {}
  async _batch() {}
  /** @param {object} options */
  _iterator(options) {
    return new NothingIterator(this, options)
  }
}

/** @extends {AbstractIterator<NothingLevel, Uint8Array, Uint8Array>} */
class NothingIterator extends AbstractIterator {
  #left = keyCount
  /** @param {number} size */
  async _nextv(size) {
    const count = Math.min(size, this.#left)
    this.#left -= count
    return Array.from({ length: count }, () => [value, value])
  }
}

/** @type {Record<string, { level: (db: AnyLevel) => Promise<void>, store: (db: Store) => Promise<void> }>} */
const workloads = {
  get: {
    level: async (db) => {
      for (const key of keys) await db.get(key)
    },
    store: async (db) => {
      for (const key of keys) await db.get(key)
    },
  },
  getSync: {
    level: async (db) => {
      for (const key of keys) db.getSync(key)
    },
    store: async (db) => {
      if (!(db instanceof SyncKeyValueStore)) throw new Error('the store on disk has synchronous reads')
      for (const key of keys) db.getSync(key)
    },
  },
  'get of text': {
    level: async (db) => {
      for (const key of textKeys) await db.get(key, asText)
    },
    store: async (db) => {
      for (const key of keys) await db.get(key)
    },
  },
  'getSync of text': {
    level: async (db) => {
      for (const key of textKeys) db.getSync(key, asText)
    },
    store: async (db) => {
      if (!(db instanceof SyncKeyValueStore)) throw new Error('the store on disk has synchronous reads')
      for (const key of keys) db.getSync(key)
    },
  },
  put: {
    level: async (db) => {
      for (const key of keys) await db.put(key, value)
    },
    store: async (db) => {
      for (const key of keys) await db.put(key, value)
    },
  },
  'batch of 1,000': {
    level: async (db) => {
      for (const operations of batches()) await db.batch(operations)
    },
    store: async (db) => {
      for (const operations of batches()) await db.batch(operations)
    },
  },
  'nextv(1000)': {
    level: async (db) => {
      const iterator = db.iterator()
      while ((await iterator.nextv(1000, {})).length > 0);
      await iterator.close()
    },
    store: async (db) => {
      const iterator = db.entries()
      while ((await iterator.nextMany(1000)).length > 0);
      await iterator.close()
    },
  },
}

const folder = mkdtempSync(join(tmpdir(), 'varve-level-overhead-'))
try {
  /** @type {Level} */
  const level = new VarveLevel(join(folder, 'varve'), { keyEncoding: 'view', valueEncoding: 'view' })
  const nothing = new NothingLevel()
  /** @type {Classic} */
  const classic = new ClassicLevel(join(folder, 'classic'), { keyEncoding: 'view', valueEncoding: 'view' })
  await Promise.all([level.open(), nothing.open(), classic.open()])
  for (const key of keys) await Promise.all([level.put(key, value), classic.put(key, value)])
  for (const [name, run] of Object.entries(workloads)) {
    /** @type {Round[]} */
    const rounds = []
    for (let round = -2; round < roundCount; round++) {
      const bare = await timeOf(() => run.store(level.store))
      const base = await timeOf(() => run.level(nothing))
      const whole = await timeOf(() => run.level(level))
      const other = await timeOf(() => run.level(classic))
      const ratios = { ratio: whole / (bare + base), lead: other / whole }
      if (round >= 0) rounds.push({ bare, base, whole, classic: other, ...ratios })
    }
    const [bare, base, whole, other] = [
      perEntry(rounds, 'bare'),
      perEntry(rounds, 'base'),
      perEntry(rounds, 'whole'),
      perEntry(rounds, 'classic'),
    ]
    const extra = `${Math.round((median(rounds, 'ratio') - 1) * 100)} %`
    console.log(
      `${name}: store ${bare} + abstract-level ${base}; varve/level ${whole}, ${extra} over the sum; ` +
        `classic-level ${other}, ${median(rounds, 'lead').toFixed(1)} times as long`,
    )
  }
  await Promise.all([level.close(), classic.close()])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function batches() {
  const starts = Array.from({ length: keyCount / 1000 }, (_, i) => i * 1000)
  return starts.map((start) =>
    keys.slice(start, start + 1000).map((key) => ({ type: /** @type {const} */ ('put'), key, value })),
  )
}

/** @param {Round[]} rounds @param {keyof Round} name */
function perEntry(rounds, name) {
  return `${Math.round((median(rounds, name) * 1e6) / keyCount)} ns`
}

/** @param {Round[]} rounds @param {keyof Round} name */
function median(rounds, name) {
  const sorted = rounds.map((round) => round[name]).sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** @param {() => Promise<void>} run */
async function timeOf(run) {
  const began = performance.now()
  await run()
  return performance.now() - began
}
