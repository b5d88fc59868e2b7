/** Several saved runs as one: what was measured of a workload in a later run are further rounds of it. */

/** @typedef {import('./report.mjs').SavedRun} SavedRun */

/**
 * Of one commit of Varve, on one kind of machine and with as many entries.
 *
 * @param {readonly SavedRun[]} runs at least one, oldest first
 * @returns {SavedRun}
 */
export function joinRuns(runs) {
  const first = /** @type {SavedRun} */ (runs[0])
  const last = /** @type {SavedRun} */ (runs.at(-1))
  refuseOthers(runs)
  const engines = byName(runs.flatMap((run) => run.engines))
  const measurements = []
  /** @type {Map<string, number>} Rounds so far, by workload. */
  const counts = new Map()
  for (const run of runs) {
    for (const each of run.measurements)
      measurements.push({ ...each, round: each.round + (counts.get(each.workload) ?? 0) })
    for (const { workload, round } of measurements)
      counts.set(workload, Math.max(counts.get(workload) ?? 0, round + 1))
  }
  return {
    ...first,
    minutes: runs.reduce((sum, { minutes }) => sum + minutes, 0),
    settings: { ...first.settings, ...(runs.length > 1 && { secondsOf: secondsOf(runs) }) },
    machine: last.machine,
    engines,
    missing: byName(runs.flatMap(({ missing }) => missing)).filter(
      ({ name }) => !engines.some((engine) => engine.name === name),
    ),
    measurements,
  }
}

/**
 * Each name once, as what came last says it.
 *
 * @template {{ name: string }} T
 * @param {readonly T[]} named
 * @returns {T[]}
 */
function byName(named) {
  return [...new Map(named.map((each) => [each.name, each])).values()]
}

/** The lengths of a measurement, each once, ascending. @param {readonly SavedRun[]} runs */
function secondsOf(runs) {
  return [...new Set(runs.map(({ settings }) => settings.seconds))].sort((a, b) => a - b)
}

/** @param {readonly SavedRun[]} runs */
function refuseOthers(runs) {
  for (const [what, of] of /** @type {[string, (run: SavedRun) => unknown][]} */ ([
    ['commits', ({ commit }) => commit],
    ['numbers of entries', ({ settings }) => settings.entries],
    ['processors', ({ machine }) => `${machine.processor}, ${machine.processorCount}`],
  ])) {
    const values = new Set(runs.map(of))
    if (values.size > 1)
      throw new Error(`runs of different ${what} are not one: ${[...values].join(' and ')}`)
  }
}

/** How many rounds each workload had: one number, or the least and the most. @param {SavedRun} run */
export function roundsText({ measurements }) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { workload, round } of measurements)
    counts.set(workload, Math.max(counts.get(workload) ?? 0, round + 1))
  const least = Math.min(...counts.values())
  const most = Math.max(...counts.values())
  if (least !== most) return `${least} to ${most} rounds`
  return most === 1 ? '1 round' : `${most} rounds`
}
