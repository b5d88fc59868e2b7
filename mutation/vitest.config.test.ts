import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs these files, by name, as the tests of a group of mutants; gives the code of the process and what it printed. */
function run(files: Record<string, string>): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'varve-mutation-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const config = join(root, 'mutation', 'vitest.config.ts')
  const args = [vitest, 'run', '--root', folder, '--config', config, '--no-color']
  const env = { ...process.env, VARVE_MUTATION_TESTS: JSON.stringify(Object.keys(files)) }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

const sound = `
import { test } from 'vitest'
test('holds', () => {})
`
const failing = `
import { test } from 'vitest'
test('does not hold', () => { throw new Error('as it must') })
`
const broken = `
import { test } from 'vitest'
import './gone.ts'
test('is never run', () => {})
`

/** What Stryker looks at besides the tests: errors outside of them. */
const outsideTests = /Unhandled Errors?/

test('a file of tests that cannot be loaded is an error outside of tests, in the run of a group', () => {
  const { status, output } = run({ 'sound.test.ts': sound, 'broken.test.ts': broken })
  expect(output).toMatch(outsideTests)
  expect(output).toMatch(/broken\.test\.ts cannot be loaded: .*gone\.ts/)
  expect(output).not.toMatch(/sound\.test\.ts cannot be loaded/)
  expect(status).toBe(1)
})

test('a test that fails is none', () => {
  const { status, output } = run({ 'sound.test.ts': sound, 'failing.test.ts': failing })
  expect(output).toMatch(/1 failed/)
  expect(output).not.toMatch(outsideTests)
  expect(output).not.toMatch(/cannot be loaded/)
  expect(status).toBe(1)
})
