/** Writes that survive a power cut, for as long as a measurement lasts. */
import { measureWriting } from './measure-writing.mjs'
import { writeAlone, writeConcurrently } from './write-loops.mjs'

/** @type {readonly import('./workload.mjs').Workload[]} */
export const durableWorkloads = [
  {
    name: 'durable-1',
    title: 'durable, one writer',
    run: (context) => measureWriting(context, writeAlone, { durable: true }),
  },
  {
    name: 'durable-64',
    title: 'durable, 64 writers',
    run: (context) => measureWriting(context, (writing) => writeConcurrently(writing, 64), { durable: true }),
  },
]
