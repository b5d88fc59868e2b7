/**
 * A MemTable and what it should hold, side by side: entries go into both, and every way to read the table has
 * its plain counterpart here.
 */
import { compareBytes } from '../../src/bytes/compare-bytes.ts'
import { hashKey, keyHash } from '../../src/bytes/key-hash.ts'
import { createEntryView, EntryKind, type EntryView } from '../../src/entry/entry.ts'
import { CursorState, type EntryCursor } from '../../src/entry/entry-cursor.ts'
import type { MemTable } from '../../src/memtable/mem-table.ts'

export interface ModelEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly sequenceNumber: number
  readonly kind: EntryKind
}

export const noValue: Uint8Array = new Uint8Array(0)

/** An entry as one line of text, so that whole walks compare at a glance. */
export function lineOf({ key, sequenceNumber, kind, value }: ModelEntry): string {
  const name = key.length > 100 ? `${hex(key.subarray(0, 40))}…(${key.length})` : hex(key)
  return `${name}#${sequenceNumber} ${kind === EntryKind.put ? hex(value) : 'tombstone'}`
}

/** A copy of what a view shows. */
export function entryOf(view: EntryView): ModelEntry {
  const { keyStart, keyLength, valueStart, valueLength } = view
  return {
    key: view.keyBytes.slice(keyStart, keyStart + keyLength),
    value: view.valueBytes.slice(valueStart, valueStart + valueLength),
    sequenceNumber: view.sequenceNumber,
    kind: view.kind,
  }
}

/** Walks on from where the cursor stands. */
export function linesFrom(cursor: EntryCursor, first: CursorState): string[] {
  const lines: string[] = []
  for (let state = first; state === CursorState.entry; state = cursor.advance())
    lines.push(lineOf(entryOf(cursor.entry)))
  return lines
}

/** Appends and inserts one entry the way the write pipeline does. */
export function putIntoTable(table: MemTable, { key, value, sequenceNumber, kind }: ModelEntry): void {
  const keyPosition = table.nextKeyPosition
  table.bytes.set(key, keyPosition)
  table.bytes.set(value, keyPosition + key.length)
  const offset = table.appendEntry(sequenceNumber, kind, 0, key.length, value.length)
  table.insertEntries(offset)
}

/** What `find` answers, as a line; `undefined` for "no such entry". */
export function findInTable(table: MemTable, key: Uint8Array, sequenceLimit: number): string | undefined {
  const view = createEntryView()
  hashKey(key, 0, key.length)
  const found = table.find(key, 0, key.length, keyHash.high, keyHash.low, sequenceLimit, view)
  return found ? lineOf(entryOf(view)) : undefined
}

export class TableModel {
  readonly table: MemTable
  /** Entries by key; the newest of a key first. */
  readonly #versions = new Map<string, ModelEntry[]>()
  #nextSequence: number

  constructor(table: MemTable) {
    this.table = table
    this.#nextSequence = table.baseSequence
  }

  /** The sequence number of the latest entry. */
  get latestSequence(): number {
    return this.#nextSequence - 1
  }

  put(key: Uint8Array, value: Uint8Array, kind: EntryKind = EntryKind.put): void {
    const entry: ModelEntry = { key, value, sequenceNumber: this.#nextSequence, kind }
    this.#nextSequence += 1
    putIntoTable(this.table, entry)
    const older = this.#versions.get(hex(key)) ?? []
    this.#versions.set(hex(key), [entry, ...older])
  }

  keys(): Uint8Array[] {
    return [...this.#versions.values()].map(([newest]) => (newest as ModelEntry).key).sort(compareBytes)
  }

  find(key: Uint8Array, sequenceLimit: number): ModelEntry | undefined {
    return this.#versions.get(hex(key))?.find((entry) => entry.sequenceNumber <= sequenceLimit)
  }

  /** One entry a key, in key order: the newest at or below the limit. */
  visible(sequenceLimit: number): ModelEntry[] {
    return this.keys()
      .map((key) => this.find(key, sequenceLimit))
      .filter((entry) => entry !== undefined)
  }

  /** Every entry at or below the limit, in internal-key order. */
  all(sequenceLimit: number): ModelEntry[] {
    return this.keys().flatMap((key) =>
      (this.#versions.get(hex(key)) ?? []).filter((entry) => entry.sequenceNumber <= sequenceLimit),
    )
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
