/**
 * Medians and ratios of a saved run. Two engines are compared within a round, where the machine was in the same
 * state, and the median of these ratios is what counts.
 */

/** @typedef {import('../harness/rounds.mjs').Measurement} Measurement */
/** @typedef {import('./targets.mjs').Target} Target */

/** What is compared: the workload, the figure, which way is better. @typedef {Pick<Target, 'workload' | 'figure' | 'better'>} Subject */

/**
 * @param {any} result
 * @param {string | undefined} figure
 * @returns {number | undefined}
 */
export function figureOf(result, figure) {
  if (result === undefined) return undefined
  if (figure === undefined) return result.operations / result.seconds
  return result.figures?.[figure] ?? result[figure]
}

/** @param {number[]} numbers */
export function median(numbers) {
  if (numbers.length === 0) return undefined
  const sorted = [...numbers].sort((a, b) => a - b)
  const upper = /** @type {number} */ (sorted[sorted.length >> 1])
  if (sorted.length % 2 === 1) return upper
  return (upper + /** @type {number} */ (sorted[(sorted.length >> 1) - 1])) / 2
}

/**
 * @param {readonly Measurement[]} measurements
 * @param {string} workload
 * @param {string} engine
 */
export function resultsOf(measurements, workload, engine) {
  return measurements.filter((each) => each.workload === workload && each.engine === engine && each.result)
}

/**
 * @param {readonly Measurement[]} measurements
 * @param {Subject} subject
 * @param {string} engine
 */
export function medianFigure(measurements, { workload, figure }, engine) {
  const results = resultsOf(measurements, workload, engine)
  return median(results.flatMap(({ result }) => figureOf(result, figure) ?? []))
}

/**
 * How many times as good `engine` is as `other`: the median over the rounds that both finished.
 *
 * @param {readonly Measurement[]} measurements
 * @param {Subject} subject
 * @param {string} engine
 * @param {string} other
 */
export function medianRatio(measurements, { workload, figure, better }, engine, other) {
  const others = resultsOf(measurements, workload, other)
  const ratios = resultsOf(measurements, workload, engine).flatMap(({ round, result }) => {
    const ours = figureOf(result, figure)
    const theirs = figureOf(others.find((each) => each.round === round)?.result, figure)
    if (!ours || !theirs) return []
    return better === 'higher' ? ours / theirs : theirs / ours
  })
  return median(ratios)
}

/**
 * The other engine with the best median.
 *
 * @param {readonly Measurement[]} measurements
 * @param {Subject} subject
 * @param {readonly string[]} rivals
 */
export function bestRival(measurements, subject, rivals) {
  const known = rivals.flatMap((name) => {
    const value = medianFigure(measurements, subject, name)
    return value === undefined ? [] : { name, value }
  })
  const sign = subject.better === 'higher' ? -1 : 1
  return known.sort((a, b) => sign * (a.value - b.value))[0]?.name
}
