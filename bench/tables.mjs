/**
 * `npm run bench:tables -- <run.json> … [<scale.json>]`: writes the tables of README.md and docs/benchmarks.md, and the
 * plot beside the latter, from saved runs. Several runs are joined: later ones are further rounds of what they measured.
 * What stands between the marks is replaced; nothing else is touched.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/prepare.mjs'
import { joinRuns } from './report/joined-runs.mjs'
import { plotOf } from './report/plot.mjs'
import { aboutRun, costTable, cpuTable, rateTable, targetTable } from './report/report.mjs'
import { chartsOf, scaleTable } from './report/scale.mjs'

const plotFile = 'docs/benchmarks-scale.svg'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: npm run bench:tables -- <run.json> … [<scale.json>]')
  process.exit(2)
}
const saved = files.map((file) => JSON.parse(readFileSync(file, 'utf8')))
const runs = saved.filter(({ kind }) => kind !== 'scale')
if (runs.length > 0) writeTables(joinRuns(runs))
for (const run of saved) if (run.kind === 'scale') writeScale(run)

/** @param {import('./report/report.mjs').SavedRun} run */
function writeTables(run) {
  const targets = targetTable(run)
  const about = aboutRun(run)
  replaceBetweenMarks('README.md', 'benchmarks', `${targets}\n\n${about}`)
  const parts = [
    about,
    '### Targets and ratios',
    'Bold: the target is met. ✗: it is not.',
    targets,
    '### Rates',
    rateTable(run),
    '### CPU',
    'How many times the CPU of Varve the others take for an operation, all threads counted.',
    cpuTable(run),
    '### Costs',
    costTable(run),
  ]
  replaceBetweenMarks('docs/benchmarks.md', 'benchmarks', parts.join('\n\n'))
}

/** @param {import('./report/scale.mjs').ScaleRun} run */
function writeScale(run) {
  writeFileSync(join(root, plotFile), plotOf(chartsOf(run)))
  const parts = [
    '![Cost of an operation against the number of entries](benchmarks-scale.svg)',
    scaleTable(run),
  ]
  replaceBetweenMarks('docs/benchmarks.md', 'scale', parts.join('\n\n'))
}

/**
 * @param {string} page
 * @param {string} mark
 * @param {string} text
 */
function replaceBetweenMarks(page, mark, text) {
  const path = join(root, page)
  const before = readFileSync(path, 'utf8')
  const marks = new RegExp(`(<!-- begin ${mark} -->\\n)[\\s\\S]*?(<!-- end ${mark} -->)`)
  if (!marks.test(before)) throw new Error(`${page} has no <!-- begin ${mark} --> … <!-- end ${mark} -->`)
  writeFileSync(
    path,
    before.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${end}`),
  )
  console.error(`wrote ${page}`)
}
