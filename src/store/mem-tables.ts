/**
 * The MemTables of an open store: the active one, which takes writes, and the sealed ones, which wait to be
 * flushed, in the order of their sequence numbers. Knows for each in which log its entries begin, and with that
 * which logs are still needed.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import { invariant } from '../invariant.ts'
import { MemTable } from '../memtable/mem-table.ts'
import type { MergeExecutor } from '../worker/merge-executor.ts'
import type { ArenaSupply } from './arena-supply.ts'
import { TouchAhead } from './touch-ahead.ts'
import type { TableRotation } from './write-pipeline.ts'

export interface MemTablesParts {
  readonly arenas: ArenaSupply
  readonly executor: MergeExecutor
  /** Everything up to here is visible. */
  readonly publishedSequence: () => SequenceNumber
  /** The tables are others now, newest first. */
  readonly onChanged: (tables: readonly MemTable[]) => void
  /** The active table was sealed: goes over to the next log if there is one, and tells the current one's number. */
  readonly onRotated: () => number | undefined
  /** A sealed table may be ready to be flushed. */
  readonly onSettled: () => void
}

interface Slot {
  readonly table: MemTable
  /** The log that holds its first entry; `undefined` while there is no log. */
  firstLog: number | undefined
}

export class MemTables implements TableRotation {
  readonly #parts: MemTablesParts
  readonly #touchAhead: TouchAhead
  /** Newest first; the first one is active. */
  #slots: Slot[]

  /** `sealed` are tables from an earlier life, newest first. */
  constructor(parts: MemTablesParts, active: MemTable, sealed: readonly MemTable[]) {
    this.#parts = parts
    this.#touchAhead = new TouchAhead(parts.executor)
    this.#slots = [active, ...sealed].map((table) => ({ table, firstLog: undefined }))
  }

  get active(): MemTable {
    return (this.#slots[0] as Slot).table
  }

  get all(): readonly MemTable[] {
    return this.#slots.map(({ table }) => table)
  }

  get sealed(): readonly MemTable[] {
    return this.#slots.slice(1).map(({ table }) => table)
  }

  get sealedCount(): number {
    return this.#slots.length - 1
  }

  /** The sealed table to be flushed next, once all its groups are published or rejected. */
  get flushable(): MemTable | undefined {
    if (this.#slots.length < 2) return undefined
    const { table } = this.#slots.at(-1) as Slot
    return this.isSettled(table) ? table : undefined
  }

  /** Whether everything in a table is published or will never be. */
  isSettled(table: MemTable): boolean {
    return table.largestSequence <= this.#parts.publishedSequence() || table.visibleLimit !== Infinity
  }

  rotate(baseSequence: SequenceNumber): boolean {
    const arena = this.#parts.arenas.take()
    if (arena === undefined) return false
    this.#push(MemTable.create(arena, baseSequence))
    return true
  }

  rotateToOwn(baseSequence: SequenceNumber, entryCount: number, sizeBytes: number): boolean {
    const arena = this.#parts.arenas.takeOwn(MemTable.arenaSizeFor(entryCount, sizeBytes))
    if (arena === undefined) return false
    this.#push(MemTable.create(arena, baseSequence))
    return true
  }

  settled(): void {
    this.#touchAhead.note(this.active)
    if (this.#slots.length > 1) this.#parts.onSettled()
  }

  /** The first log was made: tables from before it begin there. */
  logCreated(number: number): void {
    for (const slot of this.#slots) slot.firstLog ??= number
  }

  /** The lowest log that would still be needed without these tables, or `undefined` when none would. */
  lowestLogWithout(flushed: readonly MemTable[]): number | undefined {
    const numbers = this.#slots
      .filter(({ table }) => !flushed.includes(table))
      .map(({ firstLog }) => firstLog)
    return numbers.reduce(
      (lowest, number) => (lowest === undefined || (number ?? lowest) < lowest ? number : lowest),
      undefined,
    )
  }

  /** What is left when these tables, the oldest ones, are flushed. */
  without(flushed: readonly MemTable[]): readonly MemTable[] {
    return this.all.filter((table) => !flushed.includes(table))
  }

  /** Forgets flushed tables. Their arenas are the caller's to give back. */
  drop(flushed: readonly MemTable[]): void {
    const kept = this.#slots.filter(({ table }) => !flushed.includes(table))
    invariant(kept.length > 0 && kept[0] === this.#slots[0], 'the active table stays')
    this.#slots = kept
  }

  /** Puts one empty table in the place of all. Their arenas are the caller's to give back. */
  startOver(table: MemTable): void {
    this.#slots = [{ table, firstLog: undefined }]
  }

  #push(table: MemTable): void {
    const firstLog = this.#parts.onRotated()
    const unused = this.active.entryCount === 0 ? this.#slots.shift() : undefined
    this.#slots.unshift({ table, firstLog })
    this.#parts.onChanged(this.all)
    if (unused !== undefined) this.#parts.arenas.giveBack(unused.table.arena)
    this.#parts.onSettled()
  }
}
