/** Filling an empty store, to the end of the flushes and compactions that follow. */

import { measureWriting } from './measure-writing.mjs'
import { writeAlone, writeBatches, writeConcurrently } from './write-loops.mjs'

/** @typedef {import('./workload.mjs').Workload} Workload */
/** @typedef {import('./write-loops.mjs').Writing} Writing */

const batch = 1000

/**
 * @param {(writing: Writing) => Promise<number>} write
 * @returns {Workload['run']}
 */
const filling = (write) => (context) => measureWriting(context, write)

/** @type {readonly Workload[]} */
export const fillWorkloads = [
  {
    name: 'fill-seq-batch',
    title: 'fill sequential, batches of 1,000',
    order: 'sequential',
    whole: true,
    run: filling((writing) => writeBatches(writing, batch)),
  },
  {
    name: 'fill-random-batch',
    title: 'fill random, batches of 1,000',
    whole: true,
    run: filling((writing) => writeBatches(writing, batch)),
  },
  { name: 'fill-random-1', title: 'fill random, one by one', whole: true, run: filling(writeAlone) },
  {
    name: 'fill-random-64',
    title: 'fill random, 64 in flight',
    whole: true,
    run: filling((writing) => writeConcurrently(writing, 64)),
  },
  {
    name: 'fill-random-1024',
    title: 'fill random, 1,024 in flight',
    whole: true,
    run: filling((writing) => writeConcurrently(writing, 1024)),
  },
  {
    name: 'fill-4k',
    title: 'fill random, values of 4 KB',
    valueLength: 4096,
    entryCount: (count) => Math.ceil(count / 32),
    whole: true,
    run: filling((writing) => writeBatches(writing, 256)),
  },
  {
    name: 'fill-64k',
    title: 'fill random, values of 64 KB',
    valueLength: 65536,
    entryCount: (count) => Math.ceil(count / 512),
    whole: true,
    run: filling((writing) => writeBatches(writing, 16)),
  },
]
