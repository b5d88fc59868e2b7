/**
 * Walks the entries of several sources as one, in internal-key order. Sources come newest first; on equal keys
 * the newest source's entry is given and, unless all versions are wanted, the others are passed over.
 *
 * The child that stands on the next entry is `#order[0]`: found by comparing all where there are up to three
 * (the usual case, and the fastest for it), kept on top of a binary heap where there are more. Children are
 * compared by the first eight bytes of their keys as numbers, by the rest only on ties.
 *
 * A child's `pending` is passed on and its load is this cursor's load. Each move keeps how far it came, so that
 * its repetition moves no child twice.
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import { keyPrefix, readPrefix } from '../bytes/prefix.ts'
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { PendingMove } from '../entry/pending-move.ts'

/** Up to so many children, comparing all is faster than a heap. */
const linearChildCountMax = 3

/** A walk over all of `children`, newest source first; the child itself when there is only one. */
export function mergeCursors(children: readonly EntryCursor[], options: CursorOptions): EntryCursor {
  return children.length === 1 ? children[0]! : new MergeCursor(children, options)
}

export class MergeCursor implements EntryCursor {
  readonly entry: EntryView = createEntryView()
  readonly #children: readonly EntryCursor[]
  readonly #isReverse: boolean
  readonly #allVersions: boolean
  /** Ranks of the children that stand on an entry: a heap, or just the first one in its place. */
  readonly #order: Int32Array
  #liveCount = 0
  /** For each rank the first eight bytes of the key that its child stands on. */
  readonly #prefixHighs: Uint32Array
  readonly #prefixLows: Uint32Array
  /** The child whose load is awaited. */
  #pendingChild: EntryCursor | undefined
  /** Rewind and seek: children before this rank made the move. */
  #movedCount = 0
  readonly #pendingMove = new PendingMove()
  /** Advance: the place of the child that is pending, or -1. Its entry may be gone, so its key is not looked at. */
  #pendingPlace = -1

  /** `children` walk in the direction and with the limit of `options`, newest source first. */
  constructor(children: readonly EntryCursor[], options: CursorOptions) {
    this.#children = children
    this.#isReverse = options.reverse
    this.#allVersions = options.allVersions
    this.#order = new Int32Array(children.length)
    this.#prefixHighs = new Uint32Array(children.length)
    this.#prefixLows = new Uint32Array(children.length)
  }

