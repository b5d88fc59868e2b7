/** What a workload is, and what it is given to run with. */

/** @typedef {import('../engines/engine.mjs').Store} Store */
/** @typedef {import('../measure/entries.mjs').Entries} Entries */

/**
 * A store made before the measurement by a process of its own: loaded in random batches, settled and closed, or
 * killed while it is open.
 *
 * @typedef {object} DataSet
 * @property {string} name part of a folder's name
 * @property {number} [valueLength] default 100
 * @property {(count: number) => number} [entryCount] from the run's number of entries; default: that number
 * @property {boolean} [text] keys and values are strings
 * @property {boolean} [crashed] not settled, not closed: its process is killed
 */

/**
 * @typedef {object} Context
 * @property {(options?: { folder?: string, durable?: boolean, text?: boolean }) => Promise<Store>} open
 * @property {string} folder of the store to measure: a copy of the data set, the data set itself, or empty
 * @property {(name: string) => string} newFolder makes an empty one, removed after the run
 * @property {Entries} entries
 * @property {number} count entries of the data set, or to write
 * @property {boolean} holdsData whether there is a data set
 * @property {number} seconds after which a measurement stops that has not come to its end
 * @property {number} seed differs from round to round, is the same for all engines
 * @property {import('../measure/meter.mjs').Meter} meter
 */

/**
 * @typedef {object} Outcome
 * @property {number} [operations] what the measured time and CPU are for
 * @property {number} [payloadBytes] keys and values written in that time
 * @property {number} [liveBytes] keys and values that are there in the end
 * @property {number} [diskBytes] what they take on disk then
 * @property {Record<string, number>} [figures] what else was measured, by name and unit: `firstReadMs`
 */

/**
 * @typedef {object} Workload
 * @property {string} name what `--only` takes
 * @property {string} title
 * @property {import('../measure/entries.mjs').KeyOrder} [order] default random
 * @property {number} [valueLength] default 100
 * @property {(count: number) => number} [entryCount] entries to write where there is no data set
 * @property {DataSet} [data] what the store holds when the workload begins
 * @property {boolean} [changes] whether it changes the data set, so that it needs a copy of its own
 * @property {boolean} [whole] meant to come to its end, so that it gets more time
 * @property {string} [figure] the figure that counts, where that is not operations a second
 * @property {readonly string[]} [without] engines that cannot do it
 * @property {(context: Context) => Promise<Outcome>} run
 */

/** @type {DataSet} */
export const randomData = { name: 'random' }

/** @type {DataSet} */
export const textData = { name: 'text', text: true }

/** Lets timers, I/O and messages have their turn. */
export function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve))
}
