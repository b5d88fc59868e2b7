// What the parts of Varve take that a missed target is made of, to be held against the bare loops of limits.mjs: reads of
// keys that are in the nearest caches and of keys that are not, a put with its write to the log and without, the start of a
// thread, and an opening with the pages of memory that it touches for the first time. Medians of rounds in which all take turns. Run
// from the root after a build: node bench/micro/parts.mjs [entries = 1,000,000]

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { open } from '../../dist/index.js'
import { Entries } from '../measure/entries.mjs'
import { randomFrom } from '../measure/random.mjs'
import { nextTurn } from '../workloads/workload.mjs'

/** @typedef {import('../../dist/index.js').LogStructuredStore<Uint8Array, Uint8Array>} ByteStore */
/** @typedef {import('../../dist/index.js').LogStructuredStore<string, string>} TextStore */

const count = Number(process.argv[2] ?? 1_000_000)
const nearCount = 64
const chunk = 512
const roundCount = 200
const batch = 1000
const bytes = /** @type {const} */ ({ keyEncoding: 'bytes', valueEncoding: 'bytes' })
const text = /** @type {const} */ ({ keyEncoding: 'utf8', valueEncoding: 'utf8' })
const options = { memoryBudgetBytes: 384 * 1024 * 1024 }

const folder = mkdtempSync(join(tmpdir(), 'varve-parts-'))
const path = join(folder, 'filled')
const entries = new Entries()
const random = randomFrom(1)
/** What a put of one entry writes to the log. */
const recordOfOne = new Uint8Array(new SharedArrayBuffer(192))
let sink = 0

