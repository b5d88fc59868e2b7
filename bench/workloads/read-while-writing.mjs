/**
 * Reading while a second loop writes at a fixed rate, 100 new versions every 5 ms: at a rate of its own choosing a
 * fast writer would take more from its own readers than a slow one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { WrongValueError } from '../measure/entries.mjs'
import { randomFrom } from '../measure/random.mjs'
import { warmUp } from './warm-up.mjs'
import { nextTurn, randomData } from './workload.mjs'

/** @typedef {import('./workload.mjs').Context} Context */

const readsATurn = 64
const writesABatch = 100
const batchEveryMs = 5
const warmUpSliceMs = 100

/** @param {Context} context @returns {Promise<import('./workload.mjs').Outcome>} */
async function measureReadWhileWriting(context) {
  const { entries, meter, seconds, count, seed } = context
  const store = await context.open()
  const random = randomFrom(seed)
  const state = { isOver: false, written: 0 }
  const writer = writeSteadily(context, store, state)
  const key = entries.newKey()
  const readUntil = async (/** @type {number} */ deadline) => {
    let operations = 0
    while (performance.now() < deadline) {
      for (let i = 0; i < readsATurn; i++) {
        entries.writeKey(key, random.below(count))
        const start = i % 16 === 0 ? performance.now() : 0
        const value = store.getSync(key)
        if (start !== 0) meter.latencies.add(performance.now() - start)
        if (value === undefined || !entries.belongs(key, value)) throw new WrongValueError(key, 'wrong value')
        if (i === 0 && store.isNothing !== true) entries.verify(key, value)
      }
      operations += readsATurn
      await nextTurn()
    }
    return operations
  }
  const warm = warmUp(seconds, count / 3)
  for (let done = 0; warm.goesOn(done); ) done += await readUntil(performance.now() + warmUpSliceMs)
  meter.begin()
  meter.watchLoop()
  const writtenBefore = state.written
  meter.resume()
  const operations = await readUntil(performance.now() + seconds * 1e3)
  meter.pause()
  meter.stopWatchingLoop()
  const written = state.written - writtenBefore
  state.isOver = true
  await writer
  await store.close()
  return {
    operations,
    payloadBytes: written * entries.entryLength,
    figures: { writesPerSecond: (written / meter.wallMs) * 1e3 },
  }
}

/**
 * @param {Context} context
 * @param {import('./workload.mjs').Store} store
 * @param {{ isOver: boolean, written: number }} state
 */
async function writeSteadily({ entries, count, seed }, store, state) {
  const random = randomFrom(seed + 1)
  const keys = Array.from({ length: writesABatch }, () => entries.newKey())
  const values = Array.from({ length: writesABatch }, () => entries.newValue())
  const start = performance.now()
  for (let batch = 1; !state.isOver; batch++) {
    for (let i = 0; i < writesABatch; i++) {
      const number = random.below(count)
      entries.writeKey(/** @type {Buffer} */ (keys[i]), number)
      entries.writeValue(/** @type {Buffer} */ (values[i]), number, batch & 0xffff)
    }
    const pending = store.putBatch(keys, values)
    if (pending !== undefined) await pending
    state.written += writesABatch
    await sleep(Math.max(0, start + batch * batchEveryMs - performance.now()))
  }
}

/** @type {readonly import('./workload.mjs').Workload[]} */
export const readWhileWritingWorkloads = [
  {
    name: 'read-while-writing',
    title: 'get random, own copy, while 20,000 a second are written',
    data: randomData,
    changes: true,
    run: measureReadWhileWriting,
  },
]
