/** Real processes and threads that race for one store, killed by turns; and one that dies for want of memory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

const roundCount = Number(process.env.VARVE_RACES ?? 4)
const processCount = 2
const threadCount = 4
const folder = mkdtempSync(join(tmpdir(), 'varve-races-'))

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'))
  const root = fileURLToPath(new URL('../..', import.meta.url))
  symlinkSync(root, join(folder, 'node_modules', 'varve'), 'junction')
  await build({
    entryPoints: [
      fileURLToPath(new URL('./racing-process.ts', import.meta.url)),
      fileURLToPath(new URL('./hoarding-process.ts', import.meta.url)),
    ],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    external: ['varve'],
    tsconfigRaw: {},
    platform: 'node',
    format: 'esm',
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

class Program {
  readonly #process: ChildProcess
  readonly ended: Promise<number | null>
  #said = ''
  #waiting: (() => void) | undefined
  #isOver = false

  constructor(name: string, directory: string, flags: readonly string[] = []) {
    this.#process = spawn(process.execPath, [...flags, join(folder, `${name}.mjs`), directory], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
      this.#waiting?.()
    })
    this.ended = new Promise((resolve) =>
      this.#process.once('close', (code) => {
        this.#isOver = true
        this.#waiting?.()
        resolve(code)
      }),
    )
  }

  /** Whole lines; the last one may have been cut off by the end. */
  get lines(): string[] {
    return this.#said.split('\n').slice(0, -1)
  }

  /** Resolves when the lines are as wanted. */
  async until(isEnough: (lines: readonly string[]) => boolean): Promise<void> {
    while (!isEnough(this.lines)) {
      if (this.#isOver) throw new Error(`the process ended by itself: ${this.#said}`)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }
}

test('of two processes with four threads each, one thread has the store in each round, and kill -9 frees it', async () => {
  const directory = join(folder, 'raced')
  const written: string[] = []
  for (let round = 0; round < roundCount; round++) {
    const racers = Array.from({ length: processCount }, () => new Program('racing-process', directory))
    try {
      await Promise.all(
        racers.map((racer) =>
          racer.until(
            (lines) =>
              lines.filter((line) => !line.startsWith('wrote')).length === threadCount &&
              lines.includes('open') === lines.some((line) => line.startsWith('wrote')),
          ),
        ),
      )
      const lines = racers.flatMap((racer) => racer.lines)
      expect(
        lines.filter((line) => line === 'open'),
        `round ${round}`,
      ).toHaveLength(1)
      expect(lines.filter((line) => line === 'locked')).toHaveLength(processCount * threadCount - 1)
      written.push(
        ...lines.filter((line) => line.startsWith('wrote ')).map((line) => line.slice('wrote '.length)),
      )
    } finally {
      await Promise.all(racers.map((racer) => racer.kill()))
    }
  }
  const store = await LogStructuredStore.open(directory)
  expect(written).toHaveLength(roundCount)
  for (const key of written) expect(store.getSync(key)).toBe('x')
  expect(await store.check()).toMatchObject({ ok: true })
  await store.close()
}, 300_000)

test('a process that dies for want of memory leaves every acknowledged write', async () => {
  const directory = join(folder, 'hoarded')
  const program = new Program('hoarding-process', directory, ['--max-old-space-size=48'])
  const code = await program.ended
  // By a signal, or with the exit code of an abort.
  expect(code).not.toBe(0)
  const acknowledged = program.lines.map(Number)
  expect(acknowledged.length).toBeGreaterThan(100)
  const store = await LogStructuredStore.open(directory)
  for (const number of acknowledged) expect(store.getSync(`k${number}`)).toBe(`${number} `.repeat(100))
  expect(await store.check()).toMatchObject({ ok: true })
  console.log(`${acknowledged.length} acknowledged writes found after the death of a process without memory`)
  await store.close()
}, 300_000)
