/**
 * The sorted entries of the latest writes, in an arena that is at the same time the buffer of the log: what the
 * write pipeline appends to a table are the bytes that go to the file. Nothing is ever taken out; a full table
 * is sealed (nobody appends to it any more), flushed by this thread or another, and its arena used again.
 *
 * How an entry gets in:
 *
 * 1. {@link MemTable.hasRoomFor} says yes. From then on nothing can fail.
 * 2. {@link MemTable.startGroup} sets space aside for the header of a log record.
 * 3. The caller puts the key's bytes at {@link MemTable.nextKeyPosition} and the value's right behind them.
 * 4. {@link MemTable.appendEntry} writes the entry's own header around them.
 * 5. {@link MemTable.insertEntries} brings it, or many, into the tree, not visible to readers with an older limit.
 *
 * All state lies in the arena (`src/kernel/table-layout.ts`), so that another thread can attach to a sealed table.
 */
import { hashResult } from '../bytes/xxh64.ts'
import type { EntryKind, EntryView, SequenceNumber } from '../entry/entry.ts'
import type { CursorOptions, EntryCursor } from '../entry/entry-cursor.ts'
import { encodedEntrySize, entryHeaderSizeBytes, sequenceDeltaMax } from '../entry/entry-layout.ts'
import { invariant } from '../invariant.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { kernelOf } from '../kernel/kernel-instances.ts'
import type { Arena } from '../kernel/memory-pool.ts'
import {
  appendOffsetWord,
  baseSequenceHighWord,
  baseSequenceLowWord,
  entryCountWord,
  filterShare,
  heightWord,
  innerCountWord,
  keyCountWord,
  largestDeltaWord,
  leafCountWord,
  magicWord,
  nodeAlignmentBytes,
  nodeTopWord,
  smallestDeltaWord,
  tableHeaderSizeBytes,
  tableMagic,
  tombstoneCountWord,
  visibleDeltaWord,
} from '../kernel/table-layout.ts'
import { nodeBytesFor } from '../kernel/tree-room.ts'
import { readEntry } from './entry-in-arena.ts'
import { MemTableCursor } from './mem-table-cursor.ts'

/** Groups begin on multiples of this. */
const groupAlignmentBytes = 8

export class MemTable {
  readonly arena: Arena
  /** The memory that the arena lies in; positions below are indexes into it. */
  readonly bytes: Uint8Array
  /** Sequence numbers of entries are kept as differences from this. */
  readonly baseSequence: SequenceNumber
  readonly #kernel: Kernel
  readonly #words: Int32Array
  readonly #base: number
  /** The header of the arena, as an index into the words. */
  readonly #header: number

  private constructor(arena: Arena, kernel: Kernel) {
    const header = arena.base >>> 2
    const { words } = kernel
    this.arena = arena
    this.bytes = kernel.bytes
    this.baseSequence =
      (words[header + baseSequenceHighWord] as number) * 0x1_0000_0000 +
      ((words[header + baseSequenceLowWord] as number) >>> 0)
    this.#kernel = kernel
    this.#words = words
    this.#base = arena.base
    this.#header = header
  }

  /** An empty table in an arena, whatever that held before. No entry will have a lower number than the base. */
  static create(arena: Arena, baseSequence: SequenceNumber): MemTable {
    const kernel = kernelOf(arena.memory)
    const header = arena.base >>> 2
    const isZeroed = arena.usedFrontBytes === 0 && kernel.words[header + magicWord] === 0
    kernel.createTable(arena.base, arena.sizeBytes, isZeroed)
    kernel.words[header + baseSequenceLowWord] = baseSequence % 0x1_0000_0000
    kernel.words[header + baseSequenceHighWord] = Math.floor(baseSequence / 0x1_0000_0000)
    return new MemTable(arena, kernel)
  }

  /** A table that was made elsewhere, in this thread or another. */
  static attach(arena: Arena): MemTable {
    const kernel = kernelOf(arena.memory)
    invariant(kernel.words[(arena.base >>> 2) + magicWord] === tableMagic, 'the arena holds a table')
    return new MemTable(arena, kernel)
  }

  /**
   * The size of an arena that surely takes `entryCount` entries of `encodedBytes` in all (headers of groups
   * included) when it is empty.
   */
  static arenaSizeFor(entryCount: number, encodedBytes: number): number {
    const fixed = tableHeaderSizeBytes + groupAlignmentBytes + nodeBytesFor(entryCount, 0, 0, 0, 0)
    // The filter takes one part in `filterShare` of the whole.
    const sizeBytes = ((fixed + encodedBytes) * filterShare) / (filterShare - 1)
    return (Math.ceil(sizeBytes / nodeAlignmentBytes) + 1) * nodeAlignmentBytes
  }

