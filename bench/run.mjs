/**
 * `npm run bench`: installs the rivals in this folder, runs the workloads, prints the tables as Markdown and saves
 * the run. See docs/benchmarks.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt, ensureInstalled, root } from '../scripts/prepare.mjs'
import { commitOf } from './harness/commit.mjs'
import { installRivals } from './harness/install.mjs'
import { describeMachine } from './harness/machine.mjs'
import { readOptions, UsageError, usage } from './harness/options.mjs'
import { probeEngines, runRounds } from './harness/rounds.mjs'
import { withTemporaryFolder } from './harness/temporary-folder.mjs'
import { measurementLine } from './report/progress.mjs'
import { reportOf } from './report/report.mjs'
import { workloads } from './workloads/index.mjs'

const options = readArguments()
if (options !== undefined) await run(options)

function readArguments() {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read !== 'help' && read !== 'list') return read
    console.log(
      read === 'help' ? usage : workloads.map(({ name, title }) => `${name.padEnd(22)}${title}`).join('\n'),
    )
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 2
  }
  return undefined
}

/** @param {import('./harness/options.mjs').Options} options */
async function run(options) {
  ensureInstalled()
  ensureBuilt()
  const installed = installRivals(options.engines)
  await withTemporaryFolder(options.folder, async (folder) => {
    const { present, missing } = await probeEngines(options.engines)
    for (const { name, error } of missing) console.error(`${name} is missing: ${error}`)
    if (installed !== undefined) console.error(installed)
    const started = new Date()
    const measurements = await runRounds(options, present, folder, (measurement) => {
      console.error(measurementLine(measurement))
    })
    const saved = {
      date: started.toISOString(),
      minutes: (Date.now() - started.getTime()) / 60_000,
      commit: commitOf(root),
      settings: {
        entries: options.entries,
        rounds: options.rounds,
        seconds: options.seconds,
        quick: options.quick,
      },
      machine: describeMachine(folder),
      engines: present.map(({ name, version, checkout }) => ({
        name,
        version,
        ...(checkout && { commit: commitOf(checkout) }),
      })),
      missing,
      measurements,
    }
    console.log(reportOf(saved))
    save(saved, options.output)
  })
}

/** @param {any} saved @param {string | undefined} output */
function save(saved, output) {
  if (output === 'none') return
  const date = saved.date.slice(0, 16).replaceAll(/[:T]/g, '-')
  const name = saved.settings.quick ? `quick-${date}` : date
  const file = output ?? fileURLToPath(new URL(`results/${name}.json`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(saved, undefined, 1)}\n`)
  console.error(`saved ${relative(process.cwd(), file)}`)
}
