/** A walk over all versions of a sealed table, as the records that a merge takes. */
import type { EntryView } from '../entry/entry.ts'
import { createEntryView } from '../entry/entry.ts'
import { invariant } from '../invariant.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelOf } from '../kernel/kernel-instances.ts'
import {
  gatheredEndWord,
  gatheredEntryWord,
  gatheredHeaderSizeBytes,
  gatheredLargeWord,
  gatheredSlotWord,
} from '../kernel/memory-layout.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import { readEntry } from './entry-in-arena.ts'
import { MemTable } from './mem-table.ts'

export class RecordWalk {
  readonly #kernel: Kernel
  readonly #base: number
  readonly #baseSequence: number
  readonly #lengthMax: number
  readonly #view = createEntryView()
  #slot: number
  #entry = 0
  /** Of the records that were given last, the entry whose value is not among them. */
  largeEntry: EntryView | undefined

  /** Values of entries with more than `lengthMax` bytes of key and value are left where they are. */
  constructor(arena: Arena, lengthMax: number) {
    this.#kernel = kernelOf(arena.memory)
    this.#base = arena.base
    this.#baseSequence = MemTable.attach(arena).baseSequence
    this.#lengthMax = lengthMax
    this.#slot = this.#kernel.firstPosition(arena.base)
  }

  /**
   * The next records, whole ones in up to `sizeBytes`: none when there are no more. Good until the next call for any
   * table in the same memory. An entry with a large value is the last of them.
   */
  next(sizeBytes: number): Uint8Array {
    const kernel = this.#kernel
    const size = Math.min(sizeBytes, kernel.recordsSizeBytes)
    kernel.gatherRecords(this.#base, this.#slot, this.#entry, size, this.#lengthMax)
    const { bytes, words, recordsPosition } = kernel
    const state = recordsPosition >>> 2
    this.#slot = words[state + gatheredSlotWord] as number
    this.#entry = words[state + gatheredEntryWord] as number
    const large = words[state + gatheredLargeWord] as number
    this.largeEntry = large === 0 ? undefined : this.#view
    if (large !== 0) readEntry(bytes, words, this.#base + large, this.#baseSequence, this.#view)
    const start = recordsPosition + gatheredHeaderSizeBytes
    const end = words[state + gatheredEndWord] as number
    invariant(end > start || this.#slot === 0, 'any entry fits into the space for records')
    return bytes.subarray(start, end)
  }
}
