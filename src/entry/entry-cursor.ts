/**
 * A walk over the entries of one source (a MemTable, a Segment, a Run) or of several merged, in one direction
 * fixed when it is made. The walk is synchronous while data is in memory; a move that needs a block from disk
 * changes nothing and answers `pending`: the caller loads (blocking or not) and repeats the same move. That is
 * how one cursor serves both the synchronous and the asynchronous API.
 *
 * Unless made with `allVersions`, a cursor gives one entry a key: the newest at or below its sequence limit,
 * tombstones included. With `allVersions` (forward only, for flush and compaction) it gives every entry at or
 * below the limit, newest first for one key.
 */
import type { EntryView, SequenceNumber } from './entry.ts'

/** What a move led to. `pending`: load, then repeat the move. */
export const CursorState = { end: 0, entry: 1, pending: 2 } as const
export type CursorState = (typeof CursorState)[keyof typeof CursorState]

export interface CursorOptions {
  readonly reverse: boolean
  /** Entries above it do not exist for this cursor. */
  readonly sequenceLimit: SequenceNumber
  readonly allVersions: boolean
  /** Where the cursor may show the entry it stands on, so that who made it for that need not copy the view. */
  readonly entry?: EntryView
}

export interface EntryCursor {
  /** The entry the cursor stands on; valid until the next move or load. Always the same object. */
  readonly entry: EntryView
  /** To the first entry in the cursor's direction. */
  rewind(): CursorState
  /**
   * Forward: to the first entry with a key at or after `key` (`strict`: after). Reverse: to the first with a
   * key at or before it (`strict`: before). `key` is not kept.
   */
  seek(key: Uint8Array, strict: boolean): CursorState
  /** To the next entry in the cursor's direction. Only after a move that gave `entry`. */
  advance(): CursorState
  /** After `pending`: brings the missing block into memory, blocking. Throws `CorruptionError`. */
  loadSync(): void
  /** After `pending`: the same without blocking. */
  load(): Promise<void>
}
