/**
 * Reading single keys from a store that is settled, opened anew and warm. Keys are made before the clock runs,
 * a chunk at a time; every value is checked while it runs (16 bits of its number, its length), one in 64 to the
 * last byte.
 */
import { WrongValueError } from '../measure/entries.mjs'
import { randomFrom } from '../measure/random.mjs'
import { warmUp } from './warm-up.mjs'
import { nextTurn, randomData, textData } from './workload.mjs'

/** @typedef {import('./workload.mjs').Context} Context */
/** @typedef {import('./workload.mjs').Store} Store */
/** @typedef {import('./workload.mjs').Workload} Workload */

const chunk = 512
/**
 * Where several are asked for at a time. Few enough for the keys to stay near the processor, as a key does that a program has
 * just made: with eight times as many, fetching the keys themselves from far memory was a quarter of what a get took.
 */
const chunkTogether = 1024
const keysACall = 100
const verifyEvery = 64
const sampleEvery = 16
const hotKeys = 10_000

/** Stores of fewer entries are read as often before the clock runs. */
const touchedWhole = 100_000

/** One loop over the keys of a chunk; answers with the values to verify. */
/** @typedef {(keys: any[], kept: any[]) => unknown} ChunkReader */

/**
 * @param {Context} context
 * @param {{ pick?: (random: import('../measure/random.mjs').Random) => number, text?: boolean, size?: number }} how
 * @param {(store: Store, context: Context) => ChunkReader} readerFor
 * @returns {Promise<import('./workload.mjs').Outcome>}
 */
async function measureReading(context, { pick, text = false, size = chunk }, readerFor) {
  const { entries, meter, seconds, count, seed } = context
  const store = await context.open({ text })
  const readChunk = readerFor(store, context)
  const random = randomFrom(seed)
  const numberOf = pick ?? ((from) => from.below(count))
  /** @type {any[]} */
  const keys = Array.from({ length: size }, () => entries.newKey())
  /** @type {any[]} */
  const kept = []
  const makeKeys = () => {
    for (let i = 0; i < size; i++) {
      if (text) keys[i] = entries.textKey(numberOf(random))
      else entries.writeKey(keys[i], numberOf(random))
    }
  }
  const warm = warmUp(seconds, Math.max(count / 3, Math.min(count, touchedWhole)))
  for (let i = 0; warm.goesOn(i); i += size) {
    makeKeys()
    kept.length = 0
    await readChunk(keys, kept)
  }
  meter.begin()
  let operations = 0
  while (meter.wallMs < seconds * 1e3) {
    makeKeys()
    kept.length = 0
    meter.resume()
    const pending = readChunk(keys, kept)
    if (pending !== undefined) await pending
    meter.pause()
    operations += size
    if (store.isNothing !== true)
      for (let i = 0; i < kept.length; i++) verifyKept(context, keys[i * verifyEvery], kept[i])
    await nextTurn()
  }
  await store.close()
  return { operations }
}

/** @param {Context} context @param {any} key @param {any} value */
function verifyKept({ entries }, key, value) {
  if (typeof key === 'string') entries.verify(Buffer.from(key, 'latin1'), Buffer.from(value, 'latin1'))
  else entries.verify(key, value)
}

/** @param {any} key @returns {never} */
function wrong(key) {
  throw new WrongValueError(key, 'its value is missing or belongs to another key')
}

/** @param {Store} store @param {Context} context @returns {ChunkReader} */
function ownCopies(store, { entries, meter }) {
  return (keys, kept) => {
    const { latencies } = meter
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]
      const start = i % sampleEvery === 0 ? performance.now() : 0
      const value = store.getSync(key)
      if (start !== 0) latencies.add(performance.now() - start)
      if (value === undefined || !entries.belongs(key, value)) wrong(key)
      if (i % verifyEvery === 0) kept.push(value)
    }
  }
}

/** @param {Store} store @param {Context} context @returns {ChunkReader} */
function views(store, { entries, meter }) {
  /** @type {any} */
  let key
  /** @type {any[]} */
  let into = []
  let place = 0
  const check = (/** @type {any} */ value) => {
    if (value === undefined || !entries.belongs(key, value)) wrong(key)
    // With its length in writing: lmdb's is a longer buffer that says that it is shorter.
    if (place % verifyEvery === 0) into.push(Buffer.from(value.subarray(0, value.length)))
  }
  return (keys, kept) => {
    const { latencies } = meter
    into = kept
    for (place = 0; place < keys.length; place++) {
      key = keys[place]
      const start = place % sampleEvery === 0 ? performance.now() : 0
      store.getView(key, check)
      if (start !== 0) latencies.add(performance.now() - start)
    }
  }
}

