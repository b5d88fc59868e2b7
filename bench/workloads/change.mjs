/** Writing over a store that is full already, and emptying it. */
import { shuffled } from '../measure/random.mjs'
import { measureWriting } from './measure-writing.mjs'
import { randomData } from './workload.mjs'
import { deleteBatches, writeBatches } from './write-loops.mjs'

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
