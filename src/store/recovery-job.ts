/**
 * The one-time job of a store that was not closed cleanly: puts what opening read from the logs in segments. It is a
 * flush that Maintenance runs like any other, before all others. It is over, too, when everything was flushed for
 * another reason: to resume after a full disk, or to close.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { TableFlush } from './maintenance-planner.ts'
import { flushToStartOver, type StartOverParts } from './start-over.ts'

/** A file to be removed. */
export interface ObsoletePath {
  readonly path: string
  readonly sizeBytes: number
}

/**
 * What an earlier life left in its logs, before it is in files of this one. It is read from memory; writes wait
 * until one edit has put it in segments, dropped the logs, and gone beyond the sequence numbers seen in them. A
 * crash before that repeats the recovery.
 */
export interface Recovery {
  /** Newest first; none when all was in segments, and only the edit is to be written. */
  readonly tables: readonly MemTable[]
  /** The last sequence number that was recovered or is in segments. */
  readonly lastSequence: SequenceNumber
  /** What nothing needs any more after that: the logs among others. */
  readonly orphans: readonly ObsoletePath[]
}

export class RecoveryJob {
  #flush: TableFlush | undefined
  #orphans: readonly ObsoletePath[]

  /** `nextSequence` is behind all sequence numbers seen in the logs. */
  constructor(parts: StartOverParts, recovery: Recovery | undefined, nextSequence: SequenceNumber) {
    this.#flush = flushOf(parts, recovery, nextSequence)
    this.#orphans = recovery?.orphans ?? []
  }

  /** The flush that comes before all others, before all compactions and all writes; none once it is done. */
  get flush(): TableFlush | undefined {
    return this.#flush
  }

  /** Whether what a crash left is still to be put in segments. */
  get isPending(): boolean {
    return this.#flush !== undefined
  }

  /** What was recovered is in segments. Returns the files that nothing needs any more; the next time none. */
  end(): readonly ObsoletePath[] {
    const orphans = this.#orphans
    this.#flush = undefined
    this.#orphans = []
    return orphans
  }
}

function flushOf(
  parts: StartOverParts,
  recovery: Recovery | undefined,
  nextSequence: SequenceNumber,
): TableFlush | undefined {
  if (recovery === undefined) return undefined
  const flush = flushToStartOver(parts, recovery.tables, nextSequence)
  return { ...flush, more: { ...flush.more, flushedSequence: recovery.lastSequence } }
}
