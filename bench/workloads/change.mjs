/** Writing over a store that is full already, and emptying it. */
import { shuffled } from '../measure/random.mjs'
import { measureWriting } from './measure-writing.mjs'
import { randomData } from './workload.mjs'
import { deleteBatches, writeBatches, writeConcurrently } from './write-loops.mjs'

const batch = 1000

/** @type {readonly import('./workload.mjs').Workload[]} */
export const changeWorkloads = [
  {
    name: 'overwrite',
    title: 'overwrite random, batches of 1,000',
    data: randomData,
    changes: true,
    whole: true,
    run: (context) =>
      measureWriting(context, (writing) => writeBatches(writing, batch), {
        numberAt: shuffled(context.count, context.seed),
        version: 1,
      }),
  },
  {
    name: 'overwrite-64',
    title: 'overwrite random, 64 in flight',
    data: randomData,
    changes: true,
    whole: true,
    run: (context) =>
      measureWriting(context, (writing) => writeConcurrently(writing, 64), {
        numberAt: shuffled(context.count, context.seed),
        version: 1,
        total: Math.min(context.count, 1_000_000),
      }),
  },
  {
    name: 'delete',
    title: 'delete random, batches of 1,000',
    data: randomData,
    changes: true,
    whole: true,
    run: (context) =>
      measureWriting(context, (writing) => deleteBatches(writing, batch), {
        numberAt: shuffled(context.count, context.seed),
        deletes: true,
      }),
  },
]
