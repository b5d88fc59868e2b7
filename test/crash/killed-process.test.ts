/** Real processes on a real disk: killed at any moment, and two at a time; and a real disk that is full. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DiskFullError, LockedError } from '../../src/errors.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { reportFigure, roundCountOf } from '../support/figures.ts'
import { failWithSeed, runSeed } from './seeds.ts'

const roundCount = roundCountOf(30, 1000)
/** All that was ever acknowledged is looked for in each so many rounds, the newest lives in every one. */
const roundsToLookAtAll = 10
const newestLifeCount = 4
const random = new SeededRandom(runSeed)
const folder = mkdtempSync(join(tmpdir(), 'varve-killed-'))
const programPath = join(folder, 'writing-process.mjs')

beforeAll(async () => {
  // The built package as a user has it, so that maintenance runs in its thread.
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(
    fileURLToPath(new URL('../..', import.meta.url)),
    join(folder, 'node_modules', 'varve'),
    'junction',
  )
  await build({
    entryPoints: [fileURLToPath(new URL('./writing-process.ts', import.meta.url))],
    outfile: programPath,
    bundle: true,
    external: ['varve'],
    tsconfigRaw: {},
    platform: 'node',
    format: 'esm',
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process that writes, and what it said until it ended. */
class Writer {
  readonly #process: ChildProcess
  #said = ''
  #waiting: (() => void) | undefined
  readonly ended: Promise<void>

  constructor(directory: string, round: number) {
    const args = [programPath, directory, String(round), String(random.upTo(2 ** 31))]
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
      this.#waiting?.()
    })
    this.ended = new Promise((resolve) => this.#process.once('close', () => resolve()))
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Resolves when the process has said so many lines. */
  async hasSaid(lineCount: number): Promise<void> {
    while (this.lines.length < lineCount) {
      if (this.#process.exitCode !== null) throw new Error('the writing process ended by itself')
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
        void this.ended.then(resolve)
      })
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }

  /** Whole lines; the last one may have been cut off by the end. */
  get lines(): string[] {
    return this.#said.split('\n').slice(0, -1)
  }

  /** The last acknowledged number of each writer. */
  get acknowledged(): Map<string, number> {
    return new Map(
      this.lines.slice(1).map((line) => {
        const [writer = '', number] = line.split(' ')
        return [writer, Number(number)]
      }),
    )
  }
}

describe('a process that is killed', () => {
  test('leaves a store with every acknowledged write, again and again', {
    timeout: roundCount * 20_000,
  }, async () => {
    const directory = join(folder, 'store')
    const acknowledged: { round: number; writers: Map<string, number> }[] = []
    let writeCount = 0
    for (let round = 0; round < roundCount; round++) {
      const writer = new Writer(directory, round)
      await writer.hasSaid(2 + random.upTo(600))
      await writer.kill()
      acknowledged.push({ round, writers: writer.acknowledged })
      const store = await LogStructuredStore.open(directory)
      const isAllDue = (round + 1) % roundsToLookAtAll === 0 || round + 1 === roundCount
      try {
        const lives = isAllDue ? acknowledged : acknowledged.slice(-newestLifeCount)
        for (const life of lives) writeCount += checkAcknowledged(store, life.round, life.writers)
      } catch (error) {
        failWithSeed(error, `round ${round}`)
      }
      if (isAllDue) expect(await store.check()).toMatchObject({ ok: true })
      // Mostly nobody closes it in order.
      if (round % 2 === 0) await store.close()
      else await store.put('closed later', 'x').then(() => store.close())
    }
    console.log(`VARVE_SEED=${runSeed}, ${roundCount} kills, ${writeCount} acknowledged writes found`)
    expect(writeCount).toBeGreaterThan(50 * roundCount)
    reportFigure('kill -9 rounds', roundCount)
  })

  test('is named to whoever opens the store while it lives', async () => {
    const directory = join(folder, 'locked')
    const before = Date.now()
    const writer = new Writer(directory, 0)
    try {
      await writer.hasSaid(2)
      const error = await LogStructuredStore.open(directory).then(
        () => undefined,
        (told: unknown) => told,
      )
      expect(error).toBeInstanceOf(LockedError)
      const { holder, message } = error as LockedError
      expect(holder.pid).toBe(writer.pid)
      expect(holder.host).toBe(hostname())
      expect(holder.command).toContain('writing-process')
      const since = Date.parse(holder.since ?? '')
      expect(since).toBeGreaterThanOrEqual(before - 1000)
      expect(since).toBeLessThanOrEqual(Date.now() + 1000)
      expect(message).toContain(String(writer.pid))
    } finally {
      await writer.kill()
    }
    const store = await LogStructuredStore.open(directory)
    await store.close()
  })
})

/** How many writes were found; throws when one that was acknowledged is missing or another. */
function checkAcknowledged(store: LogStructuredStore, round: number, writers: Map<string, number>): number {
  let count = 0
  for (const [writer, last] of writers) {
    for (let number = 0; number <= last; number++) {
      const key = `${round}-${writer}-${number}`
      const value = store.getSync(key)
      if (value === undefined || !value.startsWith(`${key} `)) {
        throw new Error(`${key} of ${last} is ${value?.slice(0, 30) ?? 'missing'}`)
      }
      count++
    }
  }
  return count
}

test('a real disk that is full refuses writes, serves reads, and takes writes again once it is larger', async (context) => {
  const mountPoint = join(folder, 'small-disk')
  mkdirSync(mountPoint)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'varve-test', mountPoint], { stdio: 'ignore' })
  } catch {
    console.log('not tested: a real small disk, because this user may not mount one')
    context.skip()
  }
  try {
    await fillAndEnlarge(mountPoint)
  } finally {
    execFileSync('umount', [mountPoint], { stdio: 'ignore' })
  }
})

async function fillAndEnlarge(mountPoint: string): Promise<void> {
  const directory = join(mountPoint, 'store')
  const options = { tuning: { arenaSizeBytes: 256 * 1024, arenaCountMax: 3, level0RunCount: 2 } }
  const store = await LogStructuredStore.open(directory, options)
  const value = 'v'.repeat(3000)
  const written: string[] = []
  let refusal: unknown
  for (let i = 0; refusal === undefined && i < 5000; i++) {
    await store.put(`k${i}`, `${i}${value}`).then(
      () => written.push(`k${i}`),
      (error: unknown) => {
        refusal = error
      },
    )
  }
  expect(refusal).toBeInstanceOf(DiskFullError)
  expect(written.length).toBeGreaterThan(100)
  for (const key of written) expect(store.getSync(key)).toBe(`${key.slice(1)}${value}`)
  execFileSync('mount', ['-o', 'remount,size=16m', mountPoint], { stdio: 'ignore' })
  const resumed = new Promise<void>((resolve) => store.on('resumed', () => resolve()))
  // The first write after a while makes the store try; the others are refused until it has.
  const attempts = setInterval(() => void store.put('attempt', 'x').catch(() => undefined), 50)
  await resumed
  clearInterval(attempts)
  await store.put('after', 'x', { durability: 'disk' })
  for (const key of written) expect(store.getSync(key)).toBe(`${key.slice(1)}${value}`)
  await store.close()
  const reopened = await LogStructuredStore.open(directory, options)
  for (const key of [...written, 'after']) expect(reopened.getSync(key)).toBeDefined()
  expect(reopened.forEach({ prefix: 'k' }, () => undefined)).toBe(written.length)
  await reopened.close()
}
