/** A saved run as Markdown: targets beside ratios, rates, costs, and what went wrong. */
import { workloads } from '../workloads/index.mjs'
import { amount, duration, mebibytes, table, times } from './format.mjs'
import { roundsText } from './joined-runs.mjs'
import { bestRival, median, medianFigure, medianRatio, resultsOf } from './ratios.mjs'
import { targets } from './targets.mjs'

/**
 * @typedef {object} SavedRun
 * @property {string} date
 * @property {number} minutes
 * @property {string} commit
 * @property {{ entries: number, rounds: number, seconds: number, secondsOf?: readonly number[], quick: boolean }} settings
 *   `secondsOf`: of all that were joined
 * @property {ReturnType<typeof import('../harness/machine.mjs').describeMachine>} machine
 * @property {{ name: string, version: string, commit?: string }[]} engines
 * @property {{ name: string, error: string }[]} missing
 * @property {import('../harness/rounds.mjs').Measurement[]} measurements
 */

/** @param {SavedRun} run */
export function reportOf(run) {
  const parts = [
    aboutRun(run),
    targetTable(run),
    rateTable(run),
    cpuTable(run),
    buildTable(run),
    costTable(run),
    failures(run),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** @param {SavedRun} run */
export function aboutRun(run) {
  const { date, commit, settings, machine, engines, missing, minutes } = run
  const versions = engines
    .filter(({ name }) => name !== 'nothing')
    .map(({ name, version }) => `${name} ${version}`)
  const absent = missing.length === 0 ? '' : ` Missing: ${missing.map(({ name }) => name).join(', ')}.`
  const { entries, seconds, secondsOf = [seconds] } = settings
  return (
    `${date.slice(0, 10)}, commit ${commit || 'unknown'}: ${entries.toLocaleString('en-US')} entries, ` +
    `${roundsText(run)} of ${secondsOf.join(' or ')} s a measurement, ${Math.round(minutes)} min in all. ` +
    `${machine.processor}${machine.virtual ? ' (virtual)' : ''}, ${machine.processorCount} processors, ` +
    `${Math.round(machine.memoryBytes / 2 ** 30)} GiB, ${machine.fileSystem}, Node ${machine.node.slice(1)}, ` +
    `load ${machine.loadAverage[0]?.toFixed(1)} at the end. ${versions.join(', ')}.${absent}`
  )
}

/** The table for the README and docs/benchmarks.md. @param {SavedRun} run */
export function targetTable({ measurements, engines }) {
  const names = engines.map(({ name }) => name)
  if (!names.includes('varve')) return ''
  const rivals = names.filter((name) => !name.startsWith('varve') && name !== 'nothing')
  if (rivals.length === 0) return ''
  const rows = targets.flatMap((target) => {
    const ours = medianFigure(measurements, target, 'varve')
    if (ours === undefined) return []
    const best = target.lmdb === undefined ? bestRival(measurements, target, rivals) : 'lmdb'
    const overBest = best === undefined ? undefined : medianRatio(measurements, target, 'varve', best)
    const overClassic = medianRatio(measurements, target, 'varve', 'classic-level')
    const { classic, best: bestTarget, lmdb, absolute } = target
    const marked = judged(overClassic, classic)
    return [
      [
        target.title,
        shown(ours, target.figure),
        marked,
        times(classic),
        absolute === undefined
          ? judged(overBest, lmdb ?? bestTarget)
          : `${times(overBest)}${ours <= absolute.figure ? '' : ' ✗'}`,
        absolute?.says ?? times(lmdb ?? bestTarget),
        overBest === undefined ? '' : (best ?? ''),
      ],
    ]
  })
  if (rows.length === 0) return ''
  return table(
    ['workload', 'Varve', '× classic-level', 'target', '× best other', 'target', 'which was'],
    rows,
  )
}

/** A ratio, marked where it misses its target. @param {number | undefined} ratio @param {number | undefined} target */
function judged(ratio, target) {
  if (ratio === undefined || target === undefined) return times(ratio)
  return ratio >= target ? `**${times(ratio)}**` : `${times(ratio)} ✗`
}

/** @param {number | undefined} value @param {string | undefined} figure */
function shown(value, figure) {
  if (value === undefined) return ''
  if (figure === undefined) return `${amount(value)}/s`
  if (figure.endsWith('Ms')) return duration(value * 1e3)
  if (figure.endsWith('Bytes')) return `${mebibytes(value)} MiB`
  return figure === 'megabytesPerSecond' ? `${Math.round(value)} MB/s` : amount(value)
}

/** What every engine reached. @param {SavedRun} run */
export function rateTable({ measurements, engines }) {
  const names = engines.map(({ name }) => name)
  const rows = subjectsIn(measurements).map((subject) => [
    subject.title,
    ...names.map((name) => shown(medianFigure(measurements, subject, name), subject.figure)),
  ])
  return table(['workload', ...names], rows)
}

/**
 * How many times Varve's CPU the others take for an operation, all threads of the process counted: steadier than
 * rates where the machine is shared.
 *
 * @param {SavedRun} run
 */
export function cpuTable({ measurements, engines }) {
  const others = engines
    .map(({ name }) => name)
    .filter((name) => name !== 'nothing' && !name.startsWith('varve'))
  if (others.length === 0 || !engines.some(({ name }) => name === 'varve')) return ''
  const rows = subjectsIn(measurements)
    .filter(({ figure }) => figure === undefined)
    .map(({ workload, title }) => {
      const results = resultsOf(measurements, workload, 'varve').map(({ result }) => result)
      const own = median(results.map(({ cpuSeconds, operations }) => (cpuSeconds / operations) * 1e6))
      return [
        title,
        duration(own),
        ...others.map((name) => times(cpuRatio(measurements, workload, 'varve', name))),
      ]
    })
  return table(['CPU', 'Varve, an operation', ...others.map((name) => `× in ${name}`)], rows)
}

/** Other builds of Varve against this one. @param {SavedRun} run */
function buildTable({ measurements, engines }) {
  const builds = engines.map(({ name }) => name).filter((name) => /^varve[@-]/.test(name))
  if (builds.length === 0 || !engines.some(({ name }) => name === 'varve')) return ''
  const rows = subjectsIn(measurements).map((subject) => [
    subject.title,
    ...builds.flatMap((name) => [
      times2(medianRatio(measurements, subject, name, 'varve')),
      times2(cpuRatio(measurements, subject.workload, name, 'varve')),
    ]),
  ])
  return table(['× varve', ...builds.flatMap((name) => [name, 'by CPU'])], rows)
}

/** @param {number | undefined} ratio */
function times2(ratio) {
  return ratio === undefined ? '' : ratio.toFixed(2)
}

/**
 * How many times the CPU of `engine` that `other` takes: the median over the rounds that both finished.
 *
 * @param {SavedRun['measurements']} measurements
 * @param {string} workload
 * @param {string} engine
 * @param {string} other
 */
function cpuRatio(measurements, workload, engine, other) {
  const cpu = (/** @type {any} */ result) => result.cpuSeconds / result.operations
  const others = resultsOf(measurements, workload, other)
  return median(
    resultsOf(measurements, workload, engine).flatMap(({ round, result }) => {
      const theirs = others.find((each) => each.round === round)?.result
      return theirs === undefined ? [] : cpu(theirs) / cpu(result)
    }),
  )
}

/** Latency, CPU, memory, bytes: the median over the rounds of each. @param {SavedRun} run */
export function costTable({ measurements, engines }) {
  const rows = workloads.flatMap(({ name: workload, title }) =>
    engines.flatMap(({ name }) => {
      const results = resultsOf(measurements, workload, name).map(({ result }) => result)
      if (results.length === 0) return []
      const of = (/** @type {(result: any) => number | undefined} */ pick) =>
        median(results.flatMap((each) => pick(each) ?? []))
      return [
        [
          title,
          name,
          duration(of(({ cpuSeconds, operations }) => (cpuSeconds / operations) * 1e6)),
          duration(of(({ latency }) => latency?.p50Us)),
          duration(of(({ latency }) => latency?.p99Us)),
          duration(of(({ latency }) => latency?.p999Us)),
          duration(of(({ latency }) => latency?.maxUs)),
          ofMs(of(({ loopDelay }) => loopDelay?.p999Ms)),
          ofMs(of(({ loopDelay }) => loopDelay?.maxMs)),
          mebibytes(of(({ peakMemoryBytes }) => peakMemoryBytes)),
          share(
            of(({ writtenBytes, payloadBytes }) => (payloadBytes ? writtenBytes / payloadBytes : undefined)),
          ),
          share(of(({ diskBytes, liveBytes }) => (liveBytes ? diskBytes / liveBytes : undefined))),
        ],
      ]
    }),
  )
  const head = ['workload', 'engine', 'CPU/op', 'p50', 'p99', 'p99.9', 'max', 'loop p99.9', 'loop max']
  return table([...head, 'memory MiB', 'written ×', 'disk ×'], rows)
}

/** @param {number | undefined} ms */
function ofMs(ms) {
  return ms === undefined ? '' : `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`
}

/** @param {number | undefined} ratio */
function share(ratio) {
  return ratio === undefined || !Number.isFinite(ratio) ? '' : ratio.toFixed(2)
}

/** Which measurements have no result, and which stopped early. @param {SavedRun} run */
function failures({ measurements, missing }) {
  const failed = measurements.filter(({ error }) => error !== undefined)
  const cut = measurements.filter(({ result }) => result?.figures?.isWhole === 0 && result.seconds > 0)
  const lines = [
    ...missing.map(({ name, error }) => `- ${name} is missing: ${error}`),
    ...failed.map(
      ({ workload, engine, round, error }) => `- ${workload}, ${engine}, round ${round + 1}: ${error}`,
    ),
    ...cut
      .filter(({ workload }) => !workload.startsWith('durable'))
      .map(
        ({ workload, engine, result }) =>
          `- ${workload}, ${engine}: out of time after ${result.operations} operations`,
      ),
  ]
  return [...new Set(lines)].join('\n')
}

/** @param {SavedRun['measurements']} measurements */
function subjectsIn(measurements) {
  const present = new Set(measurements.map(({ workload }) => workload))
  return workloads
    .filter(({ name }) => present.has(name))
    .map(({ name, title, figure }) => ({
      workload: name,
      title,
      ...(figure !== undefined && { figure }),
      better: /** @type {'higher' | 'lower'} */ (figure?.endsWith('Ms') ? 'lower' : 'higher'),
    }))
}
