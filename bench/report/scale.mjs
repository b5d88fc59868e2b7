/** How costs grow with the size of the store: as a table, and as the series of the plot. */
import { workloadNamed } from '../workloads/index.mjs'
import { amount, duration, mebibytes, table } from './format.mjs'
import { figureOf, median, resultsOf } from './ratios.mjs'

/**
 * @typedef {object} ScaleRun
 * @property {string} kind
 * @property {string} date
 * @property {number} minutes
 * @property {string} commit
 * @property {ReturnType<typeof import('../harness/machine.mjs').describeMachine>} machine
 * @property {{ name: string, version: string }[]} engines
 * @property {{ entries: number, valueLength: number, measurements: import('../harness/rounds.mjs').Measurement[] }[]} sizes
 */

/** @typedef {{ title: string, unit: string, lines: { name: string, points: [number, number][] }[] }} Chart */

/** What the plot shows: the costs of single operations in microseconds, and the time to open in milliseconds. */
const charted = [
  { workload: 'overwrite-64', title: 'put, 64 in flight, settled', figure: undefined },
  { workload: 'get-copy', title: 'get, own copy', figure: undefined },
  { workload: 'get-missing', title: 'get, missing key', figure: undefined },
  { workload: 'scan', title: 'scan, an entry', figure: undefined },
  { workload: 'seek-10', title: 'seek and read 10', figure: undefined },
  { workload: 'open', title: 'open, first read', figure: 'firstReadMs' },
]

/** @param {ScaleRun} run */
export function scaleTable({ sizes, engines }) {
  const [first] = sizes
  const present = [...new Set(first?.measurements.map(({ workload }) => workload))]
  const rows = present.flatMap((workload) =>
    engines.map(({ name }) => {
      const { title, figure } = workloadNamed(workload)
      const cells = sizes.map(({ measurements }) => {
        const value = medianOf(measurements, workload, name, figure)
        if (value === undefined) return ''
        return figure === 'firstReadMs' ? duration(value * 1e3) : `${amount(value)}/s`
      })
      return [title, name, ...cells]
    }),
  )
  const costs = engines.flatMap(({ name }) => [
    costRow('memory, get', name, sizes, 'get-copy', (result) => `${mebibytes(result.peakMemoryBytes)} MiB`),
    costRow('written ×, fill', name, sizes, 'fill-random-batch', ratio('writtenBytes', 'payloadBytes')),
    costRow('disk ×, fill', name, sizes, 'fill-random-batch', ratio('diskBytes', 'liveBytes')),
  ])
  const heads = sizes.map(({ entries, valueLength }) =>
    valueLength === 100 ? amount(entries) : `${amount(entries)} (values of ${valueLength})`,
  )
  return table(['workload', 'engine', ...heads], [...rows, ...costs])
}

/**
 * @param {string} title
 * @param {string} engine
 * @param {ScaleRun['sizes']} sizes
 * @param {string} workload
 * @param {(result: any) => string} show
 */
function costRow(title, engine, sizes, workload, show) {
  const cells = sizes.map(({ measurements }) => {
    const [found] = resultsOf(measurements, workload, engine)
    return found === undefined ? '' : show(found.result)
  })
  return [title, engine, ...cells]
}

/** @param {string} above @param {string} below @returns {(result: any) => string} */
const ratio = (above, below) => (result) => (result[above] / result[below]).toFixed(2)

/** @param {ScaleRun} run @returns {Chart[]} */
export function chartsOf({ sizes, engines }) {
  return charted.flatMap(({ workload, title, figure }) => {
    const lines = engines.flatMap(({ name }) => {
      /** @type {[number, number][]} */
      const points = sizes.flatMap(({ entries, measurements }) => {
        const value = medianOf(measurements, workload, name, figure)
        return value === undefined ? [] : [[entries, figure === undefined ? 1e6 / value : value]]
      })
      return points.length === 0 ? [] : [{ name, points }]
    })
    return lines.length === 0 ? [] : [{ title, unit: figure === undefined ? 'us' : 'ms', lines }]
  })
}

/**
 * @param {ScaleRun['sizes'][number]['measurements']} measurements
 * @param {string} workload
 * @param {string} engine
 * @param {string | undefined} figure
 */
function medianOf(measurements, workload, engine, figure) {
  return median(
    resultsOf(measurements, workload, engine).flatMap(({ result }) => figureOf(result, figure) ?? []),
  )
}
