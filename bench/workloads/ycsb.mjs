/**
 * The six core workloads of YCSB with 64 clients. Reads are the engine's fastest (blocking) ones; a client waits
 * for each operation's end before its next one. Popularity follows Zipf's law, over keys that lie all over the
 * range; in D the newest keys are the popular ones.
 */
import { WrongValueError } from '../measure/entries.mjs'
import { randomFrom, zipfian } from '../measure/random.mjs'
import { Pace } from './pace.mjs'
import { warmUp } from './warm-up.mjs'
import { randomData } from './workload.mjs'

/** @typedef {import('./workload.mjs').Context} Context */

const clientCount = 64
const sampleEvery = 8
const warmUpSliceMs = 100
const verifyEvery = 64
const scanLengthMax = 100

/**
 * Shares of operations; what remains is reads.
 *
 * @typedef {{ update?: number, insert?: number, scan?: number, readModifyWrite?: number, latest?: boolean }} Mix
 */

/** @type {Readonly<Record<string, { says: string, mix: Mix }>>} */
const mixes = {
  a: { says: 'half updates', mix: { update: 0.5 } },
  b: { says: '5 % updates', mix: { update: 0.05 } },
  c: { says: 'reads only', mix: {} },
  d: { says: 'newest keys, 5 % inserts', mix: { insert: 0.05, latest: true } },
  e: { says: 'scans of up to 100, 5 % inserts', mix: { insert: 0.05, scan: 0.95 } },
  f: { says: 'half read-modify-writes', mix: { readModifyWrite: 0.5 } },
}

/**
 * @param {Context} context
 * @param {Mix} mix
 * @returns {Promise<import('./workload.mjs').Outcome>}
 */
async function measureMix(context, mix) {
  const { entries, meter, seconds } = context
  const store = await context.open()
  const clients = new Clients(context, store, mix)
  const warm = warmUp(seconds, 0)
  while (warm.goesOn(0)) await clients.run(performance.now() + warmUpSliceMs)
  meter.begin()
  meter.watchLoop()
  meter.resume()
  const written = clients.written
  const operations = await clients.run(performance.now() + seconds * 1e3)
  meter.pause()
  meter.stopWatchingLoop()
  await store.close()
  return { operations, payloadBytes: (clients.written - written) * entries.entryLength }
}

class Clients {
  written = 0
  #context
  #store
  #mix
  #random
  #zipfian
  #inserted
  /** The number that each client is inserting. */
  #inserting = new Float64Array(clientCount).fill(Number.POSITIVE_INFINITY)
  /** All numbers below it are there. */
  #present
  #versions = 0

  /** @param {Context} context @param {import('./workload.mjs').Store} store @param {Mix} mix */
  constructor(context, store, mix) {
    this.#context = context
    this.#store = store
    this.#mix = mix
    this.#random = randomFrom(context.seed)
    this.#zipfian = zipfian(context.count, this.#random)
    this.#inserted = context.count
    this.#present = context.count
  }

  /**
   * @param {number} deadline
   * @returns {Promise<number>} operations done
   */
  async run(deadline) {
    const pace = new Pace(deadline)
    let done = 0
    const client = async (/** @type {number} */ number) => {
      const { entries, meter } = this.#context
      const key = entries.newKey()
      const value = entries.newValue()
      while (!pace.isOver) {
        const place = done++
        const start = place % sampleEvery === 0 ? performance.now() : 0
        await this.#operate(number, key, value, place % verifyEvery === 0)
        if (start !== 0) meter.latencies.add(performance.now() - start)
        const turn = pace.step(place)
        if (turn !== undefined) await turn
      }
    }
    await Promise.all(Array.from({ length: clientCount }, (_, number) => client(number)))
    return done
  }

  /** @param {number} client @param {Buffer} key @param {Buffer} value @param {boolean} verifies @returns {unknown} */
  #operate(client, key, value, verifies) {
    const { update = 0, insert = 0, scan = 0, readModifyWrite = 0 } = this.#mix
    let choice = this.#random.fraction()
    if (choice < insert) return this.#insert(client, key, value)
    choice -= insert
    this.#context.entries.writeKey(key, this.#pick())
    if (choice < scan) return this.#scan(key)
    choice -= scan
    if (choice < update) return this.#update(key, value)
    choice -= update
    this.#read(key, verifies)
    return choice < readModifyWrite ? this.#update(key, value) : undefined
  }

  #pick() {
    const popular = this.#zipfian()
    return this.#mix.latest === true ? Math.max(0, this.#present - 1 - popular) : popular
  }

  /** @param {Buffer} key @param {boolean} verifies */
  #read(key, verifies) {
    const { entries } = this.#context
    const found = this.#store.getSync(key)
    if (found === undefined || !entries.belongs(key, found)) {
      throw new WrongValueError(key, 'its value is missing or belongs to another key')
    }
    if (verifies && this.#store.isNothing !== true) entries.verify(key, found)
  }

  /** @param {Buffer} key @param {Buffer} value */
  #update(key, value) {
    const { entries } = this.#context
    this.#versions = (this.#versions + 1) & 0xffff
    entries.writeValue(value, numberIn(key), this.#versions)
    this.written++
    return this.#store.put(key, value)
  }

  /** @param {number} client @param {Buffer} key @param {Buffer} value */
  async #insert(client, key, value) {
    const { entries } = this.#context
    const number = this.#inserted++
    this.#inserting[client] = number
    entries.writeKey(key, number)
    entries.writeValue(value, number)
    this.written++
    const pending = this.#store.put(key, value)
    if (pending !== undefined) await pending
    this.#inserting[client] = Number.POSITIVE_INFINITY
    this.#present = Math.min(this.#inserted, ...this.#inserting)
  }

  /** @param {Buffer} key */
  #scan(key) {
    const { entries } = this.#context
    return this.#store.scanFrom(key, 1 + this.#random.below(scanLengthMax), (found, value) => {
      if (!entries.belongs(found, value)) throw new WrongValueError(found, 'a scan gave a wrong value')
    })
  }
}

/** The number in the last half of a key. @param {Buffer} key */
function numberIn(key) {
  let number = 0
  for (let i = 8; i < 16; i++) {
    const digit = /** @type {number} */ (key[i])
    number = number * 16 + (digit < 58 ? digit - 48 : digit - 87)
  }
  return number
}

/** @type {readonly import('./workload.mjs').Workload[]} */
export const ycsbWorkloads = Object.entries(mixes).map(([letter, { says, mix }]) => ({
  name: `ycsb-${letter}`,
  title: `YCSB ${letter.toUpperCase()}, 64 clients (${says})`,
  data: randomData,
  changes: true,
  run: (/** @type {Context} */ context) => measureMix(context, mix),
}))
