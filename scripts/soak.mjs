// `npm run test:soak -- [parts] [--scale=0.1]`: the randomised tests at full length, and a table of what they did.
// Parts: crashes, errors, kills, model, damages; none means all. The scale is the share of the full length, 1 by default.
// VARVE_SEED repeats a run.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, root } from './prepare.mjs'

/** The tests of each part, and what they must reach at full length. @type {Record<string, Part>} */
const parts = {
  crashes: {
    tests: ['test/crash/random-crashes', 'test/crash/scripted-crashes'],
    figures: {
      'crash states, ordered': 100_000,
      'crash states, posix': 100_000,
      'crashes inside recovery': 20_000,
      'simulated seeds': 20_000,
    },
  },
  errors: {
    tests: ['test/crash/failing-operations'],
    figures: { 'error at every k-th call, once': 15_000, 'error at every k-th call, lasting': 15_000 },
  },
  kills: { tests: ['test/crash/killed-process'], figures: { 'kill -9 rounds': 1_000 } },
  model: { tests: ['test/model/model.test.ts'], figures: { 'model operations': 20_000_000 } },
  damages: {
    tests: ['test/damage/damage.test.ts', 'test/damage/repair.test.ts', 'test/damage/every-bit.test.ts'],
    figures: { damages: 20_000, repairs: 2_500, 'single bits': 40_000 },
  },
}

/** @typedef {{ tests: string[], figures: Record<string, number> }} Part */

const words = process.argv.slice(2)
const scale = Number(words.find((word) => word.startsWith('--scale='))?.slice('--scale='.length) ?? 1)
const named = words.filter((word) => !word.startsWith('--'))
const unknown = [
  ...named.filter((word) => !Object.hasOwn(parts, word)),
  ...words.filter((word) => word.startsWith('--') && !word.startsWith('--scale=')),
]
if (unknown.length > 0 || !(scale > 0)) {
  process.stderr.write(
    `usage: npm run test:soak -- [${Object.keys(parts).join('|')} …] [--scale=<share of the full length>]\n`,
  )
  process.exit(2)
}

ensureInstalled()
ensureBuilt()
const folder = mkdtempSync(join(tmpdir(), 'varve-soak-'))
try {
  const chosen = Object.entries(parts).filter(([name]) => named.length === 0 || named.includes(name))
  const rows = chosen.flatMap(([name, part]) => runPart(name, part))
  const width = Math.max(...rows.map(([figure]) => figure.length))
  for (const [figure, count, verdict] of rows) {
    console.log(`${figure.padEnd(width)}  ${count.toLocaleString('en-US').padStart(12)}  ${verdict}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * @param {string} name
 * @param {Part} part
 * @returns {[figure: string, count: number, verdict: string][]}
 */
function runPart(name, { tests, figures }) {
  const path = join(folder, name)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--testTimeout=0', ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, VARVE_SOAK: String(scale), VARVE_FIGURES: path },
  })
  if (status !== 0) process.exitCode = 1
  const counts = sumsOf(path)
  return Object.entries(figures).map(([figure, wanted]) => {
    const count = counts.get(figure) ?? 0
    const isShort = count < wanted * scale
    if (isShort) process.exitCode = 1
    return [figure, count, status !== 0 ? 'FAILED' : isShort ? 'too few' : 'failures 0']
  })
}

/**
 * @param {string} path
 * @returns {Map<string, number>}
 */
function sumsOf(path) {
  const sums = new Map()
  for (const line of readLines(path)) {
    const { name, count } = JSON.parse(line)
    sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return sums
}

/** @param {string} path */
function readLines(path) {
  try {
    return readFileSync(path, 'utf8').trim().split('\n')
  } catch {
    // The tests ended before they had anything to tell.
    return []
  }
}
