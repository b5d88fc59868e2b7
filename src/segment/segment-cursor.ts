/**
 * Walks the entries of a segment. The blocks it stands in are copies of its own (a *window* of one or several),
 * so the cache may forget theirs at any time. A seek's first block comes through the cache and goes into it;
 * a walk that goes on reads ahead, 1, 1, 2, 4, 8, 16 blocks at a time, past the cache, which a long scan would
 * only wash out; what is walked again stays there where the cache has memory to spare.
 *
 * Position is the entry to be looked at next, so a move that has to stop for a block goes on from there. In
 * reverse the older versions of a key come first: the newest that the limit allows is kept as candidate until
 * the walk reaches the key's first entry. When it has to leave the block for that, the window with the candidate
 * is put aside and a spare one used.
 */
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { PendingMove } from '../entry/pending-move.ts'
import { invariant } from '../invariant.ts'
import { BlockReader } from './block-reader.ts'
import { BlockWindow, windowBlockCountMax } from './block-window.ts'
import type { OpenedSegment } from './opened-segment.ts'

/** How a cursor reads. */
export interface SegmentAccess {
  /** Blocks that are read one at a time go into the cache. */
  readonly fillsCache: boolean
  /** Read as much ahead as allowed from the start: for walks known to be long. */
  readonly readsAheadAtOnce: boolean
}

export const seekAccess: SegmentAccess = { fillsCache: true, readsAheadAtOnce: false }
/** For flush, compaction and checks: walks the segment once and leaves the cache alone. */
export const scanAccess: SegmentAccess = { fillsCache: false, readsAheadAtOnce: true }

/** What a cursor needs of its segment. */
export interface SegmentOfCursor {
  readonly opened: OpenedSegment | undefined
  openSync(): void
  open(): Promise<void>
}

/** Instead of an ordinal: the last entry of the block, whose count is not known yet. */
const lastEntry = -2
/** Instead of a block: the segment itself must be opened. */
const segmentItself = -1

export class SegmentCursor implements EntryCursor {
  readonly entry: EntryView
  readonly #segment: SegmentOfCursor
  readonly #isReverse: boolean
  readonly #allVersions: boolean
  readonly #sequenceLimit: number
  readonly #access: SegmentAccess
  readonly #reader = new BlockReader()
  /** The block that the reader is open at, or -1. */
  #readerBlock = -1
  #window = new BlockWindow()
  #spare: BlockWindow | undefined
  /** The entry to be looked at next. */
  #block = 0
  #ordinal = 0
  /** Forward: an entry of the key was given already. A walk starts at the first entry of a key. */
  #isKeyDone = false
  /** Reverse: there is a candidate from a block before, the stash, which points into a window. */
  #isStashed = false
  /** Reverse: the stash points into the current window. */
  #keepsWindow = false
  #stash: EntryView | undefined
  /** The block that a pending move needs. */
  #missingBlock = segmentItself
  /** Reads since the last seek. */
  #readCount = 0
  readonly #pendingMove = new PendingMove()

  constructor(segment: SegmentOfCursor, options: CursorOptions, access: SegmentAccess) {
    invariant(!(options.reverse && options.allVersions), 'all versions are walked forward only')
    this.entry = options.entry ?? createEntryView()
    this.#segment = segment
    this.#isReverse = options.reverse
    this.#allVersions = options.allVersions
    this.#sequenceLimit = options.sequenceLimit
    this.#access = access
  }

  rewind(): CursorState {
    const opened = this.#segment.opened
    if (opened === undefined) return this.#pending(segmentItself)
    if (!this.#pendingMove.isRewind()) {
      if (this.#isReverse) this.#moveTo(opened.blockIndex.blockCount - 1, lastEntry)
      else this.#moveTo(0, 0)
    }
    const state = this.#settle(opened)
    if (state === CursorState.pending) this.#pendingMove.rememberRewind()
    return state
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    const opened = this.#segment.opened
    if (opened === undefined) return this.#pending(segmentItself)
    if (!this.#pendingMove.isSeek(key, strict)) {
      const isPlaced = this.#isReverse
        ? this.#placeBefore(opened, key, strict)
        : this.#placeAfter(opened, key, strict)
      if (!isPlaced) return CursorState.pending
    }
    const state = this.#settle(opened)
    if (state === CursorState.pending) this.#pendingMove.rememberSeek(key, strict)
    return state
  }

  advance(): CursorState {
    const opened = this.#segment.opened
    if (opened === undefined) return this.#pending(segmentItself)
    return this.#settle(opened)
  }

  loadSync(): void {
    const opened = this.#segment.opened
    if (this.#missingBlock === segmentItself || opened === undefined) {
      this.#segment.openSync()
      return
    }
    this.#freeWindow().readSync(opened, this.#missingBlock, ...this.#readAhead())
    this.#readCount += 1
  }

  async load(): Promise<void> {
    const opened = this.#segment.opened
    if (this.#missingBlock === segmentItself || opened === undefined) {
      await this.#segment.open()
      return
    }
    await this.#freeWindow().read(opened, this.#missingBlock, ...this.#readAhead())
    this.#readCount += 1
  }

  /** Forward: to the first entry of the first key at or after `key`. False: a block is missing. */
  #placeAfter(opened: OpenedSegment, key: Uint8Array, strict: boolean): boolean {
    const index = opened.blockIndex
    const block = strict
      ? Math.max(index.firstSeparatedBlock(key, 0, key.length, true) - 1, 0)
      : index.blockOf(key, 0, key.length)
    this.#moveTo(block, 0)
    if (!this.#enter(opened, block)) return false
    this.#ordinal = this.#reader.search(key, 0, key.length, strict)
    return true
  }

  /** Reverse: to the last entry of the last key at or before `key`. False: a block is missing. */
  #placeBefore(opened: OpenedSegment, key: Uint8Array, strict: boolean): boolean {
    const block = opened.blockIndex.firstSeparatedBlock(key, 0, key.length, !strict) - 1
    this.#moveTo(block, lastEntry)
    if (block < 0) return true
    if (!this.#enter(opened, block)) return false
    this.#ordinal = this.#reader.search(key, 0, key.length, !strict) - 1
    return true
  }

  /** A new walk begins at this entry. */
  #moveTo(block: number, ordinal: number): void {
    this.#pendingMove.forget()
    this.#block = block
    this.#ordinal = ordinal
    this.#dropStash()
    this.#readCount = 0
  }