  /** Entries, tombstones and older versions included. */
  get entryCount(): number {
    return this.#words[this.#header + entryCountWord] as number
  }

  get tombstoneCount(): number {
    return this.#words[this.#header + tombstoneCountWord] as number
  }

  /** Distinct keys. */
  get keyCount(): number {
    return this.#words[this.#header + keyCountWord] as number
  }

  /** Bytes of the arena that are in use: header, filter, entries and tree. */
  get sizeBytes(): number {
    return this.arena.sizeBytes - this.#freeBytes()
  }

  /** The lowest sequence number of an entry, 0 while there is none. */
  get smallestSequence(): SequenceNumber {
    if (this.entryCount === 0) return 0
    return this.baseSequence + (this.#words[this.#header + smallestDeltaWord] as number)
  }

  /** The highest sequence number of an entry, visible or not, 0 while there is none. */
  get largestSequence(): SequenceNumber {
    if (this.entryCount === 0) return 0
    return this.baseSequence + (this.#words[this.#header + largestDeltaWord] as number)
  }

  /**
   * No read sees an entry above it: how a table is closed over a group that could not be written. `Infinity`
   * unless set. Every thread sees it.
   */
  get visibleLimit(): SequenceNumber {
    const delta = this.#words[this.#header + visibleDeltaWord] as number
    return delta > sequenceDeltaMax ? Infinity : this.baseSequence + delta
  }

  set visibleLimit(limit: SequenceNumber) {
    const delta = Math.max(limit - this.baseSequence, -1)
    this.#words[this.#header + visibleDeltaWord] = delta > sequenceDeltaMax ? sequenceDeltaMax + 1 : delta
  }

  /**
   * Whether `entryCount` entries of `encodedBytes` in all (`encodedEntrySize`, and headers of groups) fit for
   * sure, whatever their keys are and however the tree grows. The answer holds until the next append.
   */
  hasRoomFor(entryCount: number, encodedBytes: number): boolean {
    const words = this.#words
    const header = this.#header
    const nodeBytes = nodeBytesFor(
      entryCount,
      words[header + keyCountWord] as number,
      words[header + leafCountWord] as number,
      words[header + innerCountWord] as number,
      words[header + heightWord] as number,
    )
    return nodeBytes + encodedBytes + groupAlignmentBytes <= this.#freeBytes()
  }

  /** Where the next entry or group goes, in bytes from the start of the arena. */
  get appendOffset(): number {
    return this.#words[this.#header + appendOffsetWord] as number
  }

  /** The lowest byte of the tree, which grows down from the end of the arena towards {@link appendOffset}. */
  get treeOffset(): number {
    return this.#words[this.#header + nodeTopWord] as number
  }

  /** Where something at an offset in the arena lies in {@link MemTable.bytes}. */
  positionOf(offset: number): number {
    return this.#base + offset
  }

  /**
   * Sets aside the header of a log record, on a multiple of eight; the bytes skipped before it are zero, those
   * of the header are not. Returns its offset.
   */
  startGroup(headerSizeBytes: number): number {
    const end = this.appendOffset
    const start = Math.ceil(end / groupAlignmentBytes) * groupAlignmentBytes
    for (let at = this.#base + end; at < this.#base + start; at += 1) this.bytes[at] = 0
    this.#words[this.#header + appendOffsetWord] = start + headerSizeBytes
    return start
  }

  /** Where the key of the next entry must be put, as an index into {@link MemTable.bytes}. */
  get nextKeyPosition(): number {
    return this.#base + this.appendOffset + entryHeaderSizeBytes
  }

  /**
   * Makes an entry of the key and value bytes that were put at {@link MemTable.nextKeyPosition}. Returns its
   * offset, for {@link MemTable.insertEntries}.
   */
  appendEntry(
    sequenceNumber: SequenceNumber,
    kind: EntryKind,
    flags: number,
    keyLength: number,
    valueLength: number,
  ): number {
    const words = this.#words
    const offset = this.appendOffset
    const position = this.#base + offset
    const word = position >>> 2
    const size = encodedEntrySize(keyLength, valueLength)
    words[word + 1] = sequenceNumber - this.baseSequence
    words[word + 2] = keyLength | (kind << 16) | (flags << 24)
    words[word + 3] = valueLength
    const end = position + size
    for (let i = position + entryHeaderSizeBytes + keyLength + valueLength; i < end; i += 1) this.bytes[i] = 0
    words[this.#header + appendOffsetWord] = offset + size
    return offset
  }

  /**
   * Sets aside so many bytes, on a multiple of eight, and returns their offset: for entries as a table wrote them
   * before, which is how a log holds them. {@link MemTable.hasRoomFor} was asked.
   */
  takeSpace(sizeBytes: number): number {
    const offset = this.startGroup(0)
    this.#words[this.#header + appendOffsetWord] = offset + Math.ceil(sizeBytes / 4) * 4
    return offset
  }

  /** Makes entries of another table those of this one: all that lie in a range are numbered from `firstSequence` on. */
  renumberEntries(from: number, to: number, firstSequence: SequenceNumber): void {
    const words = this.#words
    const end = (this.#base + to) >>> 2
    let delta = firstSequence - this.baseSequence
    for (let word = (this.#base + from) >>> 2; word < end; delta += 1) {
      words[word] = 0
      words[word + 1] = delta
      const keyLength = (words[word + 2] as number) & 0xffff
      word += encodedEntrySize(keyLength, words[word + 3] as number) >>> 2
    }
  }

  /** Takes back what was appended from `offset` on and not inserted: a batch that turned out to be invalid. */
  takeBackTo(offset: number): void {
    this.#words[this.#header + appendOffsetWord] = offset
  }

  /**
   * Brings appended entries into the tree: all from the one at `from` on, or those that begin before `to`. Entries
   * come in the order of their sequence numbers. Returns where the last of them ends.
   */
  insertEntries(from: number, to: number = this.appendOffset): number {
    return this.#kernel.insertRange(this.#base, from, to)
  }

  /** The XXH64 of what lies from one offset up to another, multiples of four, into `hashResult`. */
  hash(start: number, end: number, seedHigh: number, seedLow: number): void {
    const { keyPosition, words } = this.#kernel
    this.#kernel.writeHash(this.#base + start, this.#base + end, seedHigh, seedLow, keyPosition)
    hashResult.low = (words[keyPosition >>> 2] as number) >>> 0
    hashResult.high = (words[(keyPosition >>> 2) + 1] as number) >>> 0
  }

  /** Writes the XXH64 of what lies from one offset up to another to a third; all are multiples of four. */
  writeHash(start: number, end: number, seedHigh: number, seedLow: number, target: number): void {
    const base = this.#base
    this.#kernel.writeHash(base + start, base + end, seedHigh, seedLow, base + target)
  }

  /**
   * Finds the newest entry of a key at or below `sequenceLimit` and fills `out` with it: tombstones are entries
   * like others. The key's hash comes from `key-hash.ts`. Returns whether there is one.
   */
  find(
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    hashHigh: number,
    hashLow: number,
    sequenceLimit: SequenceNumber,
    out: EntryView,
  ): boolean {
    const kernel = this.#kernel
    if (!kernel.mayContain(this.#base, hashHigh, hashLow)) return false
    const { bytes } = this
    const position = kernel.keyPosition
    if (keyLength <= byteLoopLengthMax) {
      for (let i = 0; i < keyLength; i += 1) bytes[position + i] = key[keyStart + i] as number
    } else {
      bytes.set(key.subarray(keyStart, keyStart + keyLength), position)
    }
    const entry = kernel.findEntry(this.#base, position, keyLength, this.deltaLimitFor(sequenceLimit))
    if (entry === 0) return false
    readEntry(bytes, this.#words, this.#base + entry, this.baseSequence, out)
    return true
  }

  /** A walk over the entries; stays right while the table is written to. Never `pending`. */
  cursor(options: CursorOptions): EntryCursor {
    return new MemTableCursor(this, this.#kernel, options)
  }

  /** The largest sequence delta that a read up to `sequenceLimit` sees. */
  deltaLimitFor(sequenceLimit: SequenceNumber): number {
    const delta = sequenceLimit - this.baseSequence
    const visible = this.#words[this.#header + visibleDeltaWord] as number
    return delta < visible ? (delta < 0 ? -1 : delta) : visible
  }

  #freeBytes(): number {
    const header = this.#header
    return (this.#words[header + nodeTopWord] as number) - (this.#words[header + appendOffsetWord] as number)
  }
}

/** Up to here a loop copies faster than the runtime does. */
const byteLoopLengthMax = 24