try {
  await fill()
  await measureReads()
  await measurePuts()
  await measureThreads()
  await measureOpenings()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (sink === 0.5) console.log('never')

async function fill() {
  const store = await open(path, { ...bytes, ...options })
  for (let number = 0; number < count; number += batch) {
    await store.batch(Array.from({ length: batch }, (_, i) => put(number + i)))
    await nextTurn()
  }
  await store.compact()
  await store.close()
}

/** @param {number} number */
function put(number) {
  const key = entries.newKey()
  const value = entries.newValue()
  entries.writeKey(key, number)
  entries.writeValue(value, number)
  return /** @type {const} */ ({ type: 'put', key, value })
}

async function measureReads() {
  const store = /** @type {ByteStore} */ (await open(path, { ...bytes, ...options }))
  const byteKeys = Array.from({ length: chunk }, () => entries.newKey())
  const check = (/** @type {Uint8Array} */ value) => {
    sink += /** @type {number} */ (value[0])
  }
  /** @type {Record<string, (key: Buffer) => void>} */
  const reads = {
    hasSync: (key) => {
      sink += store.hasSync(key) ? 1 : 0
    },
    getSync: (key) => {
      sink += /** @type {Uint8Array} */ (store.getSync(key)).length
    },
    getView: (key) => store.getView(key, check),
  }
  const cold = await timesOf(
    reads,
    (i, number) => entries.writeKey(/** @type {Buffer} */ (byteKeys[i]), number),
    byteKeys,
  )
  await store.close()
  const textStore = /** @type {TextStore} */ (await open(path, { ...text, ...options }))
  /** @type {string[]} */
  const textKeys = Array.from({ length: chunk }, () => '')
  const strings = await timesOf(
    {
      'getSync, strings': (/** @type {string} */ key) => {
        sink += /** @type {string} */ (textStore.getSync(key)).length
      },
    },
    (i, number) => {
      textKeys[i] = entries.textKey(number)
    },
    textKeys,
  )
  await textStore.close()
  console.log(`\n| reads | ${nearCount} keys | ${count.toLocaleString('en')} keys |\n| --- | ---: | ---: |`)
  for (const { name, near, far } of [...cold, ...strings])
    console.log(`| ${name} | ${near.toFixed(0)} ns | ${far.toFixed(0)} ns |`)
}

/**
 * Nanoseconds a read, of few keys and of all.
 *
 * @template K
 * @param {Record<string, (key: K) => void>} reads
 * @param {(i: number, number: number) => void} setKey
 * @param {K[]} keys
 */
async function timesOf(reads, setKey, keys) {
  const results = Object.entries(reads).map(([name, read]) => ({ name, read, near: [0], far: [0] }))
  for (let round = -roundCount * 20; round < roundCount; round += 1) {
    for (const { read, near, far } of results) {
      for (const [times, range] of /** @type {const} */ ([
        [near, nearCount],
        [far, count],
      ])) {
        for (let i = 0; i < chunk; i += 1) setKey(i, random.below(range))
        const start = performance.now()
        for (let i = 0; i < chunk; i += 1) read(/** @type {K} */ (keys[i]))
        if (round >= 0) times.push(((performance.now() - start) * 1e6) / chunk)
      }
    }
    await nextTurn()
  }
  return results.map(({ name, near, far }) => ({
    name,
    near: median(near.slice(1)),
    far: median(far.slice(1)),
  }))
}

/** In turn, so that a put with a write behind it can be held against the two apart: a system call slows down what follows it. */
async function measurePuts() {
  const file = openSync(join(folder, 'written'), 'w')
  const stores = {
    memory: await open(join(folder, 'memory'), { ...bytes, ...options, durability: 'memory' }),
    os: await open(join(folder, 'os'), { ...bytes, ...options, durability: 'os' }),
  }
  const key = entries.newKey()
  const value = entries.newValue()
  let written = 0
  const write = () => {
    written += writeSync(file, recordOfOne, 0, recordOfOne.length, written)
  }
  const waysToPut = [
    { name: 'a write of as many bytes alone, awaited', store: undefined, isWritten: true },
    { name: "durability 'memory'", store: stores.memory, isWritten: false },
    { name: "durability 'memory', each followed by such a write", store: stores.memory, isWritten: true },
    { name: "durability 'os'", store: stores.os, isWritten: false },
  ].map((way) => ({ ...way, times: [0] }))
  for (let number = 0; number < 200_000; number += batch) {
    for (const { store, isWritten, times } of waysToPut) {
      const start = performance.now()
      for (let i = 0; i < batch; i += 1) {
        entries.writeKey(key, number + i)
        entries.writeValue(value, number + i)
        await store?.put(key, value)
        if (isWritten) write()
        if (store === undefined) await undefined
      }
      times.push(((performance.now() - start) * 1e6) / batch)
      await nextTurn()
    }
  }
  console.log('\n| puts, awaited one by one | each |\n| --- | ---: |')
  for (const { name, times } of waysToPut)
    console.log(`| ${name} | ${median(times.slice(1)).toFixed(0)} ns |`)
  closeSync(file)
  await Promise.all([stores.memory.close(), stores.os.close()])
}

/** How long a thread takes to start that does nothing, and the one of the store, which loads its code. */
async function measureThreads() {
  const code = "require('node:worker_threads').workerData.port.postMessage('ready')"
  const own = new URL('../../dist/shared/maintenance-worker.cjs', import.meta.url)
  const threads = [
    {
      name: 'one that does nothing',
      start: (/** @type {object} */ how) => new Worker(code, { ...how, eval: true }),
    },
    { name: 'the maintenance thread', start: (/** @type {object} */ how) => new Worker(own, how) },
  ].map((thread) => ({ ...thread, times: [0] }))
  for (let round = 0; round < 11; round += 1) {
    for (const { start, times } of threads) {
      const { port1, port2 } = new MessageChannel()
      const began = performance.now()
      const worker = start({ workerData: { port: port2 }, transferList: [port2], execArgv: [] })
      await new Promise((resolve) => {
        port1.once('message', resolve)
      })
      times.push(performance.now() - began)
      port1.close()
      await worker.terminate()
    }
  }
  console.log('\n| threads, until they are ready | each |\n| --- | ---: |')
  for (const { name, times } of threads) console.log(`| ${name} | ${median(times.slice(1)).toFixed(0)} ms |`)
}

async function measureOpenings() {
  const rows = []
  const key = entries.newKey()
  for (let i = 0; i < 21; i += 1) {
    entries.writeKey(key, random.below(count))
    const places = [place()]
    const store = /** @type {ByteStore} */ (await open(path, { ...bytes, ...options }))
    places.push(place())
    sink += /** @type {Uint8Array} */ (store.getSync(key)).length
    places.push(place())
    await store.close()
    rows.push(places)
  }
  console.log(
    '\n| openings in one process | time | pages touched for the first time |\n| --- | ---: | ---: |',
  )
  for (const [name, from] of /** @type {const} */ ([
    ['open', 0],
    ['first read', 1],
  ])) {
    const ms = rows.map((places) => between(places, from, 'ms'))
    const faults = rows.map((places) => between(places, from, 'faults'))
    const range = `${Math.min(...faults)} to ${Math.max(...faults.slice(1))}`
    console.log(
      `| ${name} | ${median(ms).toFixed(1)} ms (least ${Math.min(...ms).toFixed(1)}) | ${median(faults)} (${range}) |`,
    )
  }
}

function place() {
  return { ms: performance.now(), faults: process.resourceUsage().minorPageFault }
}

/** @param {{ ms: number, faults: number }[]} places @param {number} from @param {'ms' | 'faults'} what */
function between(places, from, what) {
  const [start, end] = [places[from], places[from + 1]]
  if (start === undefined || end === undefined) throw new Error('no such places')
  return end[what] - start[what]
}

/** @param {number[]} numbers */
function median(numbers) {
  return /** @type {number} */ ([...numbers].sort((a, b) => a - b)[numbers.length >> 1])
}
