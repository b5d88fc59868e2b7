/**
 * The maintenance thread is killed again and again, from within the process, while a store is written to, flushed
 * and compacted: no write is lost or refused, no promise is forgotten, no file is left behind. `VARVE_SEED` repeats
 * the choice of moments, as far as threads let themselves be repeated.
 */
import { readdirSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { failWithSeed, runSeed } from './seeds.ts'

const keyCount = 3_000
const valueLength = 2_000
const turnCount = 80
const writesPerTurn = 400

let thread: Worker | undefined
/** Jobs that ended since it was started: a thread that dies before it does anything is not followed by another. */
let endedJobs = 0

function noteThread(worker: Worker): void {
  thread = worker
  endedJobs = 0
}

beforeEach(() => {
  thread = undefined
  process.on('worker', noteThread)
})

afterEach(() => {
  process.off('worker', noteThread)
})

interface Lives {
  deaths: number
  /** Jobs that a death interrupted. */
  failures: number
  flushes: number
  compactions: number
}

test('a thread that dies costs no write, no promise and no file, whenever it dies', async () => {
  const lives: Lives = { deaths: 0, failures: 0, flushes: 0, compactions: 0 }
  try {
    await liveWithDeaths(lives)
  } catch (error) {
    failWithSeed(error, 'dying worker')
  }
  console.log(`VARVE_SEED=${runSeed}`, lives)
  expect(lives.deaths).toBeGreaterThan(5)
  expect(lives.failures).toBeGreaterThan(2)
  expect(lives.flushes).toBeGreaterThan(5)
  expect(lives.compactions).toBeGreaterThan(0)
})

async function liveWithDeaths(lives: Lives): Promise<void> {
  const random = new SeededRandom(runSeed)
  const folder = temporaryFolder()
  const options = { memoryBudgetBytes: 2 ** 25, tuning: { arenaSizeBytes: 2 ** 20 } }
  const store = await LogStructuredStore.open(folder, options)
  const content = new Map<string, string>()
  const deaths: Promise<void>[] = []
  // Killed at any time in its work, or after it.
  const mayDie = (): void => {
    if (thread === undefined || endedJobs < 3 || random.chance(0.3)) return
    deaths.push(dieIn(random.upTo(random.chance(0.5) ? 10 : 100), thread, lives))
    thread = undefined
  }
  const goOn = (): void => {
    endedJobs++
  }
  store.on('flushBegin', mayDie)
  store.on('compactionBegin', mayDie)
  store.on('flushEnd', goOn)
  store.on('compactionEnd', goOn)
  for (let turn = 0; turn < turnCount; turn++) {
    const writes = []
    for (let i = 0; i < writesPerTurn; i++) {
      const key = `key ${random.upTo(keyCount - 1)}`
      const value = `${turn}.${i}`.padEnd(valueLength, key)
      content.set(key, value)
      writes.push(store.put(key, value, { durability: i % 100 === 0 ? 'disk' : 'os' }))
    }
    await Promise.all(writes)
    if (random.chance(0.3)) await store.flush().catch(notOfTheDeath)
    if (random.chance(0.1)) await store.compact().catch(notOfTheDeath)
  }
  await Promise.all(deaths)
  const { flushes, compactions, state } = store.status()
  expect(state).toBe('open')
  lives.failures = flushes.failures + compactions.failures
  lives.flushes = flushes.count
  lives.compactions = compactions.count
  await checkContent(store, content)
  await store.close()
  const again = await LogStructuredStore.open(folder, options)
  await checkContent(again, content)
  expect((await again.check()).problems).toEqual([])
  // After that there is nothing to merge any more.
  await again.compact()
  const named = again.status().levels.flatMap(({ segments }) => segments).length
  await again.close()
  expect(readdirSync(folder).filter((name) => name.endsWith('.seg'))).toHaveLength(named)
}

async function dieIn(delayMs: number, dying: Worker, lives: Lives): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  if (dying.threadId === -1) return
  lives.deaths++
  await dying.terminate()
}

/** Whoever waits for a job whose thread dies is told so. */
function notOfTheDeath(error: unknown): void {
  if (!/thread/.test(String(error)) && !/thread/.test(String((error as Error).cause))) throw error
}

async function checkContent(store: LogStructuredStore, content: ReadonlyMap<string, string>): Promise<void> {
  let count = 0
  for await (const [key, value] of store.entries()) {
    if (content.get(key) !== value) throw new Error(`${key} is ${value.slice(0, 20)}`)
    count++
  }
  expect(count).toBe(content.size)
}
