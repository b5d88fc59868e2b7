/**
 * What Varve aims at: how many times the speed of classic-level, and of the best of the others, for each
 * workload. A figure is one of the measurement's own (`firstWriteMs`), or operations a second.
 */

/**
 * @typedef {object} Target
 * @property {string} workload
 * @property {string} title
 * @property {string} [figure] otherwise the workload's own
 * @property {'higher' | 'lower'} better
 * @property {number} [classic] at least so many times classic-level
 * @property {number} [best] at least so many times the best other engine
 * @property {number} [lmdb] at least so many times lmdb, where that is what is aimed at
 * @property {{ figure: number, says: string }} [absolute] at most this, whatever the others do
 */

/** @param {string} workload @param {string} title @param {number} classic @param {number} best @returns {Target} */
const speed = (workload, title, classic, best) => ({ workload, title, better: 'higher', classic, best })

/** @type {readonly Target[]} */
export const targets = [
  speed('fill-seq-batch', 'fill sequential, batches of 1,000', 2, 1.2),
  speed('fill-random-batch', 'fill random, batches of 1,000', 3, 2),
  speed('fill-random-1', 'fill random, one by one', 5, 3),
  speed('fill-random-64', 'fill random, 64 in flight', 5, 3),
  speed('fill-random-1024', 'fill random, 1,024 in flight', 5, 3),
  speed('overwrite', 'overwrite random, batches of 1,000', 3, 2),
  speed('delete', 'delete random, batches of 1,000', 3, 2),
  speed('durable-1', 'durable, one writer', 1.3, 1),
  speed('durable-64', 'durable, 64 writers', 8, 3),
  speed('get-copy', 'get random, own copy', 4, 2),
  speed('get-string', 'get random, string', 7, 2),
  speed('get-view', 'get random, view', 7, 2),
  speed('get-async-64', 'get random, 64 in flight', 10, 2),
  speed('get-many-100', 'get random, 100 a call', 3, 2),
  speed('get-hot', 'get hot keys', 4, 2),
  speed('get-missing', 'get missing keys', 3, 3),
  speed('scan', 'scan forward, batches', 7, 4),
  speed('scan-reverse', 'scan in reverse, batches', 7, 4),
  speed('scan-visitor', 'scan forward, visitor', 20, 10),
  speed('scan-visitor-reverse', 'scan in reverse, visitor', 20, 10),
  speed('seek-10', 'seek and read 10', 8, 1.5),
  speed('read-while-writing', 'get while 20,000 a second are written', 4, 1.5),
  speed('fill-4k', 'values of 4 KB, fill', 1.5, 1),
  speed('get-4k', 'values of 4 KB, get', 2, 1),
  speed('fill-64k', 'values of 64 KB, fill', 1.5, 1),
  speed('get-64k', 'values of 64 KB, get', 2, 1),
  speed('ycsb-a', 'YCSB A', 3, 1.5),
  speed('ycsb-b', 'YCSB B', 3, 1.5),
  speed('ycsb-c', 'YCSB C', 3, 1.5),
  speed('ycsb-d', 'YCSB D', 3, 1.5),
  speed('ycsb-e', 'YCSB E', 3, 1.5),
  speed('ycsb-f', 'YCSB F', 3, 1.5),
  { workload: 'compact', title: 'compaction', figure: 'megabytesPerSecond', better: 'higher', classic: 4 },
  {
    workload: 'open',
    title: 'open after a clean close, first read',
    figure: 'firstReadMs',
    better: 'lower',
    classic: 3,
    absolute: { figure: 2, says: 'under 2 ms' },
  },
  {
    workload: 'recovery',
    title: 'open after a crash, first read',
    figure: 'firstReadMs',
    better: 'lower',
    classic: 4,
    absolute: { figure: 80, says: 'under 80 ms' },
  },
  {
    workload: 'recovery',
    title: 'open after a crash, first acknowledged write',
    figure: 'firstWriteMs',
    better: 'lower',
    classic: 3,
  },
  {
    workload: 'overwrite',
    title: 'disk used after overwriting, settled',
    figure: 'diskBytes',
    better: 'lower',
    classic: 1,
    lmdb: 2,
  },
]
