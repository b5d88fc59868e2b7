/**
 * The writes that go to the log together: one record, one checksum, one write, and one promise for all who wait
 * for the same thing. Entries are in the tree while the group is open, but nobody sees them before it is
 * published.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import { Deferred } from './deferred.ts'
import type { Durability } from './key-value-store.ts'

export class CommitGroup {
  readonly table: MemTable
  /** Where its record begins in the table's arena. */
  readonly start: number
  readonly firstSequence: SequenceNumber
  /** Where the record ends, padding included; set when the group is closed. */
  end = 0
  entryCount = 0
  /** Somebody waits for more than `memory`. */
  mustBeWritten = false
  diskWaiterCount = 0
  /** Published or rejected. */
  isSettled = false
  /** Why it was rejected. */
  failure: unknown
  #isWritten = false
  #isSynced = false
  #written: Deferred | undefined
  #synced: Deferred | undefined

  constructor(table: MemTable, start: number, firstSequence: SequenceNumber) {
    this.table = table
    this.start = start
    this.firstSequence = firstSequence
  }

  get lastSequence(): SequenceNumber {
    return this.firstSequence + this.entryCount - 1
  }

  /** Counts a writer in. */
  join(durability: Durability): void {
    if (durability !== 'memory') this.mustBeWritten = true
    if (durability === 'disk') this.diskWaiterCount++
  }

  /** What a writer of that durability waits for. */
  promiseFor(durability: Durability): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (durability === 'disk') {
      if (this.#isSynced) return Promise.resolve()
      this.#synced ??= new Deferred()
      return this.#synced.promise
    }
    if (this.#isWritten) return Promise.resolve()
    this.#written ??= new Deferred()
    return this.#written.promise
  }

  resolveWritten(): void {
    this.#isWritten = true
    this.#written?.resolve()
  }

  resolveSynced(): void {
    this.#isSynced = true
    this.#synced?.resolve()
  }

  reject(error: unknown): void {
    this.isSettled = true
    this.failure = error
    this.#written?.reject(error)
    this.#synced?.reject(error)
  }
}
