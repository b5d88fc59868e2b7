/**
 * Walks a run: sources that do not overlap, sorted by key, one behind the other. A source is opened when the
 * walk reaches it, so a seek into a run of a hundred segments costs no more than one into a single segment.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { PendingMove } from '../entry/pending-move.ts'

/** One member of a run, in practice a `Segment`. */
export interface CursorSource {
  readonly smallestKey: Uint8Array
  readonly largestKey: Uint8Array
  cursor(options: CursorOptions): EntryCursor
}

export class ConcatCursor implements EntryCursor {
  readonly entry: EntryView = createEntryView()
  readonly #sources: readonly CursorSource[]
  readonly #options: CursorOptions
  /** The source that the walk is in, or -1 or their number: outside. */
  #at = -1
  /** The cursor over source `#childAt`. */
  #child: EntryCursor | undefined
  #childAt = -1
  /** The child's first move, a rewind, was not made yet. */
  #isChildFresh = false
  readonly #pendingMove = new PendingMove()

  /** `sources` sorted by key, without overlap. */
  constructor(sources: readonly CursorSource[], options: CursorOptions) {
    this.#sources = sources
    // A child that can shows its entries in this cursor's own view.
    this.#options = { ...options, entry: this.entry }
  }

  rewind(): CursorState {
    if (!this.#pendingMove.isRewind()) this.#enter(this.#options.reverse ? this.#sources.length - 1 : 0)
    const state = this.#settleFresh()
    if (state === CursorState.pending) this.#pendingMove.rememberRewind()
    return state
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    if (!this.#pendingMove.isSeek(key, strict)) {
      this.#enter(this.#sourceFor(key, strict))
      // From the source's own end or start on, if the key lies between two sources, a rewind does.
      const child = this.#childOf()
      if (child === undefined) return this.#give(CursorState.end)
      const state = child.seek(key, strict)
      if (state === CursorState.pending) return state
      this.#isChildFresh = false
      if (state === CursorState.entry) return this.#give(state)
      this.#enterNext()
    }
    const state = this.#settleFresh()
    if (state === CursorState.pending) this.#pendingMove.rememberSeek(key, strict)
    return state
  }

  advance(): CursorState {
    const child = this.#child
    if (!this.#isChildFresh && child !== undefined) {
      const state = child.advance()
      if (state !== CursorState.end) return this.#give(state)
      this.#enterNext()
    }
    return this.#settleFresh()
  }

  loadSync(): void {
    this.#child?.loadSync()
  }

  async load(): Promise<void> {
    await this.#child?.load()
  }

  /** Rewinds the source that was just entered, and the following ones as long as they give nothing. */
  #settleFresh(): CursorState {
    for (;;) {
      const child = this.#childOf()
      if (child === undefined) return this.#give(CursorState.end)
      const state = child.rewind()
      if (state === CursorState.pending) return state
      this.#isChildFresh = false
      if (state === CursorState.entry) return this.#give(state)
      this.#enterNext()
    }
  }

  #enter(at: number): void {
    this.#pendingMove.forget()
    this.#at = at
    this.#isChildFresh = true
  }

  #enterNext(): void {
    this.#at += this.#options.reverse ? -1 : 1
    this.#isChildFresh = true
  }

  /** The cursor of the source that the walk is in; `undefined` outside. */
  #childOf(): EntryCursor | undefined {
    // Asked first: code that once looked for element -1 is slow ever after.
    if (this.#at < 0 || this.#at >= this.#sources.length) return undefined
    const source = this.#sources[this.#at] as CursorSource
    if (this.#childAt !== this.#at) {
      this.#child = source.cursor(this.#options)
      this.#childAt = this.#at
    }
    return this.#child
  }

  #give(state: CursorState): CursorState {
    if (state === CursorState.entry) this.#showChild((this.#child as EntryCursor).entry)
    if (state !== CursorState.pending) this.#pendingMove.forget()
    return state
  }

  #showChild(entry: EntryView): void {
    if (entry !== this.entry) copyEntryView(entry, this.entry)
  }

  /** Forward: the first source that may have a key at or after `key`. Reverse: the last with one before it. */
  #sourceFor(key: Uint8Array, strict: boolean): number {
    const sources = this.#sources
    let from = 0
    let to = sources.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const source = sources[middle]!
      const order = compareBytes(this.#options.reverse ? source.smallestKey : source.largestKey, key)
      const isBefore = this.#options.reverse
        ? order < 0 || (order === 0 && !strict)
        : order < 0 || (order === 0 && strict)
      if (isBefore) from = middle + 1
      else to = middle
    }
    return this.#options.reverse ? from - 1 : from
  }
}
