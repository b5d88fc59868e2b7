import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('..', import.meta.url))
const builtWorker = new URL('../../dist/shared/maintenance-worker.cjs', import.meta.url)

/** The engine's inner parts, which the package does not hand out, as one file that starts the built thread. */
let inside = ''
let folder = ''

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { nodeFileSystem } from './fs/node-file-system.ts'
        export { createOwnArena } from './kernel/memory-pool.ts'
        export { MemTable } from './memtable/mem-table.ts'
        export { systemClock } from './time/clock.ts'
        export { systemScheduler } from './time/scheduler.ts'
        export { workerExecutor } from './worker/worker-executor.ts'`,
      resolveDir: source,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    // Where it looks for the thread.
    define: { 'import.meta.url': JSON.stringify(builtWorker.href) },
  })
  inside = join(mkdtempSync(join(tmpdir(), 'varve-inside-')), 'inside.mjs')
  writeFileSync(inside, outputFiles[0]!.contents)
})

afterAll(() => rmSync(dirname(inside), { recursive: true }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-process-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Runs a program that has an executor, and a job of six hundred files, in a process of its own. */
function runProgram(code: string): { stdout: string; stderr: string; status: number | null } {
  const program = `
    import {
      createOwnArena, MemTable, nodeFileSystem, systemClock, systemScheduler, workerExecutor,
    } from ${JSON.stringify(pathToFileURL(inside).href)}
    const table = MemTable.create(createOwnArena(4 << 20), 1)
    for (let i = 0; i < 6000; i += 1) {
      const key = Buffer.from('key ' + String(i).padStart(8, '0'))
      table.bytes.set(key, table.nextKeyPosition)
      const entry = table.appendEntry(i + 1, 1, 0, key.length, 0)
      table.insertEntries(entry)
    }
    const job = {
      kind: 'flush', arenas: [table.arena], directory: ${JSON.stringify(folder)}, liveSequences: [6000],
      deeperIntervals: [], outputNumbers: { first: 1, count: 9000 },
      segmentSettings: {
        blockSizeBytes: 128, segmentSizeBytes: 300, blockCountMax: 60000,
        outputBufferBytes: 1024, syncEveryBytes: 4096,
      },
    }
    const executor = workerExecutor(nodeFileSystem, systemClock, systemScheduler, (message) => console.log(message))
    ${code}
  `
  const args = ['--input-type=module', '--eval', program]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  return { stdout, stderr, status }
}

const silentEnd = { stdout: '', stderr: '', status: 0 }

describe('a process with a maintenance thread', () => {
  it('ends by itself, and in silence, although the thread is idle', () => {
    expect(runProgram('await executor.run(job).done')).toEqual(silentEnd)
    expect(readdirSync(folder).length).toBeGreaterThan(100)
  })

  it('stays alive for a job that is to be waited for', () => {
    const code = 'executor.run(job).done.then(({ entriesRead }) => console.log(entriesRead))'
    expect(runProgram(code)).toEqual({ ...silentEnd, stdout: '6000\n' })
  })

  it('does not stay alive for a job that nobody waits for', () => {
    const code = `
      const handle = executor.run(job)
      handle.keepAlive(false)
      handle.done.then(() => console.log('done'))`
    expect(runProgram(code)).toEqual(silentEnd)
  })

  it('can wait for the end of its maintenance as its last act', () => {
    const code = `
      const handle = executor.run(job)
      handle.keepAlive(false)
      while (handle.progress.bytesWritten === 0) await new Promise((resolve) => setImmediate(resolve))
      await executor.close()
      console.log('closed')
      handle.done.catch((error) => console.log(error.code))`
    expect(runProgram(code)).toEqual({ ...silentEnd, stdout: 'closed\nSTORE_CLOSED\n' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('can block on a job before it has ever let its event loop turn', () => {
    expect(runProgram('console.log(executor.run(job).finishSync().entriesRead)')).toEqual({
      ...silentEnd,
      stdout: '6000\n',
    })
  })
})
