/**
 * The snapshots and iterators that a model run keeps open while everything else goes on, each with its twin on
 * the oracle, which shows what the past must look like for as long as they live.
 */
import type { EntryIterator, ReadOptions, Snapshot } from '../../src/store/key-value-store.ts'
import type { RunReport } from './run-report.ts'

/** Something read at one moment: an open reader, or now. */
interface Aged {
  /** Flushes and compactions that were over when it was made; absent once it was counted. */
  born?: { readonly flushes: number; readonly compactions: number }
}

/** Where a read looks: the options that name the moment, for either side. */
export interface Place extends Aged {
  readonly ours: ReadOptions | undefined
  readonly theirs: ReadOptions | undefined
}

export interface OpenSnapshot extends Place {
  readonly ours: { readonly snapshot: Snapshot }
  readonly theirs: { readonly snapshot: Snapshot }
}

export interface OpenIterator extends Aged {
  readonly ours: EntryIterator<unknown, unknown>
  readonly theirs: EntryIterator<unknown, unknown>
}

const now: Place = { ours: undefined, theirs: undefined }

export class OpenReaders {
  readonly snapshots: OpenSnapshot[] = []
  readonly iterators: OpenIterator[] = []
  readonly #report: RunReport

  constructor(report: RunReport) {
    this.#report = report
  }

  get now(): Place {
    return now
  }

  addSnapshot(ours: Snapshot, theirs: Snapshot): void {
    this.snapshots.push({ ours: { snapshot: ours }, theirs: { snapshot: theirs }, born: this.#moment() })
  }

  addIterator(ours: EntryIterator<unknown, unknown>, theirs: EntryIterator<unknown, unknown>): void {
    this.iterators.push({ ours, theirs, born: this.#moment() })
  }

  /** Both sides agreed: counts the reader, once, if it has seen both a flush and a compaction. */
  agreed(reader: Aged): void {
    const { born } = reader
    if (born === undefined) return
    const { flushes, compactions } = this.#report
    if (flushes === born.flushes || compactions === born.compactions) return
    delete reader.born
    this.#report.crossedReaders++
  }

  closeSnapshot(index: number): void {
    for (const { ours, theirs } of this.snapshots.splice(index, 1)) {
      ours.snapshot.close()
      theirs.snapshot.close()
    }
  }

  async closeIterator(index: number): Promise<void> {
    for (const { ours, theirs } of this.iterators.splice(index, 1)) {
      await ours.close()
      await theirs.close()
    }
  }

  async closeAll(): Promise<void> {
    while (this.iterators.length > 0) await this.closeIterator(0)
    while (this.snapshots.length > 0) this.closeSnapshot(0)
  }

  #moment(): { flushes: number; compactions: number } {
    const { flushes, compactions } = this.#report
    return { flushes, compactions }
  }
}
