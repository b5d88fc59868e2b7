/**
 * `npm run test:mutation -- [groups or files]`: changes the engine in small ways, one at a time, and counts how many of
 * these mutants the quick tests notice. Lists those that they do not, prints a score for each group, and fails when
 * one is below 80 %. See docs/testing.md.
 */
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt, ensureInstalled, root } from '../scripts/prepare.mjs'
import { groups } from './groups.mjs'
import { listUnnoticed, scoreOf, scoreTable } from './report.mjs'

const scoreMin = 80

const words = process.argv.slice(2)
const chosen = choose(words)
if (chosen === undefined) {
  const names = groups.map(({ name }) => name).join('|')
  console.error(`usage: npm run test:mutation -- [${names}|<one of their files> …]`)
  process.exitCode = 2
} else {
  ensureInstalled()
  ensureInstalled(fileURLToPath(new URL('.', import.meta.url)))
  ensureBuilt()
  const rows = []
  for (const group of chosen) {
    const began = performance.now()
    const mutants = await tryMutants(group)
    for (const line of listUnnoticed(mutants)) console.log(line)
    rows.push(scoreOf(group.name, mutants, (performance.now() - began) / 60_000))
    console.log(`\n${scoreTable(rows)}\n`)
  }
  if (rows.some(({ score }) => !(score >= scoreMin))) {
    console.error(`a score is below ${scoreMin} %`)
    process.exitCode = 1
  }
}

/**
 * The groups that are named, or parts of them; all when nothing is. `undefined` when a name is unknown.
 *
 * @param {readonly string[]} names
 */
function choose(names) {
  if (names.length === 0) return groups
  const known = names.every((each) => groups.some(({ name, files }) => name === each || files.includes(each)))
  if (!known) return undefined
  return groups
    .map(({ name, files, tests }) => ({
      name,
      tests,
      files: names.includes(name) ? files : files.filter((file) => names.includes(file)),
    }))
    .filter(({ files }) => files.length > 0)
}

/**
 * @param {import('./groups.mjs').Group} group
 * @returns {Promise<import('./report.mjs').Mutant[]>}
 */
async function tryMutants({ files, tests }) {
  process.chdir(root)
  process.env.VARVE_MUTATION_TESTS = JSON.stringify(tests)
  // Copies of the sources, changed, and without the changes of this folder that come meanwhile.
  const folder = mkdtempSync(join(tmpdir(), 'varve-mutation-'))
  try {
    // Copies find packages in a folder above them. Stryker would link only folders, not a node_modules/ that is a link.
    symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'), 'junction')
    return (await run(files, folder)).map(mutantOf)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {readonly string[]} files
 * @param {string} folder
 * @returns {Promise<any[]>}
 */
async function run(files, folder) {
  // Installed by the first use of this command, so not there for the checker of types.
  const stryker = '@stryker-mutator/core'
  const { Stryker } = await import(stryker)
  return new Stryker({
    mutate: files,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    // A mutant of a value that is made when its file is loaded would have to be tried with every test.
    ignoreStatic: true,
    concurrency: Number(process.env.VARVE_MUTATION_WORKERS ?? 1),
    timeoutMS: 3000,
    reporters: ['progress-append-only'],
    tempDirName: folder,
    symlinkNodeModules: false,
    ignorePatterns: ['bench', 'docs-api', 'coverage', 'examples'],
    allowConsoleColors: false,
    logLevel: 'warn',
  }).runMutationTest()
}

/**
 * @param {any} result
 * @returns {import('./report.mjs').Mutant}
 */
function mutantOf({ fileName, location, mutatorName, replacement, status }) {
  return {
    file: relative(root, fileName).split(sep).join('/'),
    line: location.start.line,
    column: location.start.column,
    mutatorName,
    replacement,
    status,
  }
}
