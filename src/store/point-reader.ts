/**
 * Looks one key up: the MemTables, newest first, then the runs of segments, newest first. The first entry found
 * ends the walk; a tombstone means absent. Synchronous; where a block is not in memory it answers `pending`, and
 * the walk is repeated once that is loaded.
 */
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { createEntryView, EntryKind, type EntryView, type SequenceNumber } from '../entry/entry.ts'
import { FindState } from '../segment/find-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { ReadView } from './read-view.ts'

export class PointReader {
  /** What was found; valid until the next lookup or load. */
  readonly entry: EntryView = createEntryView()
  #missing: Segment | undefined

  /** `found` means there is a value; tombstones are `absent`. */
  find(view: ReadView, key: Uint8Array, start: number, length: number, limit: SequenceNumber): FindState {
    hashKey(key, start, length)
    const { high, low } = keyHash
    const { entry } = this
    const { tables, runs } = view
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i] as ReadView['active']
      if (table.find(key, start, length, high, low, limit, entry)) return this.#outcome()
    }
    for (let i = 0; i < runs.length; i++) {
      const segment = (runs[i] as ReadView['runs'][0]).segmentFor(key, start, length)
      if (segment === undefined) continue
      const state = segment.find(key, start, length, high, low, limit, entry)
      if (state === FindState.found) return this.#outcome()
      if (state === FindState.pending) {
        this.#missing = segment
        return FindState.pending
      }
    }
    return FindState.absent
  }

  /** After `pending`: loads what is missing, blocking. */
  loadSync(): void {
    this.#missing?.loadSync()
  }

  /** The same without blocking; must follow `find` with nothing in between. */
  load(): Promise<void> {
    return this.#missing?.load() ?? Promise.resolve()
  }

  #outcome(): FindState {
    return this.entry.kind === EntryKind.tombstone ? FindState.absent : FindState.found
  }
}
