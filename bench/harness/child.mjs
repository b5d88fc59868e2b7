/**
 * One engine, one job, one process: loads a data set, or measures one workload. The job comes as JSON in the
 * first argument; the answer goes to the parent as a message.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadEngine } from '../engines/index.mjs'
import { Entries } from '../measure/entries.mjs'
import { Meter } from '../measure/meter.mjs'
import { workloadNamed } from '../workloads/index.mjs'
import { loadData } from './load-data.mjs'

/**
 * @typedef {object} Job
 * @property {'probe' | 'load' | 'measure'} task
 * @property {string} engine
 * @property {string} [checkout] where Varve is, if not here
 * @property {string} [workload]
 * @property {import('../workloads/workload.mjs').DataSet} [data] its functions applied
 * @property {string} folder of the store
 * @property {string} temporary for other folders of the run
 * @property {number} count
 * @property {number} [valueLength] instead of the workload's
 * @property {number} seconds
 * @property {number} seed
 */

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? '{}')

try {
  answer({ ok: true, ...(await perform()) })
} catch (error) {
  answer({ ok: false, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
}

/** @returns {Promise<object>} */
async function perform() {
  const engine = await loadEngine(job.engine, job.checkout)
  if (job.task === 'probe') return { version: engine.version }
  if (job.task === 'load') return loadData(engine, job)
  const workload = workloadNamed(job.workload ?? '')
  const { count, seconds, seed, folder } = job
  const valueLength = job.valueLength ?? workload.valueLength
  const entries = new Entries({
    ...(workload.order && { order: workload.order }),
    ...(valueLength && { valueLength }),
  })
  const meter = new Meter()
  const outcome = await workload.run({
    open: (options = {}) => engine.open({ folder, durable: false, text: false, entries, count, ...options }),
    newFolder,
    folder,
    entries,
    count,
    holdsData: workload.data !== undefined,
    seconds,
    seed,
    meter,
  })
  return { result: { ...meter.summary(), ...outcome } }
}

/** @param {string} name */
function newFolder(name) {
  const folder = join(job.temporary, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** @param {object} message */
function answer(message) {
  process.send?.(message, () => process.exit(0))
}
