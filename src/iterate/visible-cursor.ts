/**
 * What a user sees of a merged walk: the keys of a range, without tombstones, up to a limit. The last of the
 * cursors, next to the API.
 *
 * A long stretch of tombstones is walked in pieces: after each this cursor answers `pending` with nothing to
 * load, so that whoever drives it can let others run.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import { EntryKind, type EntryView } from '../entry/entry.ts'
import { CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { isAfterRange, isBeforeRange, type KeyBound, type KeyRange } from '../entry/key-range.ts'
import { PendingMove } from '../entry/pending-move.ts'

/** Tombstones passed over in one go: about a tenth of a millisecond. */
const tombstonesAtOnce = 4096

export class VisibleCursor implements EntryCursor {
  /** The child's own. */
  readonly entry: EntryView
  readonly #child: EntryCursor
  readonly #isReverse: boolean
  readonly #range: KeyRange
  /** Where the walk starts: the lower bound, in reverse the upper one. */
  readonly #start: KeyBound | undefined
  readonly #limit: number
  #givenCount = 0
  readonly #pendingMove = new PendingMove()
  /** The last `pending` came from this cursor, not from the child. */
  #isPaused = false
  #passedKey: Uint8Array = new Uint8Array(64)
  #passedKeyLength = -1

  /**
   * `child` walks in the direction that `reverse` says and gives one entry a key. `limit` is how many entries
   * are given at most, counted from the last `rewind`, or else from the beginning.
   */
  constructor(
    child: EntryCursor,
    range: KeyRange,
    reverse: boolean,
    limit: number = Number.POSITIVE_INFINITY,
  ) {
    this.entry = child.entry
    this.#child = child
    this.#isReverse = reverse
    this.#range = range
    this.#start = reverse ? range.upper : range.lower
    this.#limit = limit
  }

  /**
   * The key of the tombstone passed over last, if the walk did not give an entry since; the bytes are good until
   * the next move. Who replaces this cursor by another need not pass over it again.
   */
  get passedKey(): Uint8Array | undefined {
    return this.#passedKeyLength < 0 ? undefined : this.#passedKey.subarray(0, this.#passedKeyLength)
  }

  rewind(): CursorState {
    if (this.#pendingMove.isRewind()) return this.#remembering(this.#advanceChild(), undefined, false)
    this.#givenCount = 0
    const state = this.#rewindChild()
    return state === CursorState.pending ? state : this.#remembering(this.#settle(state), undefined, false)
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    if (this.#pendingMove.isSeek(key, strict)) return this.#remembering(this.#advanceChild(), key, strict)
    const state = this.#isBeforeStart(key) ? this.#rewindChild() : this.#seekChild(key, strict)
    return state === CursorState.pending ? state : this.#remembering(this.#settle(state), key, strict)
  }

  advance(): CursorState {
    return this.#advanceChild()
  }

  loadSync(): void {
    if (!this.#isPaused) this.#child.loadSync()
  }

  async load(): Promise<void> {
    if (!this.#isPaused) await this.#child.load()
  }

  /** From the tombstone or the entry that the child stands on to the next one to be given. */
  #advanceChild(): CursorState {
    if (this.#givenCount >= this.#limit) return CursorState.end
    this.#isPaused = false
    return this.#settle(this.#child.advance())
  }

  #rewindChild(): CursorState {
    this.#pendingMove.forget()
    const start = this.#start
    if (start !== undefined) return this.#seekChild(start.key, !start.inclusive)
    this.#isPaused = false
    this.#passedKeyLength = -1
    return this.#child.rewind()
  }

  #seekChild(key: Uint8Array, strict: boolean): CursorState {
    this.#pendingMove.forget()
    this.#isPaused = false
    this.#passedKeyLength = -1
    return this.#child.seek(key, strict)
  }

  /** The child made a move that led to `state`: passes over tombstones and stops at the range's end. */
  #settle(state: CursorState): CursorState {
    let tombstonesLeft = tombstonesAtOnce
    while (state === CursorState.entry) {
      if (this.#givenCount >= this.#limit || this.#isBehindEnd()) return CursorState.end
      if (this.entry.kind !== EntryKind.tombstone) {
        this.#givenCount += 1
        this.#passedKeyLength = -1
        return CursorState.entry
      }
      this.#notePassed()
      if (tombstonesLeft === 0) {
        this.#isPaused = true
        return CursorState.pending
      }
      tombstonesLeft -= 1
      state = this.#child.advance()
    }
    return state
  }

  /** Keeps what a rewind (without key) or a seek needs when it is repeated. */
  #remembering(state: CursorState, key: Uint8Array | undefined, strict: boolean): CursorState {
    if (state !== CursorState.pending) this.#pendingMove.forget()
    else if (key === undefined) this.#pendingMove.rememberRewind()
    else this.#pendingMove.rememberSeek(key, strict)
    return state
  }

  #isBeforeStart(key: Uint8Array): boolean {
    if (this.#start === undefined) return false
    const order = compareBytes(key, this.#start.key)
    // On the bound itself the bound is the stricter of the two only when it is exclusive.
    if (order === 0) return !this.#start.inclusive
    return this.#isReverse ? order > 0 : order < 0
  }

  #isBehindEnd(): boolean {
    const { keyBytes, keyStart, keyLength } = this.entry
    return this.#isReverse
      ? isBeforeRange(this.#range, keyBytes, keyStart, keyLength)
      : isAfterRange(this.#range, keyBytes, keyStart, keyLength)
  }

  /** Copied before the child moves on. */
  #notePassed(): void {
    const { keyBytes, keyStart, keyLength } = this.entry
    if (keyLength > this.#passedKey.length) this.#passedKey = new Uint8Array(keyLength * 2)
    for (let i = 0; i < keyLength; i += 1) this.#passedKey[i] = keyBytes[keyStart + i] as number
    this.#passedKeyLength = keyLength
  }
}