/** @param {Store} store @param {Context} context @returns {ChunkReader} */
function strings(store, { entries, meter }) {
  return (keys, kept) => {
    const { latencies } = meter
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]
      const start = i % sampleEvery === 0 ? performance.now() : 0
      const value = store.getSync(key)
      if (start !== 0) latencies.add(performance.now() - start)
      if (value === undefined || !entries.belongsText(key, value)) wrong(key)
      if (i % verifyEvery === 0) kept.push(value)
    }
  }
}

/** @param {Store} store @param {Context} context @returns {ChunkReader} */
function missing(store, { meter }) {
  return (keys) => {
    const { latencies } = meter
    for (let i = 0; i < keys.length; i++) {
      const start = i % sampleEvery === 0 ? performance.now() : 0
      const value = store.getSync(keys[i])
      if (start !== 0) latencies.add(performance.now() - start)
      if (value !== undefined) throw new WrongValueError(keys[i], 'was never written and has a value')
    }
  }
}

/** @param {number} inFlight @returns {(store: Store, context: Context) => ChunkReader} */
const concurrently =
  (inFlight) =>
  (store, { entries, meter }) => {
    return async (keys, kept) => {
      const { latencies } = meter
      let next = 0
      const reader = async () => {
        while (next < keys.length) {
          const place = next++
          const key = keys[place]
          const start = place % sampleEvery === 0 ? performance.now() : 0
          const value = /** @type {any} */ (await store.get(key))
          if (start !== 0) latencies.add(performance.now() - start)
          if (value === undefined || !entries.belongs(key, value)) wrong(key)
          if (place % verifyEvery === 0) kept[place / verifyEvery] = value
        }
      }
      await Promise.all(Array.from({ length: inFlight }, reader))
    }
  }

/** @param {number} size keys a call @returns {(store: Store, context: Context) => ChunkReader} */
const manyAtOnce =
  (size) =>
  (store, { entries, meter }) => {
    return async (keys, kept) => {
      for (let from = 0; from < keys.length; from += size) {
        const some = keys.slice(from, from + size)
        const start = performance.now()
        const answer = store.getMany(some)
        const values = /** @type {any[]} */ (answer instanceof Promise ? await answer : answer)
        meter.latencies.add(performance.now() - start)
        for (let i = 0; i < some.length; i++) {
          if (values[i] === undefined || !entries.belongs(some[i], values[i])) wrong(some[i])
          if ((from + i) % verifyEvery === 0) kept.push(values[i])
        }
      }
    }
  }

/** @type {(valueLength: number, share: number) => Pick<Workload, 'valueLength' | 'data'>} */
const large = (valueLength, share) => ({
  valueLength,
  data: { name: `values-${valueLength}`, valueLength, entryCount: (count) => Math.ceil(count / share) },
})

/** @type {readonly Workload[]} */
export const readWorkloads = [
  {
    name: 'get-copy',
    title: 'get random, own copy',
    data: randomData,
    run: (context) => measureReading(context, {}, ownCopies),
  },
  {
    name: 'get-view',
    title: 'get random, view',
    data: randomData,
    run: (context) => measureReading(context, {}, views),
  },
  {
    name: 'get-string',
    title: 'get random, strings',
    data: textData,
    without: ['nothing'],
    run: (context) => measureReading(context, { text: true }, strings),
  },
  {
    name: 'get-async-64',
    title: 'get random, 64 in flight',
    data: randomData,
    run: (context) => measureReading(context, { size: chunkTogether }, concurrently(64)),
  },
  {
    name: 'get-many-100',
    title: 'get random, 100 a call',
    data: randomData,
    run: (context) => measureReading(context, { size: 10 * keysACall }, manyAtOnce(keysACall)),
  },
  {
    name: 'get-hot',
    title: 'get hot keys (10,000)',
    data: randomData,
    run: (context) => {
      const hot = Math.min(hotKeys, context.count)
      return measureReading(context, { pick: (random) => random.below(hot) }, ownCopies)
    },
  },
  {
    name: 'get-missing',
    title: 'get missing keys',
    data: randomData,
    without: ['nothing'],
    run: (context) => {
      const { count } = context
      return measureReading(context, { pick: (random) => count + random.below(count) }, missing)
    },
  },
  {
    name: 'get-4k',
    title: 'get random, values of 4 KB',
    ...large(4096, 32),
    run: (context) => measureReading(context, {}, ownCopies),
  },
  {
    name: 'get-64k',
    title: 'get random, values of 64 KB',
    ...large(65536, 512),
    run: (context) => measureReading(context, { size: 64 }, ownCopies),
  },
]
