import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const dist = new URL('../../dist/', import.meta.url)

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-process-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Runs a program that has an executor, and a job of six hundred files, in a process of its own. */
function runProgram(code: string): { stdout: string; stderr: string; status: number | null } {
  const program = `
    import { nodeFileSystem } from '${dist}fs/node-file-system.js'
    import { createOwnArena } from '${dist}kernel/memory-pool.js'
    import { MemTable } from '${dist}memtable/mem-table.js'
    import { systemClock } from '${dist}time/clock.js'
    import { systemScheduler } from '${dist}time/scheduler.js'
    import { workerExecutor } from '${dist}worker/worker-executor.js'
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
    expect(fileURLToPath(dist)).toMatch(/dist/)
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
