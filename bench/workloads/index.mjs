/** All workloads, in the order in which they run and are shown. */
import { changeWorkloads } from './change.mjs'
import { durableWorkloads } from './durable.mjs'
import { fillWorkloads } from './fill.mjs'
import { readWorkloads } from './read.mjs'
import { readWhileWritingWorkloads } from './read-while-writing.mjs'
import { scanWorkloads } from './scan.mjs'
import { upkeepWorkloads } from './upkeep.mjs'
import { ycsbWorkloads } from './ycsb.mjs'

/** @type {readonly import('./workload.mjs').Workload[]} */
export const workloads = [
  ...fillWorkloads,
  ...changeWorkloads,
  ...durableWorkloads,
  ...readWorkloads,
  ...scanWorkloads,
  ...readWhileWritingWorkloads,
  ...ycsbWorkloads,
  ...upkeepWorkloads,
]

/** @param {string} name */
export function workloadNamed(name) {
  const found = workloads.find((workload) => workload.name === name)
  if (found === undefined) throw new Error(`no workload is named ${name}`)
  return found
}
