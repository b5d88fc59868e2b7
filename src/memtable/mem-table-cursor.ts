/**
 * A walk over a MemTable that may be written to between two moves. A new version of a key changes nothing for
 * the walk: it is above the cursor's limit. A new key may move slots; the tree's change counter tells, and the
 * cursor then finds its place again, strictly past the key it stands on. That key's entry stays where it is for
 * as long as the table lives, so no copy of it is needed.
 */
import { createEntryView, type EntryView, keyLengthMax, type SequenceNumber } from '../entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { InvariantError } from '../invariant.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { changeCountWord, previousByte } from '../kernel/table-layout.ts'
import { readEntry } from './entry-in-arena.ts'
import type { MemTable } from './mem-table.ts'

export class MemTableCursor implements EntryCursor {
  readonly entry: EntryView = createEntryView()
  readonly #table: MemTable
  readonly #kernel: Kernel
  readonly #words: Int32Array
  readonly #base: number
  readonly #reverse: boolean
  readonly #allVersions: boolean
  readonly #sequenceLimit: SequenceNumber
  /** The slot of the current key, as long as the tree's change counter is `#changeCount`. */
  #position = 0
  #changeCount = 0
  /** The offset of the current entry. */
  #current = 0

  constructor(table: MemTable, kernel: Kernel, options: CursorOptions) {
    if (options.allVersions && options.reverse) throw new InvariantError('all versions are walked forward')
    this.#table = table
    this.#kernel = kernel
    this.#words = kernel.words
    this.#base = table.arena.base
    this.#reverse = options.reverse
    this.#allVersions = options.allVersions
    this.#sequenceLimit = options.sequenceLimit
  }

  rewind(): CursorState {
    const base = this.#base
    return this.#land(this.#reverse ? this.#kernel.lastPosition(base) : this.#kernel.firstPosition(base))
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    const kernel = this.#kernel
    if (key.length <= keyLengthMax) {
      kernel.bytes.set(key, kernel.keyPosition)
      return this.#land(this.#search(kernel.keyPosition, key.length, strict))
    }
    // A bound may be longer than any key. Cut off, it lies before itself and after no key but its equal.
    kernel.bytes.set(key.subarray(0, keyLengthMax), kernel.keyPosition)
    return this.#land(this.#search(kernel.keyPosition, keyLengthMax, !this.#reverse))
  }

  advance(): CursorState {
    const deltaLimit = this.#table.deltaLimitFor(this.#sequenceLimit)
    if (this.#allVersions) {
      const previous = this.#words[(this.#base + this.#current + previousByte) >>> 2] as number
      const older = this.#kernel.versionAt(this.#base, previous, deltaLimit)
      if (older !== 0) return this.#stand(older)
    }
    if (this.#changeCount === this.#words[(this.#base >>> 2) + changeCountWord]) {
      return this.#settle(this.#step(this.#position), deltaLimit)
    }
    const { keyStart, keyLength } = this.entry
    return this.#land(this.#search(keyStart, keyLength, true))
  }

  loadSync(): void {
    throw new InvariantError('a MemTable is never pending')
  }

  load(): Promise<void> {
    throw new InvariantError('a MemTable is never pending')
  }

  #search(keyPosition: number, keyLength: number, strict: boolean): number {
    return this.#reverse
      ? this.#kernel.positionAtOrBefore(this.#base, keyPosition, keyLength, strict)
      : this.#kernel.positionAtOrAfter(this.#base, keyPosition, keyLength, strict)
  }

  #step(position: number): number {
    return this.#reverse
      ? this.#kernel.previousPosition(this.#base, position)
      : this.#kernel.nextPosition(this.#base, position)
  }

  /** Goes on from a position found anew. */
  #land(position: number): CursorState {
    this.#changeCount = this.#words[(this.#base >>> 2) + changeCountWord] as number
    return this.#settle(position, this.#table.deltaLimitFor(this.#sequenceLimit))
  }

  /** Stands on the first key from `position` on that has a version the cursor may see. */
  #settle(start: number, deltaLimit: number): CursorState {
    const kernel = this.#kernel
    let position = start
    while (position !== 0) {
      const entry = kernel.versionAt(this.#base, kernel.entryAt(this.#base, position), deltaLimit)
      if (entry !== 0) {
        this.#position = position
        return this.#stand(entry)
      }
      position = this.#step(position)
    }
    return CursorState.end
  }

  #stand(entry: number): CursorState {
    this.#current = entry
    readEntry(this.#kernel.bytes, this.#words, this.#base + entry, this.#table.baseSequence, this.entry)
    return CursorState.entry
  }
}
