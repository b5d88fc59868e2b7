/**
 * The run: workload after workload, in each of them round after round, in each round every engine once. The
 * engine that begins changes from round to round, so that none is always the one after the same other.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DataSets } from './data-sets.mjs'
import { runJob } from './run-job.mjs'

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {{ name: string, checkout?: string, version: string }} PresentEngine */

/**
 * @typedef {object} Measurement
 * @property {string} workload
 * @property {string} engine
 * @property {number} round from 0 on
 * @property {any} [result]
 * @property {string} [error] why there is none
 */

const startLimitMs = 60_000

/**
 * Finds out which engines can be loaded.
 *
 * @param {Options['engines']} engines
 * @returns {Promise<{ present: PresentEngine[], missing: { name: string, error: string }[] }>}
 */
export async function probeEngines(engines) {
  /** @type {PresentEngine[]} */
  const present = []
  const missing = []
  for (const engine of engines) {
    const job = { engine: engine.name, folder: '', temporary: '', count: 0, seconds: 0, seed: 0 }
    const checkout = engine.checkout === undefined ? {} : { checkout: engine.checkout }
    const answer = await runJob({ task: 'probe', ...job, ...checkout }, startLimitMs)
    if (answer.ok) present.push({ ...engine, version: answer.version ?? '' })
    else missing.push({ name: engine.name, error: answer.error })
  }
  return { present, missing }
}

/**
 * @param {Options} options
 * @param {readonly PresentEngine[]} engines
 * @param {string} folder for everything that is made
 * @param {(measurement: Measurement) => void} tell called after each
 * @returns {Promise<Measurement[]>}
 */
export async function runRounds(options, engines, folder, tell) {
  const dataSets = new DataSets(join(folder, 'data'), options.entries, options.valueLength)
  /** @type {Measurement[]} */
  const measurements = []
  for (const [place, workload] of options.workloads.entries()) {
    const able = engines.filter(({ name }) => !workload.without?.includes(name))
    for (let round = 0; round < options.rounds; round++) {
      for (const engine of rotated(able, place + round)) {
        const measured = await measure(options, dataSets, engine, workload, round, folder)
        const measurement = { workload: workload.name, engine: engine.name, round, ...measured }
        measurements.push(measurement)
        tell(measurement)
      }
    }
  }
  return measurements
}

/**
 * @param {Options} options
 * @param {DataSets} dataSets
 * @param {PresentEngine} engine
 * @param {import('../workloads/workload.mjs').Workload} workload
 * @param {number} round
 * @param {string} folder
 * @returns {Promise<{ result?: any, error?: string }>}
 */
async function measure(options, dataSets, engine, workload, round, folder) {
  const temporary = join(folder, 'run')
  const { seconds, wholeSeconds = seconds * wholeFactor, valueLength } = options
  mkdirSync(temporary, { recursive: true })
  try {
    const store = await dataSets.folderFor(engine, workload, temporary)
    const answer = await runJob(
      {
        task: 'measure',
        engine: engine.name,
        ...(engine.checkout && { checkout: engine.checkout }),
        workload: workload.name,
        folder: store,
        temporary,
        count: dataSets.countFor(workload),
        seconds: workload.whole === true ? wholeSeconds : seconds,
        ...(valueLength && { valueLength }),
        seed: 1 + round,
      },
      180_000 + 1000 * (2 * wholeSeconds + 10 * seconds),
    )
    return answer.ok ? { result: answer.result } : { error: answer.error }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Workloads with an end of their own get this much longer to reach it. */
const wholeFactor = 6

/** @template T @param {readonly T[]} items @param {number} by @returns {T[]} */
function rotated(items, by) {
  const from = items.length === 0 ? 0 : by % items.length
  return [...items.slice(from), ...items.slice(0, from)]
}
