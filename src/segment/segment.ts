/**
 * A segment: an immutable sorted file of entries. Nothing is read before the first use. From then on the block
 * index is in memory, and from the first lookup on, as far as the index budget reaches, the hash index or the
 * filter.
 *
 * A lookup is synchronous while its block is in memory. Otherwise it answers `pending`, and the caller loads
 * (blocking or not) and asks again:
 *
 *     while ((state = segment.find(…, out)) === FindState.pending) segment.loadSync()   // or: await segment.load()
 *
 * `load` must follow `find` with nothing in between; other lookups may run while it waits.
 */
import type { EntryView, SequenceNumber } from '../entry/entry.ts'
import type { CursorOptions, EntryCursor } from '../entry/entry-cursor.ts'
import { ClosedError } from '../errors.ts'
import type { File, Files } from '../fs/file-system.ts'
import { FindState } from './find-state.ts'
import { OpenedSegment } from './opened-segment.ts'
import type { SegmentCaches } from './segment-caches.ts'
import { type SegmentAccess, SegmentCursor, seekAccess } from './segment-cursor.ts'
import { SegmentLookup } from './segment-lookup.ts'
import type { SegmentMeta } from './segment-meta.ts'
import { openSegment, openSegmentSync, type SegmentParts } from './segment-opening.ts'
import { type SegmentReport, verifySegment } from './segment-verifier.ts'

export class Segment {
  readonly path: string
  readonly meta: SegmentMeta
  readonly #fs: Files
  readonly #caches: SegmentCaches
  #opened: OpenedSegment | undefined
  #lookup: SegmentLookup | undefined
  #opening: Promise<void> | undefined
  #isClosed = false

  private constructor(fs: Files, path: string, meta: SegmentMeta, caches: SegmentCaches) {
    this.#fs = fs
    this.path = path
    this.meta = meta
    this.#caches = caches
  }

  /** No I/O: damage shows at the first use, as a `CorruptionError`. */
  static open(fs: Files, path: string, meta: SegmentMeta, caches: SegmentCaches): Segment {
    return new Segment(fs, path, meta, caches)
  }

  get number(): number {
    return this.meta.number
  }

  get smallestKey(): Uint8Array {
    return this.meta.smallestKey
  }

  get largestKey(): Uint8Array {
    return this.meta.largestKey
  }

  /** What of its index is in memory. */
  get indexState(): 'not loaded' | 'hash' | 'filter' | 'blocks' {
    const keyIndex = this.#opened?.keyIndex
    if (keyIndex === undefined) return 'not loaded'
    if (keyIndex.slots !== undefined) return 'hash'
    return keyIndex.filter === undefined ? 'blocks' : 'filter'
  }

  /**
   * Looks for the newest entry of a key at or below `sequenceLimit` and points `out` at it. `hashHigh` and
   * `hashLow` are the key's hash (`bytes/key-hash.ts`). Throws `CorruptionError`.
   */
  find(
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    hashHigh: number,
    hashLow: number,
    sequenceLimit: SequenceNumber,
    out: EntryView,
  ): FindState {
    const lookup = this.#lookup
    if (lookup === undefined) {
      this.#refuseIfClosed()
      return FindState.pending
    }
    return lookup.find(key, keyStart, keyLength, hashHigh, hashLow, sequenceLimit, out)
  }

  /** Touches where the probing for a hash begins, so that {@link find} need not wait for that memory. */
  touchSlot(hashLow: number): void {
    this.#lookup?.touchSlot(hashLow)
  }

  /**
   * Where in the block cache the first entry lies that {@link find} would look at for a key of this hash, for
   * `BlockCache.touchEntries`; below zero: nowhere. To be asked after {@link touchSlot}.
   */
  placeOf(hashHigh: number, hashLow: number): number {
    return this.#lookup?.placeOf(hashHigh, hashLow) ?? -1
  }

  /**
   * Whether the value that {@link find} found last lies in memory of its own, so that it may be kept without a
   * copy: large values do. Everything else is valid until the next block is loaded.
   */
  get foundDetached(): boolean {
    return this.#lookup?.foundDetached ?? false
  }

  /** After `pending`: brings what the lookup needs into memory, blocking. Throws `CorruptionError`. */
  loadSync(): void {
    const lookup = this.#lookup
    if (lookup === undefined) this.openSync()
    else lookup.loadSync()
  }

  /** After `pending`: the same without blocking. */
  async load(): Promise<void> {
    const lookup = this.#lookup
    if (lookup === undefined) await this.open()
    else await lookup.load()
  }

  /** A walk over the entries. `access` says how it reads; the default suits short walks from a seek. */
  cursor(options: CursorOptions, access: SegmentAccess = seekAccess): EntryCursor {
    return new SegmentCursor(this, options, access)
  }

  /**
   * Reads everything and compares everything: checksums, order, counts, and that index, hash index and filter
   * agree with the blocks. Blocks; pauses at each `yield`, a few dozen blocks apart, where it tells the bytes
   * read so far. Throws `CorruptionError` at the first damage.
   */
  verify(): Generator<number, SegmentReport> {
    return verifySegment(this.#fs, this.path, this.meta)
  }

  /** The open file with what is in memory of it; for cursors. */
  get opened(): OpenedSegment | undefined {
    return this.#opened
  }

  /** Opens the file and loads its block index unless that is done. */
  openSync(): void {
    if (this.#opened !== undefined) return
    this.#refuseIfClosed()
    const { file, parts } = openSegmentSync(this.#fs, this.path, this.meta)
    this.#begin(file, parts)
  }

  /** {@link openSync} without blocking; several callers share one opening. */
  async open(): Promise<void> {
    if (this.#opened !== undefined) return
    this.#refuseIfClosed()
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Closes the file and gives the memory back. Safe to call twice; later reads throw `ClosedError`. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => {})
    await this.#takeOpened()?.close()
  }

  closeSync(): void {
    this.#isClosed = true
    this.#takeOpened()?.closeSync()
  }

  #begin(file: File, parts: SegmentParts): void {
    this.#opened = new OpenedSegment(file, parts, this.meta, this.#caches)
    this.#lookup = new SegmentLookup(this.#opened)
  }

  #takeOpened(): OpenedSegment | undefined {
    const opened = this.#opened
    this.#opened = undefined
    this.#lookup = undefined
    return opened
  }

  async #openOnce(): Promise<void> {
    const { file, parts } = await openSegment(this.#fs, this.path, this.meta)
    // Meanwhile a blocking caller may have opened it, or the owner closed it.
    if (this.#opened === undefined && !this.#isClosed) {
      this.#begin(file, parts)
      return
    }
    await file.close()
    this.#refuseIfClosed()
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw new ClosedError(`segment ${this.meta.number} is closed`)
  }
}
