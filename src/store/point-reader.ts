/**
 * Looks one key up: the MemTables, newest first, then the runs of segments, newest first. The first entry found
 * ends the walk; a tombstone means absent. Synchronous; where a block is not in memory it answers `pending`, and
 * after the load `resume` goes on at the same run.
 */
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { createEntryView, EntryKind, type EntryView, type SequenceNumber } from '../entry/entry.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import { FindState } from '../segment/find-state.ts'
import type { Segment } from '../segment/segment.ts'
import type { ReadView, SegmentRun } from './read-view.ts'
import { asReadError } from './store-health.ts'

const noKey = new Uint8Array(0)

export class PointReader {
  /** What was found; valid until the next lookup or load. */
  readonly entry: EntryView = createEntryView()
  /** After `found`: the value lies in memory that is nobody else's, so it may be kept without a copy. */
  isDetached = false
  /** No longer than a lookup is under way: it may be a part of something large. */
  #key: Uint8Array = noKey
  #length = 0
  #limit: SequenceNumber = 0
  #hashHigh = 0
  #hashLow = 0
  /** For each run its segment that may hold the key. */
  readonly #segments: (Segment | undefined)[] = []
  /** After `pending`: the picture that was looked at, the run, and its segment that needs a block. */
  #view: ReadView | undefined
  #runIndex = 0
  #missing: Segment | undefined

  /**
   * Looks for `key[0, length)` as of the sequence number `limit`. `found` means there is a value; tombstones are
   * `absent`. The key must stay as it is until the lookup has ended.
   */
  find(view: ReadView, key: Uint8Array, length: number, limit: SequenceNumber): FindState {
    hashKey(key, 0, length)
    this.isDetached = false
    const { high, low } = keyHash
    const { entry } = this
    const { tables } = view
    for (let i = 0; i < tables.length; i++) {
      if ((tables[i] as MemTable).find(key, 0, length, high, low, limit, entry)) return this.#outcome()
    }
    this.#key = key
    this.#length = length
    this.#limit = limit
    this.#hashHigh = high
    this.#hashLow = low
    this.#chooseSegments(view)
    return this.#letGo(this.#findInRuns(view, 0))
  }

  /**
   * Repeats a lookup that was `pending`. What can be seen at its sequence number does not change, so only a new
   * picture means starting over.
   */
  resume(view: ReadView): FindState {
    if (view === this.#view) return this.#letGo(this.#findInRuns(view, this.#runIndex))
    return this.find(view, this.#key, this.#length, this.#limit)
  }

  /** After `pending`: the lookup will not be resumed here. */
  giveUp(): void {
    this.#key = noKey
  }

  /** After `pending`: loads what is missing, blocking. */
  loadSync(): void {
    try {
      this.#missing?.loadSync()
    } catch (error) {
      throw asReadError(error)
    }
  }

  /** The same without blocking; must follow the lookup with nothing in between. */
  async load(): Promise<void> {
    try {
      await this.#missing?.load()
    } catch (error) {
      throw asReadError(error)
    }
  }

  /**
   * Notes for each run the segment to look into, and touches where the key would be in its hash index: these loads
   * from far memory do not depend on each other, so the processor makes them at the same time.
   */
  #chooseSegments({ runs }: ReadView): void {
    for (let i = 0; i < runs.length; i++) {
      const segment = (runs[i] as SegmentRun).segmentFor(this.#key, 0, this.#length)
      this.#segments[i] = segment
      segment?.touchSlot(this.#hashLow)
    }
  }

  #findInRuns(view: ReadView, first: number): FindState {
    const { runs } = view
    for (let i = first; i < runs.length; i++) {
      const segment = this.#segments[i]
      if (segment === undefined) continue
      const state = segment.find(
        this.#key,
        0,
        this.#length,
        this.#hashHigh,
        this.#hashLow,
        this.#limit,
        this.entry,
      )
      if (state === FindState.found) {
        this.isDetached = segment.foundDetached
        return this.#outcome()
      }
      if (state === FindState.pending) {
        this.#view = view
        this.#runIndex = i
        this.#missing = segment
        return FindState.pending
      }
    }
    return FindState.absent
  }

  #letGo(state: FindState): FindState {
    if (state !== FindState.pending) this.#key = noKey
    return state
  }

  #outcome(): FindState {
    return this.entry.kind === EntryKind.tombstone ? FindState.absent : FindState.found
  }
}
