/**
 * The source of an iterator: walks a range of the store as it was at one sequence number. It holds no MemTable
 * and no segment between two fills: each looks at the current picture, and when that is another one than the
 * last fill saw, it makes new cursors and goes on strictly behind the last key it consumed. So an iterator that
 * is left open keeps nothing but its place among the live sequence numbers.
 */
import type { EntryView, SequenceNumber } from '../entry/entry.ts'
import { CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { isAfterRange, isBeforeRange, type KeyRange } from '../entry/key-range.ts'
import { ConcatCursor } from '../iterate/concat-cursor.ts'
import { MergeCursor } from '../iterate/merge-cursor.ts'
import { VisibleCursor } from '../iterate/visible-cursor.ts'
import { FillState, type ItemSource } from './iterator-handle.ts'
import type { ReadPace } from './read-pace.ts'
import type { ReadView, SegmentRun } from './read-view.ts'
import { asReadError } from './store-health.ts'
import type { ViewKeeper } from './view-keeper.ts'

export interface RangeScanParts<T> {
  readonly views: ViewKeeper
  readonly pace: ReadPace
  readonly sequence: SequenceNumber
  readonly range: KeyRange
  readonly isReverse: boolean
  readonly itemOf: (entry: EntryView) => T
  /** Called once, when nothing reads at the sequence number any more. `hasMoved`: since then the picture changed. */
  readonly onClose: (hasMoved: boolean) => void
}

/** The move that brings the walk to its next entry. */
const Move = { rewind: 0, seek: 1, seekBehind: 2, advance: 3 } as const
type Move = (typeof Move)[keyof typeof Move]

/** Up to here a loop copies faster than the runtime does. */
const copyLoopLengthMax = 24

export class RangeScan<T> implements ItemSource<T> {
  readonly #parts: RangeScanParts<T>
  #cursor: VisibleCursor | undefined
  #generation = -1
  readonly #firstGeneration: number
  #move: Move = Move.rewind
  /** The target of a seek, or the last key consumed: the first `#keyLength` bytes. */
  #key: Uint8Array = new Uint8Array(64)
  #keyLength = 0

  constructor(parts: RangeScanParts<T>) {
    this.#parts = parts
    this.#firstGeneration = parts.views.current.generation
  }

  fill(items: T[], count: number, sizeBytesMax: number): FillState {
    const { itemOf } = this.#parts
    const cursor = this.#currentCursor()
    const { entry } = cursor
    let sizeBytes = 0
    let state = this.#makeMove(cursor)
    while (state === CursorState.entry) {
      items.push(itemOf(entry))
      sizeBytes += entry.keyLength + entry.valueLength
      // Before the next move, which may leave the entry and then have to wait.
      this.#standOn(entry)
      if (items.length >= count || sizeBytes >= sizeBytesMax) return FillState.filled
      state = cursor.advance()
    }
    return state === CursorState.pending ? FillState.pending : FillState.end
  }

  /**
   * Visits entries until the end or until `visit` answers false, blocking; returns how many. When a callback wrote
   * so much that the picture changed, `onMoved` tells that nothing of the old one is looked at any more.
   */
  visit(limit: number, visit: (entry: EntryView) => unknown, onMoved: () => void): number {
    if (limit <= 0) return 0
    const { views } = this.#parts
    let count = 0
    let cursor = this.#currentCursor()
    let state = this.#endMoveSync(cursor, this.#makeMove(cursor))
    while (state === CursorState.entry) {
      count++
      this.#move = Move.advance
      const isLast = visit(cursor.entry) === false || count >= limit
      const hasMoved = views.current.generation !== this.#generation
      if (hasMoved) {
        this.#standOn(cursor.entry)
        onMoved()
      }
      if (isLast) break
      // In the new picture it goes on behind this key.
      if (hasMoved) cursor = this.#currentCursor()
      state = this.#makeMove(cursor)
      if (state === CursorState.pending) state = this.#endMoveSync(cursor, state)
    }
    return count
  }

  async load(): Promise<void> {
    const { views, pace } = this.#parts
    const cursor = this.#cursor as EntryCursor
    const view = views.hold()
    try {
      await pace.load(
        () => cursor.loadSync(),
        () => cursor.load(),
      )
    } catch (error) {
      throw asReadError(error)
    } finally {
      views.release(view)
    }
  }

  loadSync(): void {
    try {
      this.#cursor?.loadSync()
    } catch (error) {
      throw asReadError(error)
    }
  }

  seek(target: Uint8Array): void {
    this.#keepKey(target, 0, target.length)
    this.#move = Move.seek
    this.#cursor = undefined
  }

  close(): void {
    this.#cursor = undefined
    this.#parts.onClose(this.#parts.views.current.generation !== this.#firstGeneration)
  }

  /** The cursor over the current picture; a new one takes up where the old one was. */
  #currentCursor(): VisibleCursor {
    const view = this.#parts.views.current
    if (this.#cursor !== undefined && this.#generation === view.generation) return this.#cursor
    const passed = this.#cursor?.passedKey
    if (passed !== undefined) {
      this.#keepKey(passed, 0, passed.length)
      this.#move = Move.seekBehind
    } else if (this.#move === Move.advance) {
      this.#move = Move.seekBehind
    }
    this.#generation = view.generation
    this.#cursor = this.#openCursor(view)
    return this.#cursor
  }

  #makeMove(cursor: VisibleCursor): CursorState {
    switch (this.#move) {
      case Move.rewind:
        return cursor.rewind()
      case Move.advance:
        return cursor.advance()
      default:
        return cursor.seek(this.#key.subarray(0, this.#keyLength), this.#move === Move.seekBehind)
    }
  }

  /** Loads, blocking, and repeats the move that led to `state` as long as that is `pending`. */
  #endMoveSync(cursor: VisibleCursor, state: CursorState): CursorState {
    while (state === CursorState.pending) {
      this.loadSync()
      state = this.#makeMove(cursor)
    }
    return state
  }

  #standOn({ keyBytes, keyStart, keyLength }: EntryView): void {
    this.#keepKey(keyBytes, keyStart, keyLength)
    this.#move = Move.advance
  }

  #keepKey(bytes: Uint8Array, start: number, length: number): void {
    if (length > this.#key.length) this.#key = new Uint8Array(length * 2)
    const kept = this.#key
    if (length <= copyLoopLengthMax) for (let i = 0; i < length; i++) kept[i] = bytes[start + i] as number
    else kept.set(bytes.subarray(start, start + length))
    this.#keyLength = length
  }

  #openCursor(view: ReadView): VisibleCursor {
    const { isReverse, sequence, range } = this.#parts
    const options = { reverse: isReverse, sequenceLimit: sequence, allVersions: false }
    const children: EntryCursor[] = view.tables
      .filter((table) => table.entryCount > 0)
      .map((table) => table.cursor(options))
    for (const run of view.runs) {
      const segments = overlapping(run, range)
      if (segments.length === 1) children.push((segments[0] as SegmentRun['segments'][0]).cursor(options))
      else if (segments.length > 1) children.push(new ConcatCursor(segments, options))
    }
    const [first] = children
    const merged = children.length === 1 && first !== undefined ? first : new MergeCursor(children, options)
    return new VisibleCursor(merged, range, isReverse)
  }
}

/** The segments of a run that may hold keys of the range. */
function overlapping(run: SegmentRun, range: KeyRange): SegmentRun['segments'] {
  return run.segments.filter(
    ({ smallestKey, largestKey }) =>
      !isAfterRange(range, smallestKey, 0, smallestKey.length) &&
      !isBeforeRange(range, largestKey, 0, largestKey.length),
  )
}
