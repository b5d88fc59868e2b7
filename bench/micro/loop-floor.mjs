// How often the event loop waits for more than 4 ms while a store is loaded: by the clock on the wall; by one that stands
// still while the thread waits for a processor that another thread has, which leaves what the store itself takes; and
// where the store's work is replaced by bare loops of the same length, which is what the scheduler and the garbage of the
// program itself make of any work. The bare loops compute in registers, append as many bytes to a file and have it synced in
// the background; a second thread computes without end and writes, as one that compacts does. All take turns, and make the
// same entries. Linux only. Run from the root after a build: node bench/micro/loop-floor.mjs [batches a round = 3,000] [rounds = 3]

import assert from 'node:assert/strict'
import { closeSync, fdatasync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { open } from '../../dist/index.js'

const batchCount = Number(process.argv[2] ?? 3_000)
const roundCount = Number(process.argv[3] ?? 3)
const batchSize = 1000
const entryLength = 116
const longMs = 4
/** As status() has them: pieces up to 1, 2 and 4 ms come before the long ones. */
const shortBucketCount = 3
/** The log of a store is synced in the background once in so many batches. */
const batchesBetweenSyncs = 20
/** The second thread computes for some 10 ms, writes so much, and syncs every 64th time. */
const secondThread = `
  const { writeSync, openSync, fdatasyncSync } = require('node:fs')
  const file = openSync(require('node:worker_threads').workerData, 'w')
  const chunk = Buffer.alloc(1024 * 1024, 7)
  for (let count = 0, x = 1; ; count++) {
    for (let i = 0; i < 8e6; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
    writeSync(file, chunk, 0, chunk.length, (count % 64) * chunk.length)
    if (count % 64 === 0) fdatasyncSync(file)
    if (x === 0.5) break
  }`

/** Of this thread: nanoseconds that it ran, nanoseconds that it could have run and waited, times that it ran. */
const schedule = openSync('/proc/thread-self/schedstat', 'r')
const scheduleText = Buffer.alloc(128)
const workingClock = {
  monotonicMs: () => performance.now() - waitedMs(),
  wallTimeMs: () => Date.now(),
}

/** @typedef {{ pieces: number, long: number, longestMs: number }} Waits */

let sink = 0
const msPerStep = stepLength()
const folder = mkdtempSync(join(tmpdir(), 'varve-floor-'))
try {
  /** @type {Waits} */
  const store = { pieces: 0, long: 0, longestMs: 0 }
  /** @type {Waits} */
  const work = { pieces: 0, long: 0, longestMs: 0 }
  /** @type {Waits} */
  const bare = { pieces: 0, long: 0, longestMs: 0 }
  for (let round = 0; round < roundCount; round++) {
    const pieceMs = await loadStore(store, join(folder, `store-${round}`))
    await loadStore(work, join(folder, `work-${round}`), { clock: workingClock })
    await runBare(bare, join(folder, `bare-${round}`), pieceMs)
  }
  console.log(`| the event loop waited | times | over ${longMs} ms | share | longest |`)
  console.log('| --- | ---: | ---: | ---: | ---: |')
  console.log(rowOf('for the store', store))
  console.log(rowOf('for the store, waits for a processor left out', work))
  console.log(rowOf('for bare loops of the same length', bare))
} finally {
  closeSync(schedule)
  rmSync(folder, { recursive: true, force: true })
}
if (sink === 0.5) console.log('never')

/**
 * @param {Waits} waits
 * @param {string} path
 * @param {{ clock?: typeof workingClock }} [options]
 * @returns {Promise<number>} how long a batch takes as a rule, until the call returns
 */
async function loadStore(waits, path, options) {
  const store = await open(path, { keyEncoding: 'bytes', valueEncoding: 'bytes', ...options })
  const durations = []
  for (let number = 0; number < batchCount; number++) {
    const operations = operationsFrom(number * batchSize)
    const began = performance.now()
    const written = store.batch(operations)
    durations.push(performance.now() - began)
    await written
  }
  const { longestMs, buckets } = store.status().eventLoop
  await store.close()
  waits.pieces += buckets.reduce((sum, { count }) => sum + count, 0)
  waits.long += buckets.slice(shortBucketCount).reduce((sum, { count }) => sum + count, 0)
  waits.longestMs = Math.max(waits.longestMs, longestMs)
  durations.sort((a, b) => a - b)
  return /** @type {number} */ (durations[durations.length >> 1])
}

/** @param {Waits} waits @param {string} path @param {number} pieceMs */
async function runBare(waits, path, pieceMs) {
  const steps = Math.round(pieceMs / msPerStep)
  const worker = new Worker(secondThread, { eval: true, workerData: `${path}-2` })
  await new Promise((resolve) => worker.once('online', resolve))
  const record = new Uint8Array(batchSize * entryLength)
  const file = openSync(path, 'w')
  let isSyncing = false
  for (let number = 0; number < batchCount; number++) {
    const operations = operationsFrom(number * batchSize)
    assert.equal(operations.length, batchSize)
    note(waits, () => compute(steps))
    await null
    note(waits, () => writeSync(file, record, 0, record.length, number * record.length))
    if (number % batchesBetweenSyncs === 0 && !isSyncing) {
      isSyncing = true
      fdatasync(file, () => {
        isSyncing = false
      })
    }
    if (number % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await worker.terminate()
  while (isSyncing) await new Promise((resolve) => setImmediate(resolve))
  closeSync(file)
}

/** @param {Waits} waits @param {() => void} piece */
function note(waits, piece) {
  const began = performance.now()
  piece()
  const durationMs = performance.now() - began
  waits.pieces++
  if (durationMs > longMs) waits.long++
  waits.longestMs = Math.max(waits.longestMs, durationMs)
}

/** @param {number} number */
function operationsFrom(number) {
  return Array.from({ length: batchSize }, (_, i) => ({
    type: /** @type {const} */ ('put'),
    key: Buffer.from(String(scramble(number + i)).padStart(16, '0'), 'latin1'),
    value: Buffer.from(
      String(scramble(number + i + 1))
        .repeat(5)
        .slice(0, 50)
        .padEnd(100, '-'),
      'latin1',
    ),
  }))
}

/** @param {number} number */
function scramble(number) {
  let x = Math.imul(number ^ (number >>> 16), 0x45d9f3b) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0
  return (x ^ (x >>> 16)) >>> 0
}

/** @param {number} steps */
function compute(steps) {
  let x = 1
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
  sink ^= x
}

function waitedMs() {
  const length = readSync(schedule, scheduleText, 0, scheduleText.length, 0)
  return Number(scheduleText.toString('latin1', 0, length).split(' ')[1]) / 1e6
}

/** At its quickest: a processor that slows down later slows both kinds of pieces down. */
function stepLength() {
  const steps = 1_000_000
  let shortestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 50; round++) {
    const began = performance.now()
    compute(steps)
    shortestMs = Math.min(shortestMs, performance.now() - began)
  }
  return shortestMs / steps
}

/** @param {string} what @param {Waits} waits */
function rowOf(what, { pieces, long, longestMs }) {
  const share = ((100 * long) / pieces).toFixed(2)
  return `| ${what} | ${pieces.toLocaleString('en')} | ${long} | ${share} % | ${longestMs.toFixed(1)} ms |`
}
