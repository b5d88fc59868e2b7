/**
 * `npm run bench:scale`: the same costs at 10^5, 10^6 and 10^7 entries (and 10^8 of small values, with `--huge`), to
 * show how they grow. Saves a run that bench/tables.mjs makes the plot and the table of docs/benchmarks.md from.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureBuilt, ensureInstalled, root } from '../scripts/prepare.mjs'
import { commitOf } from './harness/commit.mjs'
import { installRivals } from './harness/install.mjs'
import { describeMachine } from './harness/machine.mjs'
import { probeEngines, runRounds } from './harness/rounds.mjs'
import { withTemporaryFolder } from './harness/temporary-folder.mjs'
import { measurementLine } from './report/progress.mjs'
import { scaleTable } from './report/scale.mjs'
import { workloadNamed } from './workloads/index.mjs'

const usualSizes = '1e5,1e6,1e7'
const hugeSize = 1e8
const hugeValueLength = 16
const names = ['fill-random-batch', 'overwrite-64', 'get-copy', 'get-missing', 'scan', 'seek-10', 'open']

const { values: options } = parseArgs({
  options: {
    engines: { type: 'string', default: 'varve' },
    sizes: { type: 'string', default: usualSizes },
    huge: { type: 'boolean', default: false },
    only: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    folder: { type: 'string' },
    output: { type: 'string' },
  },
})
const engines = options.engines.split(',').map((name) => ({ name }))
const sizes = [...options.sizes.split(',').map(Number), ...(options.huge ? [hugeSize] : [])]
const workloads = (options.only?.split(',') ?? names).map(workloadNamed)

ensureInstalled()
ensureBuilt()
const problem = installRivals(engines)
if (problem !== undefined) console.error(problem)

await withTemporaryFolder(options.folder, async (folder) => {
  const { present, missing } = await probeEngines(engines)
  for (const { name, error } of missing) console.error(`${name} is missing: ${error}`)
  const started = new Date()
  const measured = []
  for (const entries of sizes) {
    const at = join(folder, String(entries))
    console.error(`${entries.toLocaleString('en-US')} entries`)
    const valueLength = entries >= hugeSize ? hugeValueLength : 100
    const plan = {
      quick: false,
      workloads,
      engines,
      rounds: Number(options.rounds),
      entries,
      seconds: Number(options.seconds),
      wholeSeconds: Math.max(60, entries / 10_000),
      valueLength,
      folder: options.folder,
      output: options.output,
    }
    const measurements = await runRounds(plan, present, at, (each) => console.error(measurementLine(each)))
    measured.push({ entries, valueLength, measurements })
  }
  const saved = {
    kind: 'scale',
    date: started.toISOString(),
    minutes: (Date.now() - started.getTime()) / 60_000,
    commit: commitOf(root),
    machine: describeMachine(folder),
    engines: present.map(({ name, version }) => ({ name, version })),
    sizes: measured,
  }
  console.log(scaleTable(saved))
  save(saved)
})

/** @param {import('./report/scale.mjs').ScaleRun} saved */
function save(saved) {
  if (options.output === 'none') return
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file =
    options.output ?? join(folder, `scale-${saved.date.slice(0, 16).replaceAll(/[:T]/g, '-')}.json`)
  writeFileSync(file, `${JSON.stringify(saved, undefined, 1)}\n`)
  console.error(`saved ${file}`)
}
