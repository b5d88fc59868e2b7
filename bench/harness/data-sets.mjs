/**
 * The stores that workloads begin with: each is made once a run for each engine that needs it. Workloads that only
 * read open it where it is, the others get a copy.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { copyStore } from '../measure/disk.mjs'
import { runJob } from './run-job.mjs'

/** How long loading may take: ten minutes, and 0.1 ms an entry. */
const limitMs = (/** @type {number} */ count) => 600_000 + count / 10

/** @typedef {import('../workloads/workload.mjs').Workload} Workload */

export class DataSets {
  /** @type {Map<string, Promise<string>>} */
  #made = new Map()
  #folder
  #entries
  #valueLength

  /**
   * @param {string} folder
   * @param {number} entries
   * @param {number} [valueLength] instead of the data sets' own
   */
  constructor(folder, entries, valueLength) {
    this.#folder = folder
    this.#entries = entries
    this.#valueLength = valueLength
  }

  /** How many entries a workload's store holds, or will hold. @param {Workload} workload */
  countFor({ data, entryCount }) {
    const count = data === undefined ? entryCount : data.entryCount
    return count === undefined ? this.#entries : count(this.#entries)
  }

  /**
   * The folder for a run of a workload.
   *
   * @param {{ name: string, checkout?: string }} engine
   * @param {Workload} workload
   * @param {string} temporary
   * @returns {Promise<string>}
   */
  async folderFor(engine, workload, temporary) {
    const own = join(temporary, 'store')
    if (workload.data === undefined) {
      mkdirSync(own, { recursive: true })
      return own
    }
    const made = await this.#make(engine, workload)
    if (workload.changes !== true) return made
    copyStore(made, own)
    return own
  }

  /** @param {{ name: string, checkout?: string }} engine @param {Workload} workload */
  #make(engine, workload) {
    const data = /** @type {import('../workloads/workload.mjs').DataSet} */ (workload.data)
    const folder = join(this.#folder, `${engine.name.replaceAll('/', '-')}-${data.name}`)
    const known = this.#made.get(folder)
    if (known !== undefined) return known
    const making = this.#load(engine, workload, data, folder)
    this.#made.set(folder, making)
    return making
  }

  /**
   * @param {{ name: string, checkout?: string }} engine
   * @param {Workload} workload
   * @param {import('../workloads/workload.mjs').DataSet} data
   * @param {string} folder
   */
  async #load(engine, workload, data, folder) {
    mkdirSync(folder, { recursive: true })
    const { name, text, crashed } = data
    const valueLength = this.#valueLength ?? data.valueLength
    const answer = await runJob(
      {
        task: 'load',
        engine: engine.name,
        ...(engine.checkout && { checkout: engine.checkout }),
        data: {
          name,
          ...(valueLength && { valueLength }),
          ...(text && { text }),
          ...(crashed && { crashed }),
        },
        folder,
        temporary: folder,
        count: this.countFor(workload),
        seconds: 0,
        seed: 0,
      },
      limitMs(this.countFor(workload)),
    )
    if (!answer.ok) throw new Error(`its data set could not be made: ${answer.error}`)
    return folder
  }
}
