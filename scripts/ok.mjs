// `npm run ok`: everything that must hold before a change goes in. One line a step; the first failure shows its
// output and ends the run.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, npm, root } from './prepare.mjs'

const node = process.execPath
const tool = (/** @type {string} */ path) => [node, join(root, 'node_modules', path)]

ensureInstalled()
const packed = mkdtempSync(join(tmpdir(), 'varve-pack-'))
try {
  step('kernel', [node, 'scripts/build-kernel.mjs'])
  step('types', [...tool('typescript/bin/tsc'), '--noEmit'])
  step('types of scripts', [...tool('typescript/bin/tsc'), '-p', 'scripts'])
  step('types of mutation', [...tool('typescript/bin/tsc'), '-p', 'mutation'])
  step('lint', [...tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'])
  step('dead code', [...tool('knip/bin/knip.js'), '--no-config-hints'])
  step('build', [node, 'scripts/build.mjs'])
  step('types of bench', [...tool('typescript/bin/tsc'), '-p', 'bench'])
  step('tests and coverage', [...tool('vitest/vitest.mjs'), 'run', '--coverage'])
  step('docs', tool('typedoc/bin/typedoc'))
  step('pack', [...npm(), 'pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', packed])
  const tarball = join(packed, readdirSync(packed)[0] ?? '')
  step('package (publint)', [...tool('publint/src/cli.js'), tarball, '--strict'])
  step('package (attw)', [...tool('@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only'])
} finally {
  rmSync(packed, { recursive: true, force: true })
}

/**
 * @param {string} title
 * @param {string[]} command
 */
function step(title, [program = '', ...args]) {
  const start = performance.now()
  process.stdout.write(`${title} … `)
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    shell: process.platform === 'win32' && program === 'npm',
  })
  if (result.status === 0) {
    process.stdout.write(`ok (${((performance.now() - start) / 1000).toFixed(1)} s)\n`)
    return
  }
  process.stdout.write(`failed\n\n${result.stdout}${result.stderr}${result.error?.message ?? ''}\n`)
  rmSync(packed, { recursive: true, force: true })
  process.exit(1)
}
