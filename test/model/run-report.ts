/** What a model run did, in numbers: a run that did too little proves nothing, so tests look at these. */

export interface RunReport {
  /** Single puts, deletes, reads of a key, entries of scans left out: calls of the store. */
  operations: number
  moves: number
  flushes: number
  compactions: number
  /** Compactions after which some level took less than its keys and values. */
  compressions: number
  /** How many levels held something at the same time. */
  levels: number
  /** Iterators and snapshots that were compared after both a flush and a compaction since they were made. */
  crossedReaders: number
  reopens: number
  kills: number
  stalls: number
  oversizeBatches: number
}

export function emptyReport(): RunReport {
  return {
    operations: 0,
    moves: 0,
    flushes: 0,
    compactions: 0,
    compressions: 0,
    levels: 0,
    crossedReaders: 0,
    reopens: 0,
    kills: 0,
    stalls: 0,
    oversizeBatches: 0,
  }
}

/** All in one; `levels` is the most. */
export function sumOf(reports: readonly RunReport[]): RunReport {
  const sum = emptyReport()
  for (const report of reports) {
    for (const name of Object.keys(sum) as (keyof RunReport)[]) {
      sum[name] = name === 'levels' ? Math.max(sum.levels, report.levels) : sum[name] + report[name]
    }
  }
  return sum
}
