/** Walking through all entries, and reading a few from many places. */
import { WrongValueError } from '../measure/entries.mjs'
import { randomFrom } from '../measure/random.mjs'
import { warmUp } from './warm-up.mjs'
import { nextTurn, randomData } from './workload.mjs'

/** @typedef {import('./workload.mjs').Context} Context */
/** @typedef {import('./workload.mjs').Workload} Workload */

const verifyEvery = 64
const warmUpScans = 2
const entriesASeek = 10
const seeksAChunk = 64

/**
 * Scans as often as there is time, twice before the clock runs: a cache may fill at the second. Every entry is checked to belong together, one in
 * 64 to the last byte and for its place in the order; the number of entries must be right.
 *
 * @param {Context} context
 * @param {'scan' | 'scanViews'} way
 * @param {boolean} reverse
 * @returns {Promise<import('./workload.mjs').Outcome>}
 */
async function measureScan(context, way, reverse) {
  const { entries, meter, seconds, count } = context
  const store = await context.open()
  const verifies = store.isNothing !== true
  const before = entries.newKey()
  let seen = 0
  const visit = (/** @type {any} */ key, /** @type {any} */ value) => {
    if (!entries.belongs(key, value)) throw new WrongValueError(key, 'a scan gave a wrong value')
    if (seen++ % verifyEvery === 0 && verifies) {
      entries.verify(key, value)
      if (seen > 1 && Math.sign(Buffer.compare(key, before)) !== (reverse ? -1 : 1)) {
        throw new WrongValueError(key, 'a scan gave it out of order')
      }
      before.set(key)
    }
  }
  const scanOnce = async () => {
    seen = 0
    const pending = store[way](reverse, visit)
    if (pending !== undefined) await pending
    if (seen !== count) throw new Error(`a scan saw ${seen} entries instead of ${count}`)
  }
  for (let i = 0; i < warmUpScans; i += 1) await scanOnce()
  meter.begin()
  let operations = 0
  while (meter.wallMs < seconds * 1e3) {
    meter.resume()
    await scanOnce()
    meter.pause()
    operations += count
    await nextTurn()
  }
  await store.close()
  return { operations }
}

/** @param {Context} context @returns {Promise<import('./workload.mjs').Outcome>} */
async function measureSeeks(context) {
  const { entries, meter, seconds, count, seed } = context
  const store = await context.open()
  const random = randomFrom(seed)
  const keys = Array.from({ length: seeksAChunk }, () => entries.newKey())
  let seen = 0
  const visit = (/** @type {any} */ key, /** @type {any} */ value) => {
    if (!entries.belongs(key, value)) throw new WrongValueError(key, 'a seek gave a wrong value')
    if (seen++ % verifyEvery === 0 && store.isNothing !== true) entries.verify(key, value)
  }
  const seekAll = async () => {
    for (const key of keys) {
      const start = performance.now()
      const pending = store.scanFrom(key, entriesASeek, visit)
      if (pending !== undefined) await pending
      meter.latencies.add(performance.now() - start)
    }
  }
  const makeKeys = () => {
    for (const key of keys) entries.writeKey(key, random.below(count))
  }
  const warm = warmUp(seconds, count / 10)
  for (let i = 0; warm.goesOn(i); i += seeksAChunk) {
    makeKeys()
    await seekAll()
  }
  meter.begin()
  seen = 0
  let operations = 0
  while (meter.wallMs < seconds * 1e3) {
    makeKeys()
    meter.resume()
    await seekAll()
    meter.pause()
    operations += seeksAChunk
    await nextTurn()
  }
  // Only a seek among the last keys of all finds fewer than it asked for.
  if (seen < operations * entriesASeek * 0.99) throw new Error(`${operations} seeks found ${seen} entries`)
  await store.close()
  return { operations }
}

/** @type {readonly Workload[]} */
export const scanWorkloads = [
  {
    name: 'scan',
    title: 'scan forward, batches',
    data: randomData,
    run: (context) => measureScan(context, 'scan', false),
  },
  {
    name: 'scan-reverse',
    title: 'scan in reverse, batches',
    data: randomData,
    run: (context) => measureScan(context, 'scan', true),
  },
  {
    name: 'scan-visitor',
    title: 'scan forward, visitor',
    data: randomData,
    run: (context) => measureScan(context, 'scanViews', false),
  },
  {
    name: 'scan-visitor-reverse',
    title: 'scan in reverse, visitor',
    data: randomData,
    run: (context) => measureScan(context, 'scanViews', true),
  },
  { name: 'seek-10', title: 'seek and read 10', data: randomData, run: measureSeeks },
]
