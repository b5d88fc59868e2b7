/**
 * Measures a way of writing: warms the code up on a store of its own, writes, waits until the engine has settled
 * (its time and CPU count), reads a sample back and looks at the disk.
 */
import { diskBytes } from '../measure/disk.mjs'
import { Latencies } from '../measure/latencies.mjs'
import { rest, settle } from '../measure/quiet.mjs'
import { randomFrom } from '../measure/random.mjs'

/** @typedef {import('./workload.mjs').Context} Context */
/** @typedef {import('./write-loops.mjs').Writing} Writing */

const warmUpShare = 1 / 20
const sampleCount = 1000

/**
 * @param {Context} context
 * @param {(writing: Writing) => Promise<number>} write
 * @param {{ durable?: boolean, numberAt?: (place: number) => number, version?: number, total?: number, deletes?: boolean }} [how]
 * @returns {Promise<import('./workload.mjs').Outcome>}
 */
export async function measureWriting(context, write, how = {}) {
  const { entries, meter, seconds, count } = context
  const { durable = false, version = 0, total = count, deletes = false } = how
  await warmUp(context, write, durable)
  const store = await context.open({ durable })
  meter.begin()
  meter.watchLoop()
  meter.resume()
  const operations = await write({
    store,
    entries,
    total,
    deadline: performance.now() + seconds * 1e3,
    latencies: meter.latencies,
    version,
    ...(how.numberAt && { numberAt: how.numberAt }),
  })
  meter.pause()
  meter.stopWatchingLoop()
  const acknowledgedMs = meter.wallMs
  const settled = await settle(store)
  // What lies behind a durable write was done before it was acknowledged.
  if (!durable) meter.add(settled)
  if (context.holdsData) await rest(store)
  if (store.isNothing !== true) await readBack(context, store, operations, how)
  const after = {
    operations,
    payloadBytes: operations * entries.entryLength,
    diskBytes: diskBytes(context.folder),
    figures: {
      acknowledgedPerSecond: (operations / acknowledgedMs) * 1e3,
      settleMs: settled.ms,
      unsettled: settled.isSettled ? 0 : 1,
      isWhole: operations === total ? 1 : 0,
    },
  }
  await store.close()
  if (deletes) return { ...after, payloadBytes: operations * 16 }
  return { ...after, liveBytes: (context.holdsData ? count : operations) * entries.entryLength }
}

/**
 * @param {Context} context
 * @param {(writing: Writing) => Promise<number>} write
 * @param {boolean} durable
 */
async function warmUp({ open, newFolder, entries, count }, write, durable) {
  const folder = newFolder('warm-up')
  const store = await open({ folder, durable })
  const total = Math.ceil(count * warmUpShare)
  const deadline = performance.now() + 1000
  await write({ store, entries, total, deadline, latencies: new Latencies() })
  await settle(store)
  await store.close()
}

/**
 * @param {Context} context
 * @param {import('../engines/engine.mjs').Store} store
 * @param {number} operations
 * @param {{ numberAt?: (place: number) => number, deletes?: boolean }} how
 */
async function readBack({ entries, seed }, store, operations, { numberAt, deletes = false }) {
  const random = randomFrom(seed + 1)
  const key = entries.newKey()
  for (let i = 0; i < sampleCount; i++) {
    const place = i === 0 ? operations - 1 : random.below(operations)
    entries.writeKey(key, numberAt === undefined ? place : numberAt(place))
    const value = store.getSync(key)
    if (!deletes) entries.verify(key, value)
    else if (value !== undefined) throw new Error(`${key.toString('latin1')} is there after it was deleted`)
  }
}
