/** The arguments of `npm run bench`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { engineNames, moreEngineNames, nameOfCheckout } from '../engines/index.mjs'
import { workloads } from '../workloads/index.mjs'

export const usage = `npm run bench -- [options]

  --quick               200,000 entries, one round, two seconds a measurement: some minutes
  --only <names>        these workloads, separated by commas; a name ending in * stands for all that begin so
  --engines <names>     these engines, separated by commas (${[...engineNames, ...moreEngineNames].join(', ')})
  --varve-dir <folder>  Varve from another checkout as one more engine, varve@<name of the folder>; repeatable
  --rounds <number>     default 3
  --entries <number>    default 1,000,000
  --seconds <number>    longest time of a measurement that has no end of its own, default 5
  --folder <folder>     where the stores are made, default the system's folder for temporary files
  --output <file>       where the run is saved, default bench/results/<date>.json; "none" saves nothing
  --list                names the workloads`

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {import('../workloads/workload.mjs').Workload[]} workloads
 * @property {{ name: string, checkout?: string }[]} engines
 * @property {number} rounds
 * @property {number} entries
 * @property {number} seconds
 * @property {number} [wholeSeconds] longest time of one that has an end of its own, default six times as long
 * @property {number} [valueLength] instead of the workloads' own
 * @property {string | undefined} folder
 * @property {string | undefined} output
 */

/** What is wrong with the arguments. */
export class UsageError extends Error {}

/**
 * @param {string[]} args
 * @returns {Options | 'help' | 'list'}
 */
export function readOptions(args) {
  const { values } = parse(args)
  if (values.help) return 'help'
  if (values.list) return 'list'
  const quick = values.quick === true
  const checkouts = (values['varve-dir'] ?? []).map((folder) => resolve(folder))
  return {
    quick,
    workloads: chosenWorkloads(values.only),
    engines: [
      ...chosenEngines(values.engines),
      ...checkouts.map((checkout) => ({ name: nameOfCheckout(checkout), checkout })),
    ],
    rounds: wholeNumber('rounds', values.rounds, quick ? 1 : 3),
    entries: wholeNumber('entries', values.entries, quick ? 200_000 : 1_000_000),
    seconds: wholeNumber('seconds', values.seconds, quick ? 2 : 5),
    folder: values.folder,
    output: values.output,
  }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        engines: { type: 'string' },
        'varve-dir': { type: 'string', multiple: true },
        rounds: { type: 'string' },
        entries: { type: 'string' },
        seconds: { type: 'string' },
        folder: { type: 'string' },
        output: { type: 'string' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @param {string | undefined} names */
function chosenWorkloads(names) {
  if (names === undefined) return [...workloads]
  const patterns = names.split(',').map((name) => name.trim())
  const matches = (/** @type {string} */ pattern, /** @type {string} */ name) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  for (const pattern of patterns) {
    if (workloads.some(({ name }) => matches(pattern, name))) continue
    const known = workloads.map(({ name }) => name).join(', ')
    throw new UsageError(`--only ${pattern}: no such workload; there are ${known}`)
  }
  return workloads.filter(({ name }) => patterns.some((pattern) => matches(pattern, name)))
}

/** @param {string | undefined} names */
function chosenEngines(names) {
  if (names === undefined) return engineNames.map((name) => ({ name }))
  const known = [...engineNames, ...moreEngineNames]
  return names.split(',').map((given) => {
    const name = given.trim()
    if (!known.includes(name)) throw new UsageError(`--engines ${name}: there are ${known.join(', ')}`)
    return { name }
  })
}

/**
 * @param {string} name
 * @param {string | undefined} given
 * @param {number} otherwise
 */
function wholeNumber(name, given, otherwise) {
  if (given === undefined) return otherwise
  const number = Number(given.replaceAll(/[_,]/g, ''))
  if (Number.isInteger(number) && number > 0) return number
  throw new UsageError(`--${name} must be a whole number above 0, not ${given}`)
}