  rewind(): CursorState {
    if (!this.#pendingMove.isRewind()) this.#beginMove()
    for (; this.#movedCount < this.#children.length; this.#movedCount += 1) {
      const child = this.#children[this.#movedCount]!
      const state = child.rewind()
      if (state === CursorState.pending) {
        this.#pendingMove.rememberRewind()
        return this.#pending(child)
      }
      this.#take(this.#movedCount, state)
    }
    return this.#endMove()
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    if (!this.#pendingMove.isSeek(key, strict)) this.#beginMove()
    for (; this.#movedCount < this.#children.length; this.#movedCount += 1) {
      const child = this.#children[this.#movedCount]!
      const state = child.seek(key, strict)
      if (state === CursorState.pending) {
        this.#pendingMove.rememberSeek(key, strict)
        return this.#pending(child)
      }
      this.#take(this.#movedCount, state)
    }
    return this.#endMove()
  }

  advance(): CursorState {
    const resumed = this.#pendingPlace
    if (resumed > 0 && !this.#advanceAt(resumed)) return CursorState.pending
    // Once the first child was asked to move, the others had left its key.
    if (resumed !== 0 && !this.#allVersions && !this.#passOverDuplicates()) return CursorState.pending
    return this.#advanceAt(0) ? this.#give() : CursorState.pending
  }

  loadSync(): void {
    this.#pendingChild?.loadSync()
  }

  async load(): Promise<void> {
    await this.#pendingChild?.load()
  }

  #beginMove(): void {
    this.#movedCount = 0
    this.#liveCount = 0
    this.#pendingPlace = -1
  }

  /** The child of this rank made the move; it takes part if it stands on an entry. */
  #take(rank: number, state: CursorState): void {
    if (state === CursorState.end) return
    this.#readPrefix(rank)
    this.#order[this.#liveCount] = rank
    this.#liveCount += 1
  }

  #endMove(): CursorState {
    this.#pendingMove.forget()
    if (this.#liveCount <= linearChildCountMax) this.#bringFirstToFront()
    else for (let i = (this.#liveCount >>> 1) - 1; i >= 0; i -= 1) this.#siftDown(i)
    return this.#give()
  }

  #give(): CursorState {
    if (this.#liveCount === 0) return CursorState.end
    copyEntryView((this.#children[this.#order[0] as number] as EntryCursor).entry, this.entry)
    return CursorState.entry
  }

  /** Moves all children off the key of the first one, but for the first one. False: one is pending. */
  #passOverDuplicates(): boolean {
    if (this.#liveCount <= linearChildCountMax) {
      for (let i = this.#liveCount - 1; i > 0; i -= 1) {
        if (this.#hasFirstKey(i) && !this.#advanceAt(i)) return false
      }
      return true
    }
    // In a heap, whatever has the key of the top hangs together with it.
    for (;;) {
      if (this.#liveCount > 1 && this.#hasFirstKey(1)) {
        if (!this.#advanceAt(1)) return false
      } else if (this.#liveCount > 2 && this.#hasFirstKey(2)) {
        if (!this.#advanceAt(2)) return false
      } else {
        return true
      }
    }
  }

  /** Advances the child at this place and puts the places in order again. False: it is pending. */
  #advanceAt(place: number): boolean {
    const rank = this.#order[place] as number
    const child = this.#children[rank] as EntryCursor
    const state = child.advance()
    if (state === CursorState.pending) {
      this.#pendingChild = child
      this.#pendingPlace = place
      return false
    }
    this.#pendingPlace = -1
    const wasHeap = this.#liveCount > linearChildCountMax
    if (state === CursorState.entry) {
      this.#readPrefix(rank)
    } else {
      this.#liveCount -= 1
      this.#order[place] = this.#order[this.#liveCount] as number
    }
    // Only the top and its two children are moved, so whatever takes their place can sink but not rise.
    if (wasHeap) this.#siftDown(place)
    else if (place === 0) this.#bringFirstToFront()
    return true
  }

  #siftDown(place: number): void {
    const count = this.#liveCount
    for (;;) {
      const left = 2 * place + 1
      if (left >= count) return
      const right = left + 1
      const smaller = right < count && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(smaller, place)) return
      this.#swap(place, smaller)
      place = smaller
    }
  }

  #bringFirstToFront(): void {
    let first = 0
    for (let i = 1; i < this.#liveCount; i += 1) if (this.#isBefore(i, first)) first = i
    if (first > 0) this.#swap(0, first)
  }

  #swap(a: number, b: number): void {
    const rank = this.#order[a] as number
    this.#order[a] = this.#order[b] as number
    this.#order[b] = rank
  }

  /** Whether the child at place `a` comes before the one at place `b`: by key, then newest source first. */
  #isBefore(a: number, b: number): boolean {
    const rankA = this.#order[a] as number
    const rankB = this.#order[b] as number
    const order = this.#compareKeys(rankA, rankB)
    if (order === 0) return rankA < rankB
    return this.#isReverse ? order > 0 : order < 0
  }

  #hasFirstKey(place: number): boolean {
    return this.#compareKeys(this.#order[place] as number, this.#order[0] as number) === 0
  }

  #compareKeys(rankA: number, rankB: number): number {
    const highs = (this.#prefixHighs[rankA] as number) - (this.#prefixHighs[rankB] as number)
    if (highs !== 0) return highs
    const lows = (this.#prefixLows[rankA] as number) - (this.#prefixLows[rankB] as number)
    if (lows !== 0) return lows
    const a = (this.#children[rankA] as EntryCursor).entry
    const b = (this.#children[rankB] as EntryCursor).entry
    return compareRanges(a.keyBytes, a.keyStart, a.keyLength, b.keyBytes, b.keyStart, b.keyLength)
  }

  #readPrefix(rank: number): void {
    const { keyBytes, keyStart, keyLength } = (this.#children[rank] as EntryCursor).entry
    readPrefix(keyBytes, keyStart, keyStart + keyLength, 0)
    this.#prefixHighs[rank] = keyPrefix.high
    this.#prefixLows[rank] = keyPrefix.low
  }

  #pending(child: EntryCursor): CursorState {
    this.#pendingChild = child
    return CursorState.pending
  }
}
