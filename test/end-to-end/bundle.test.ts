import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'

const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const threadCode = fileURLToPath(new URL('../../dist/shared/maintenance-worker.cjs', import.meta.url))

let folder = ''
let bundle = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'varve-bundle-'))
  bundle = join(folder, 'program.mjs')
  const contents = `
    import { open } from ${JSON.stringify(library)}
    const store = await open(process.argv[2])
    const warnings = []
    store.on('warning', ({ message }) => warnings.push(message))
    const entries = Array.from({ length: 1000 }, (_, i) => ({ type: 'put', key: 'key ' + i, value: 'x'.repeat(1000) }))
    await store.batch(entries)
    await store.flush()
    console.log(JSON.stringify({ warnings, value: (await store.get('key 999')).length }))
    await store.close()`
  await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    logLevel: 'error',
  })
})

afterAll(() => rmSync(folder, { recursive: true }))

function run(store: string): { warnings: string[]; value: number } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [bundle, join(folder, store)], {
    encoding: 'utf8',
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return JSON.parse(stdout)
}

it('a program in one file runs merges in its own thread, and says so, unless the file of the thread lies beside it', () => {
  const without = run('without')
  expect(without.warnings).toEqual([expect.stringContaining('maintenance-worker.cjs')])
  expect(without.value).toBe(1000)
  copyFileSync(threadCode, join(folder, basename(threadCode)))
  expect(run('with')).toMatchObject({ warnings: [], value: 1000 })
})
