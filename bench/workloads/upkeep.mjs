/** Compaction, opening, recovery: what a store does beside reads and writes. */
import { copyStore, diskBytes } from '../measure/disk.mjs'
import { Latencies } from '../measure/latencies.mjs'
import { settle } from '../measure/quiet.mjs'
import { shuffled } from '../measure/random.mjs'
import { randomData } from './workload.mjs'
import { writeBatches } from './write-loops.mjs'

/** @typedef {import('./workload.mjs').Context} Context */
/** @typedef {import('./workload.mjs').Outcome} Outcome */

const openings = 11
const recoveries = 5

/**
 * Merges a store of which half was written twice; the bytes counted are those of all its keys and values.
 *
 * @param {Context} context
 * @returns {Promise<Outcome>}
 */
async function measureCompaction(context) {
  const { entries, meter, count, seed } = context
  const store = await context.open()
  if (store.compact === undefined) throw new Error('this engine has no way to compact')
  const total = Math.floor(count / 2)
  const deadline = Number.POSITIVE_INFINITY
  const numberAt = shuffled(count, seed)
  await writeBatches(
    { store, entries, total, deadline, numberAt, version: 1, latencies: new Latencies() },
    1000,
  )
  await settle(store)
  meter.begin()
  meter.watchLoop()
  meter.resume()
  await store.compact()
  meter.pause()
  meter.stopWatchingLoop()
  const key = entries.newKey()
  for (let number = 0; number < count; number += Math.ceil(count / 1000)) {
    entries.writeKey(key, number)
    entries.verify(key, store.getSync(key))
  }
  await settle(store)
  const bytes = (count + total) * entries.entryLength
  const disk = diskBytes(context.folder)
  await store.close()
  return {
    operations: count + total,
    liveBytes: count * entries.entryLength,
    diskBytes: disk,
    figures: { megabytesPerSecond: bytes / 1e3 / meter.wallMs },
  }
}

/**
 * From the call of open to the answer of the first read. The first time runs code that was never run; what counts
 * is the median of the others.
 *
 * @param {Context} context
 * @returns {Promise<Outcome>}
 */
async function measureOpening({ open, entries, count, seed, meter }) {
  const key = entries.newKey()
  const numberAt = shuffled(count, seed)
  const opened = []
  const read = []
  meter.begin()
  for (let i = 0; i < openings; i++) {
    entries.writeKey(key, numberAt(i))
    meter.resume()
    const start = performance.now()
    const store = await open()
    const middle = performance.now()
    const value = store.getSync(key)
    const end = performance.now()
    meter.pause()
    entries.verify(key, value)
    opened.push(middle - start)
    read.push(end - start)
    await store.close()
  }
  return {
    operations: openings,
    figures: {
      openMs: median(opened.slice(1)),
      firstReadMs: median(read.slice(1)),
      coldFirstReadMs: /** @type {number} */ (read[0]),
    },
  }
}

/**
 * From the call of open, on what a killed process left, to the answer of the first read, and to the
 * acknowledgement of the first write.
 *
 * @param {Context} context
 * @returns {Promise<Outcome>}
 */
async function measureRecovery({ open, newFolder, folder, entries, count, seed, meter }) {
  const key = entries.newKey()
  const value = entries.newValue()
  const numberAt = shuffled(count, seed)
  const read = []
  const written = []
  for (let i = 0; i < recoveries; i++) {
    const copy = newFolder(`crashed-${i}`)
    copyStore(folder, copy)
    entries.writeKey(key, numberAt(i))
    meter.resume()
    const start = performance.now()
    const store = await open({ folder: copy })
    const found = store.getSync(key)
    const middle = performance.now()
    entries.verify(key, found)
    entries.writeKey(key, count)
    entries.writeValue(value, count)
    const before = performance.now()
    const pending = store.putAlone(key, value)
    if (pending !== undefined) await pending
    const end = performance.now()
    meter.pause()
    read.push(middle - start)
    written.push(middle - start + end - before)
    for (let number = 0; number < count; number += Math.ceil(count / 1000)) {
      entries.writeKey(key, number)
      entries.verify(key, store.getSync(key))
    }
    await store.close()
  }
  return {
    operations: recoveries,
    figures: {
      firstReadMs: median(read),
      firstWriteMs: median(written),
      coldFirstReadMs: /** @type {number} */ (read[0]),
    },
  }
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = /** @type {number} */ (sorted[middle])
  return sorted.length % 2 === 1 ? upper : (upper + /** @type {number} */ (sorted[middle - 1])) / 2
}

/** @type {readonly import('./workload.mjs').Workload[]} */
export const upkeepWorkloads = [
  {
    name: 'compact',
    title: 'compaction of everything',
    data: randomData,
    changes: true,
    figure: 'megabytesPerSecond',
    without: ['nothing', 'lmdb', 'better-sqlite3', 'nxt-rocksdb'],
    run: measureCompaction,
  },
  {
    name: 'open',
    title: 'open after a clean close, first read',
    data: randomData,
    changes: true,
    figure: 'firstReadMs',
    without: ['nothing'],
    run: measureOpening,
  },
  {
    name: 'recovery',
    title: 'open after a crash, first read',
    data: { name: 'crashed', entryCount: (count) => Math.ceil(count / 5), crashed: true },
    figure: 'firstReadMs',
    without: ['nothing'],
    run: measureRecovery,
  },
]