  /** From the position on to the next entry that this cursor gives. */
  #settle(opened: OpenedSegment): CursorState {
    const state = this.#isReverse ? this.#settleReverse(opened) : this.#settleForward(opened)
    if (state !== CursorState.pending) this.#pendingMove.forget()
    return state
  }

  #settleForward(opened: OpenedSegment): CursorState {
    const reader = this.#reader
    const blockCount = opened.blockIndex.blockCount
    while (this.#block < blockCount) {
      if (this.#readerBlock !== this.#block && !this.#enter(opened, this.#block)) return CursorState.pending
      const count = reader.count
      for (let ordinal = this.#ordinal; ordinal < count; ordinal += 1) {
        if (!reader.isOlderVersion(ordinal)) this.#isKeyDone = false
        else if (this.#isKeyDone && !this.#allVersions) continue
        if (reader.sequenceNumberOf(ordinal) > this.#sequenceLimit) continue
        this.#isKeyDone = true
        this.#ordinal = ordinal + 1
        reader.view(ordinal, this.entry)
        return CursorState.entry
      }
      this.#block += 1
      this.#ordinal = 0
    }
    return CursorState.end
  }

  #settleReverse(opened: OpenedSegment): CursorState {
    const reader = this.#reader
    while (this.#block >= 0) {
      if (this.#readerBlock !== this.#block && !this.#enter(opened, this.#block)) return CursorState.pending
      let ordinal = this.#ordinal === lastEntry ? reader.count - 1 : this.#ordinal
      let candidate = -1
      for (; ordinal >= 0; ordinal -= 1) {
        if (reader.sequenceNumberOf(ordinal) <= this.#sequenceLimit) candidate = ordinal
        if (reader.isOlderVersion(ordinal)) continue
        if (candidate < 0 && !this.#isStashed) continue
        this.#ordinal = ordinal - 1
        this.#giveCandidate(candidate)
        return CursorState.entry
      }
      if (candidate >= 0) this.#stashCandidate(candidate)
      this.#block -= 1
      this.#ordinal = lastEntry
    }
    return CursorState.end
  }

  /** Gives the entry of the reader's block, or, if that is -1, the stash. */
  #giveCandidate(candidate: number): void {
    if (candidate >= 0) this.#reader.view(candidate, this.entry)
    else copyEntryView(this.#stash as EntryView, this.entry)
    if (this.#isStashed) this.#dropStash()
  }

  /** The walk leaves the block, but its candidate must stay. It is newer than one that was stashed before. */
  #stashCandidate(candidate: number): void {
    this.#stash ??= createEntryView()
    this.#reader.view(candidate, this.#stash)
    this.#isStashed = true
    this.#keepsWindow = true
  }

  #dropStash(): void {
    this.#isStashed = false
    this.#keepsWindow = false
  }

  #pending(missingBlock: number): CursorState {
    this.#missingBlock = missingBlock
    return CursorState.pending
  }

  /** Opens the reader at the block if it is in memory; otherwise notes it as missing. */
  #enter(opened: OpenedSegment, block: number): boolean {
    if (!this.#window.open(block, this.#reader)) {
      if (!opened.isCached(block)) {
        this.#missingBlock = block
        return false
      }
      const window = this.#freeWindow()
      window.copyCached(opened, block)
      window.open(block, this.#reader)
    }
    this.#readerBlock = block
    return true
  }

  /** A window whose content may be replaced: the current one, or the spare one if the current one is needed. */
  #freeWindow(): BlockWindow {
    this.#readerBlock = -1
    if (this.#keepsWindow) {
      const kept = this.#window
      this.#window = this.#spare ?? new BlockWindow()
      this.#spare = kept
      this.#keepsWindow = false
    }
    return this.#window
  }

  /** In which direction and how many blocks to read, and whether a single one goes into the cache. */
  #readAhead(): [step: number, countMax: number, keep: boolean] {
    const { fillsCache, readsAheadAtOnce } = this.#access
    const step = this.#isReverse ? -1 : 1
    if (readsAheadAtOnce) return [step, windowBlockCountMax, fillsCache]
    const countMax = this.#readCount < 2 ? 1 : Math.min(1 << (this.#readCount - 1), windowBlockCountMax)
    return [step, countMax, fillsCache]
  }
}
