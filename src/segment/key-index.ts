/**
 * What of a segment's hash index and filter is in memory. Loaded by lookups, not by a walk: the hash index if the
 * budget has room for it, else the filter. When other segments give memory back, the next lookup tries for the
 * better of the two again.
 *
 * A large index is not loaded for the first lookup: that would wait for all of it (6 MB for a million keys) where a
 * search in the block index and one block do. It is loaded when enough lookups came by to be worth it.
 */
import { ClosedError, CorruptionError } from '../errors.ts'
import type { File } from '../fs/file-system.ts'
import { Filter, filterProblem } from './filter.ts'
import type { IndexBudget } from './index-budget.ts'
import { answer, answerSync, loadRegion, type ReadRequest } from './region-reading.ts'
import type { Footer } from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'

/** One lookup more is done without the index for each of this many bytes of it. */
const bytesPerPatientLookup = 64 * 1024

export class KeyIndex {
  /** The slots of the hash index, once loaded. */
  slots: Uint32Array | undefined
  /** The filter, while the slots are not loaded. */
  filter: Filter | undefined
  readonly #file: File
  readonly #meta: SegmentMeta
  readonly #footer: Footer
  readonly #budget: IndexBudget
  /** The state of the budget when loading was tried last. */
  #triedAt = -1
  /** Lookups that are still done without the index. */
  #patience: number
  #loading: Promise<void> | undefined
  #isClosed = false

  constructor(file: File, meta: SegmentMeta, footer: Footer, budget: IndexBudget) {
    this.#file = file
    this.#meta = meta
    this.#footer = footer
    this.#budget = budget
    this.#patience = Math.floor(footer.hashIndex.length / bytesPerPatientLookup)
  }

  /**
   * Asked by each lookup that finds no hash index: whether {@link load} should come first, because it might bring in
   * more than there is and enough lookups came by without.
   */
  isDue(): boolean {
    if (this.#triedAt === this.#budget.givenCount) return false
    if (this.#patience > 0) {
      this.#patience -= 1
      return false
    }
    return true
  }

  loadSync(): void {
    answerSync(this.#file, this.#load())
  }

  /** {@link loadSync} without blocking; several callers share one loading. */
  load(): Promise<void> {
    this.#loading ??= answer(this.#file, this.#load()).finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  /** Gives the memory back. */
  close(): void {
    this.#isClosed = true
    if (this.slots !== undefined) this.#budget.give(this.#footer.hashIndex.length)
    this.slots = undefined
    this.#dropFilter()
  }

  *#load(): Generator<ReadRequest, void> {
    const { hashIndex, filter } = this.#footer
    this.#triedAt = this.#budget.givenCount
    if (this.slots === undefined && this.#budget.tryTake(hashIndex.length)) {
      yield* this.#loadWithin(hashIndex.length, this.#loadSlots())
    } else if (this.slots === undefined && this.filter === undefined && this.#budget.tryTake(filter.length)) {
      yield* this.#loadWithin(filter.length, this.#loadFilter())
    }
  }

  /** Runs a loading for which memory was taken, and gives it back unless its result is kept. */
  *#loadWithin(sizeBytes: number, loading: Generator<ReadRequest, boolean>): Generator<ReadRequest, void> {
    let isKept = false
    try {
      isKept = yield* loading
    } catch (error) {
      this.#triedAt = -1
      if (this.#isClosed)
        throw new ClosedError('the segment was closed while its index was read', { cause: error })
      throw error
    } finally {
      if (!isKept) this.#budget.give(sizeBytes)
    }
  }

  *#loadSlots(): Generator<ReadRequest, boolean> {
    const slots = yield* loadSlots(this.#file.path, this.#meta, this.#footer)
    // Meanwhile a blocking caller may have loaded them, or the segment was closed.
    if (this.slots !== undefined || this.#isClosed) return false
    this.slots = slots
    this.#dropFilter()
    return true
  }

  *#loadFilter(): Generator<ReadRequest, boolean> {
    const filter = yield* loadFilter(this.#file.path, this.#meta, this.#footer)
    if (this.slots !== undefined || this.filter !== undefined || this.#isClosed) return false
    this.filter = filter
    return true
  }

  #dropFilter(): void {
    if (this.filter !== undefined) this.#budget.give(this.#footer.filter.length)
    this.filter = undefined
  }
}

export function* loadSlots(
  path: string,
  meta: SegmentMeta,
  footer: Footer,
): Generator<ReadRequest, Uint32Array> {
  const { words } = yield* loadRegion(path, meta, footer.hashIndex, 'hash index')
  // Without an empty slot a probing would not end.
  if (words.length > footer.keyCount) return words
  throw new CorruptionError('the hash index has too few slots', path, footer.hashIndex.offset)
}

export function* loadFilter(path: string, meta: SegmentMeta, footer: Footer): Generator<ReadRequest, Filter> {
  const memory = yield* loadRegion(path, meta, footer.filter, 'filter')
  const problem = filterProblem(memory)
  if (problem !== undefined) throw new CorruptionError(problem, path, footer.filter.offset)
  return new Filter(memory)
}
