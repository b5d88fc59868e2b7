/** One line for each measurement as it is made. */
import { workloadNamed } from '../workloads/index.mjs'
import { amount, duration } from './format.mjs'
import { figureOf } from './ratios.mjs'

/** @param {import('../harness/rounds.mjs').Measurement} measurement */
export function measurementLine({ workload, engine, round, result, error }) {
  const name = `${workload.padEnd(22)}${String(round + 1).padEnd(3)}${engine.padEnd(18)}`
  if (error !== undefined) return `${name}${error}`
  const { figure } = workloadNamed(workload)
  const cpu = duration((result.cpuSeconds / result.operations) * 1e6)
  const value = amount(figureOf(result, figure))
  const { p50Us, p999Us } = result.latency ?? {}
  const latency = p50Us === undefined ? '' : `p50 ${duration(p50Us)}  p99.9 ${duration(p999Us)}`
  return `${name}${value.padStart(9)} ${(figure ?? '/s').padEnd(20)}${cpu.padStart(9)} CPU/op  ${latency}`
}
