/**
 * The three ways to write many entries: in batches, one after the other, and many in flight. Keys and values are
 * written into the same few buffers again and again, within the measured time, so that they are made in the order
 * of use at little cost. Each way stops at a deadline and gives the event loop a turn now and then.
 */
import { Pace } from './pace.mjs'
import { nextTurn } from './workload.mjs'

/** @typedef {import('../engines/engine.mjs').Store} Store */
/** @typedef {import('../measure/entries.mjs').Entries} Entries */
/** @typedef {import('../measure/latencies.mjs').Latencies} Latencies */

/**
 * @typedef {object} Writing
 * @property {Store} store
 * @property {Entries} entries
 * @property {number} total operations to do
 * @property {number} deadline when to stop, by `performance.now()`
 * @property {Latencies} latencies
 * @property {(place: number) => number} [numberAt] the number of the key at each place; default: the place
 * @property {number} [version] of the values
 */

/** One operation in so many has its latency taken where many are in flight. */
const sampleEvery = 8

/**
 * @param {Writing} writing
 * @param {number} size operations a batch
 * @returns {Promise<number>} operations done
 */
export async function writeBatches({ store, entries, total, deadline, latencies, numberAt, version }, size) {
  const keys = Array.from({ length: size }, () => entries.newKey())
  const values = Array.from({ length: size }, () => entries.newValue())
  for (let place = 0; place < total; ) {
    const count = Math.min(size, total - place)
    for (let i = 0; i < count; i++, place++) {
      const number = numberAt === undefined ? place : numberAt(place)
      entries.writeKey(/** @type {Buffer} */ (keys[i]), number)
      entries.writeValue(/** @type {Buffer} */ (values[i]), number, version)
    }
    const isWhole = count === size
    const start = performance.now()
    const pending = store.putBatch(
      isWhole ? keys : keys.slice(0, count),
      isWhole ? values : values.slice(0, count),
    )
    if (pending !== undefined) await pending
    const end = performance.now()
    latencies.add(end - start)
    await nextTurn()
    if (end > deadline) return place
  }
  return total
}

/**
 * @param {Writing} writing
 * @param {number} size operations a batch
 * @returns {Promise<number>} operations done
 */
export async function deleteBatches({ store, entries, total, deadline, latencies, numberAt }, size) {
  const keys = Array.from({ length: size }, () => entries.newKey())
  for (let place = 0; place < total; ) {
    const count = Math.min(size, total - place)
    for (let i = 0; i < count; i++, place++) {
      entries.writeKey(/** @type {Buffer} */ (keys[i]), numberAt === undefined ? place : numberAt(place))
    }
    const start = performance.now()
    const pending = store.deleteBatch(count === size ? keys : keys.slice(0, count))
    if (pending !== undefined) await pending
    const end = performance.now()
    latencies.add(end - start)
    await nextTurn()
    if (end > deadline) return place
  }
  return total
}

/**
 * @param {Writing} writing
 * @returns {Promise<number>} operations done
 */
export async function writeAlone({ store, entries, total, deadline, latencies, numberAt, version }) {
  const key = entries.newKey()
  const value = entries.newValue()
  const pace = new Pace(deadline)
  let before = performance.now()
  for (let place = 0; place < total; place++) {
    const number = numberAt === undefined ? place : numberAt(place)
    entries.writeKey(key, number)
    entries.writeValue(value, number, version)
    const pending = store.putAlone(key, value)
    if (pending !== undefined) await pending
    const now = performance.now()
    latencies.add(now - before)
    before = now
    const turn = pace.step(place)
    if (pace.isOver) return place + 1
    if (turn !== undefined) {
      await turn
      before = performance.now()
    }
  }
  return total
}

/**
 * @param {Writing} writing
 * @param {number} inFlight
 * @returns {Promise<number>} operations done
 */
export async function writeConcurrently(
  { store, entries, total, deadline, latencies, numberAt, version },
  inFlight,
) {
  const pace = new Pace(deadline)
  let next = 0
  await Promise.all(Array.from({ length: inFlight }, writer))
  return next

  async function writer() {
    const key = entries.newKey()
    const value = entries.newValue()
    while (next < total && !pace.isOver) {
      const place = next++
      const number = numberAt === undefined ? place : numberAt(place)
      entries.writeKey(key, number)
      entries.writeValue(value, number, version)
      const start = place % sampleEvery === 0 ? performance.now() : 0
      const pending = store.put(key, value)
      if (pending !== undefined) await pending
      if (start !== 0) latencies.add(performance.now() - start)
      const turn = pace.step(place)
      if (turn !== undefined) await turn
    }
  }
}
