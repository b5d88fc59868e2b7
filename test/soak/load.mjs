/**
 * `npm run soak:load`: loads entries of 16-byte keys and 100-byte values in batches of 1,000 into a store with
 * default settings, on the built package, and verifies: memory stays flat, and within the budget and 80 MB beyond what
 * making the entries takes by itself, also while every entry is read again after reopening; writes are stalled for less than a tenth of the time; level 0 never goes
 * over its limit. Prints a line every half million entries, and how long the event loop waited: the aim is that 99.9 % of
 * the pieces of work take under 4 ms, and none over 20 ms, which a quiet machine reaches with the default arguments. Arguments: [entries = 10,000,000] [random | sequential] [budget in MiB = 128].
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { open } from '../../dist/index.js'

const entryCount = Number(process.argv[2] ?? 10_000_000)
const isRandom = (process.argv[3] ?? 'random') === 'random'
const batchSize = 1000
const level0RunCountMax = 20
const memoryBudgetBytes = Number(process.argv[4] ?? 128) * 1024 * 1024
/** Code, the second thread with the hashes of all keys of a segment under way, and values that were read and are not collected yet. */
const beyondBudgetBytes = 80e6
/** So many make the heap of the loop below as large as it gets. */
const warmUpCount = 500_000

/** A permutation of the numbers below 2^32, so that every key is different and every one can be made again. */
function scramble(number) {
  let x = Math.imul(number ^ (number >>> 16), 0x45d9f3b) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0
  return (x ^ (x >>> 16)) >>> 0
}

function keyFor(number) {
  const place = isRandom ? scramble(number) : number
  return Buffer.from(`key${String(place).padStart(13, '0')}`, 'latin1')
}

/** Half of it compresses. */
function valueFor(number) {
  const head = String(scramble(number + 1)).padStart(10, '0')
  return Buffer.from(
    (head + String(scramble(number + 2)).padStart(10, 'x')).repeat(3).slice(0, 50).padEnd(100, '-'),
    'latin1',
  )
}

function operationsFrom(number) {
  const operations = []
  for (let i = number; i < Math.min(number + batchSize, entryCount); i++) {
    operations.push({ type: 'put', key: keyFor(i), value: valueFor(i) })
  }
  return operations
}

/** What this process takes that makes entries and throws them away. */
let ownBytes = 0
for (let number = 0; number < Math.min(entryCount, warmUpCount); number += batchSize) {
  if (operationsFrom(number).length === 0) break
  ownBytes = Math.max(ownBytes, process.memoryUsage.rss())
}

const folder = mkdtempSync(join(tmpdir(), 'varve-soak-'))
const options = { keyEncoding: 'bytes', valueEncoding: 'bytes', memoryBudgetBytes }
let store = await open(folder, options)
let level0Max = 0
store.on('flushEnd', () => {
  level0Max = Math.max(level0Max, store.status().levels[0]?.runCount ?? 0)
})

const began = performance.now()
/** By then all memory for MemTables was in use, and the first large compactions were. */
const settledCount = (2_000_000 * memoryBudgetBytes) / (128 * 1024 * 1024)
/** Of each half million entries from there on: single samples differ by a tenth from one to the next. */
const residentSettled = []
let residentMax = 0
let usedMax = 0
const loopDelay = monitorEventLoopDelay({ resolution: 1 })
loopDelay.enable()
for (let number = 0; number < entryCount; ) {
  const operations = operationsFrom(number)
  number += operations.length
  await store.batch(operations)
  if (number % 500_000 === 0) {
    const resident = process.memoryUsage.rss()
    if (number >= settledCount) residentSettled.push(resident)
    noteMemory(resident)
    const { stalls, levels, compactions, flushes } = store.status()
    const seconds = (performance.now() - began) / 1000
    console.log(
      `${number} entries, ${seconds.toFixed(1)} s, ${Math.round(number / seconds)}/s, resident ${mebibytes(resident)} MiB, ` +
        `stalled ${Math.round(stalls.totalMs)} ms, slowed ${Math.round(stalls.slowedMs)} ms, runs ${levels.map((level) => level.runCount).join(' ')}, ` +
        `flushed ${mebibytes(flushes.bytesWritten)} MiB, compacted ${mebibytes(compactions.bytesWritten)} MiB`,
    )
  }
}
const loadMs = performance.now() - began
loopDelay.disable()
const { stalls, eventLoop } = store.status()
await store.close()
const shareOf = (ms) => `${((100 * ms) / loadMs).toFixed(1)} %`
console.log(
  `loaded in ${(loadMs / 1000).toFixed(1)} s, stalled ${shareOf(stalls.totalMs)}, slowed ${shareOf(stalls.slowedMs)}`,
)
console.log(`level 0 had at most ${level0Max} runs; resident at most ${mebibytes(residentMax)} MiB`)
const blockCount = eventLoop.buckets.reduce((sum, { count }) => sum + count, 0)
const longCount = eventLoop.buckets.slice(3).reduce((sum, { count }) => sum + count, 0)
console.log(
  `the event loop waited for the store ${blockCount} times, ${longCount} of them (${((100 * longCount) / blockCount).toFixed(2)} %) for over 4 ms, at most ${eventLoop.longestMs.toFixed(1)} ms; ` +
    `timers came up to ${(loopDelay.percentile(99.9) / 1e6).toFixed(1)} ms late (99.9 %), at most ${(loopDelay.max / 1e6).toFixed(1)} ms`,
)

store = await open(folder, options)
let wrong = 0
for (let number = 0; number < entryCount; number++) {
  const value = store.getSync(keyFor(number))
  if (value === undefined || !valueFor(number).equals(value)) wrong++
  if (number % 100_000 === 0) noteMemory(process.memoryUsage.rss())
}
const counted = store.forEach({}, () => {})
await store.close()
rmSync(folder, { recursive: true })
console.log(`verified ${entryCount} entries: ${wrong} wrong, ${counted} counted`)
console.log(
  `resident at most ${mebibytes(residentMax)} MiB, ${mebibytes(ownBytes)} of them without a store; used of the budget of ${mebibytes(memoryBudgetBytes)} MiB at most ${mebibytes(usedMax)}`,
)

assert.equal(wrong, 0)
assert.equal(counted, entryCount)
assert.ok(stalls.totalMs < loadMs / 10, 'stalled for less than a tenth of the time')
assert.ok(level0Max <= level0RunCountMax, 'level 0 within its limit')
assert.ok(usedMax <= memoryBudgetBytes, 'what the store counts within the budget')
assert.ok(
  residentMax <= ownBytes + memoryBudgetBytes + beyondBudgetBytes,
  'resident size within what making entries takes, the budget, and 80 MB',
)
if (residentSettled.length >= 8) {
  const growth = averageOf(residentSettled.slice(-4)) / averageOf(residentSettled.slice(0, 4))
  console.log(`resident size from ${settledCount} entries to the end: ${((growth - 1) * 100).toFixed(1)} %`)
  assert.ok(growth < 1.1, 'resident size grows under 10 % once it has settled')
}
console.log('ok')

function noteMemory(resident) {
  residentMax = Math.max(residentMax, resident)
  const { arenaBytes, indexBytes, cacheBytes } = store.status().memory
  usedMax = Math.max(usedMax, arenaBytes + indexBytes + cacheBytes)
}

function averageOf(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function mebibytes(bytes) {
  return Math.round(bytes / 1024 / 1024)
}
