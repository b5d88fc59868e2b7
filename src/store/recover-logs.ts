/**
 * Brings what the logs of an earlier life hold into MemTables, group by group, with the sequence numbers they
 * had. Nothing on disk changes here.
 */
import { copyRange } from '../bytes/copy-range.ts'
import { EntryKind, type SequenceNumber } from '../entry/entry.ts'
import {
  encodedEntrySize,
  entryHeaderSizeBytes,
  keyLengthByte,
  kindByte,
  valueLengthByte,
} from '../entry/entry-layout.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import type { ArrivingBytes } from '../fs/read-in-slices.ts'
import { type LogContent, LogReplay, type ReplayCut, type ReplayStart } from '../log/log-replay.ts'
import { mayEndInRoom, withoutRoom } from '../log/log-room.ts'
import type { LogRecord, RangeHash } from '../log/record-reader.ts'
import { MemTable } from '../memtable/mem-table.ts'
import type { ArenaSupply } from './arena-supply.ts'

/** What came of it. */
export interface RecoveredLogs {
  /** Newest first; none when everything was in segments already. */
  readonly tables: readonly MemTable[]
  readonly lastSequence: number
  readonly highestSeenSequence: number
  readonly entryCount: number
  readonly logBytes: number
  /** Where the logs ended short of their last byte. */
  readonly cut: ReplayCut | undefined
}

/** A log before it is read. */
export interface LogSource extends Omit<LogContent, 'bytes' | 'hash'> {
  /** Begins to read it into memory of its size; resolves when its end is there. The caller closes what it gets. */
  readonly read: (memoryOf: (sizeBytes: number) => Uint8Array) => Promise<ArrivingBytes>
}

/**
 * Replays logs, given in ascending order.
 *
 * @throws {CorruptionError} when something that was synced is damaged or missing.
 */
export async function recoverLogs(
  logs: readonly LogSource[],
  start: ReplayStart,
  arenas: ArenaSupply,
): Promise<RecoveredLogs> {
  const rebuilder = new TableRebuilder(start.flushedSequence, arenas)
  const replay = new LogReplay(start, (bytes, from, to, record, path) =>
    rebuilder.addGroup(bytes, from, to, record, path),
  )
  let logBytes = 0
  for (const log of logs) {
    const arriving = await log.read((sizeBytes) => rebuilder.memoryOf(sizeBytes))
    try {
      const content = await contentOf(log, arriving, rebuilder.hashOf(arriving.bytes))
      rebuilder.takeBack(arriving.bytes, content.bytes.length)
      logBytes += content.bytes.length
      for (const length of replay.steps(content, () => arriving.arrivedLength)) await arriving.arrive(length)
    } finally {
      await arriving.close()
    }
  }
  const cut = replay.finish()
  const { lastSequence, highestSeenSequence } = replay
  return {
    tables: rebuilder.finish(),
    lastSequence,
    highestSeenSequence,
    entryCount: rebuilder.entryCount,
    logBytes,
    cut,
  }
}

/** What there is to replay. Only where a log may end in room its end must be looked for, which takes all of it. */
async function contentOf(
  log: LogSource,
  arriving: ArrivingBytes,
  hash: RangeHash | undefined,
): Promise<LogContent> {
  const content = { ...log, bytes: arriving.bytes, hash }
  if (!mayEndInRoom(content)) return content
  await arriving.arrive(arriving.bytes.length)
  return withoutRoom(content)
}

/**
 * Makes tables of groups. A log is an image of entries in an arena, so where it fits into one it is read right
 * there, and its groups become part of the table where they lie; others are copied into one.
 */
class TableRebuilder {
  readonly #flushedSequence: number
  readonly #arenas: ArenaSupply
  /** Newest first. */
  #tables: MemTable[] = []
  /** None of the entries to come has a lower number. */
  #nextSequence: SequenceNumber
  entryCount = 0

  constructor(flushedSequence: number, arenas: ArenaSupply) {
    this.#flushedSequence = flushedSequence
    this.#nextSequence = flushedSequence + 1
    this.#arenas = arenas
  }

  /** The tables, newest first. */
  finish(): readonly MemTable[] {
    for (const { entryCount, arena } of this.#tables) if (entryCount === 0) this.#arenas.giveBack(arena)
    return this.#tables.filter(({ entryCount }) => entryCount > 0)
  }

  /** Memory for a log: in the newest table or an empty one if it has room, else by itself. */
  memoryOf(sizeBytes: number): Uint8Array {
    const isSmall = MemTable.arenaSizeFor(0, sizeBytes) <= this.#arenas.arenaSizeBytes
    if (!isSmall) return new Uint8Array(sizeBytes)
    const table = this.#tableFor(0, sizeBytes)
    const position = table.positionOf(table.takeSpace(sizeBytes))
    return table.bytes.subarray(position, position + sizeBytes)
  }

  /** How to hash bytes that were read into the newest table. */
  hashOf(bytes: Uint8Array): RangeHash | undefined {
    const [newest] = this.#tables
    const base = newest === undefined ? undefined : offsetIn(newest, bytes, 0)
    if (newest === undefined || base === undefined) return undefined
    return (start, end, seedHigh, seedLow) => newest.hash(base + start, base + end, seedHigh, seedLow)
  }

  /** Takes back what the log that was read last does not need of its memory. */
  takeBack(bytes: Uint8Array, length: number): void {
    const [newest] = this.#tables
    const start = newest === undefined ? undefined : offsetIn(newest, bytes, 0)
    if (start !== undefined) newest?.takeBackTo(start + Math.ceil(length / 4) * 4)
  }

  /** Takes the entries of a group that are not in segments yet. */
  addGroup(bytes: Uint8Array, start: number, end: number, record: LogRecord, path: string): void {
    const flushedCount = Math.max(0, this.#flushedSequence + 1 - record.firstSequence)
    if (flushedCount >= record.entryCount) return
    const { from, to } = wholeEntries(bytes, start, end, record, path, flushedCount)
    const count = record.entryCount - flushedCount
    const sequence = record.firstSequence + flushedCount
    const [newest] = this.#tables
    const lies = newest === undefined ? undefined : offsetIn(newest, bytes, from)
    if (newest !== undefined && lies !== undefined && newest.hasRoomFor(count, 0)) {
      insert(newest, lies, to - from, sequence)
    } else {
      const table = this.#tableFor(count, to - from)
      const offset = table.takeSpace(to - from)
      copyRange(bytes, from, to - from, table.bytes, table.positionOf(offset))
      insert(table, offset, to - from, sequence)
    }
    this.entryCount += count
    this.#nextSequence = sequence + count
  }

  /** The newest table if there is room, else another. Recovery may need more memory than the store has later. */
  #tableFor(entryCount: number, sizeBytes: number): MemTable {
    const [newest] = this.#tables
    if (newest?.hasRoomFor(entryCount, sizeBytes)) return newest
    const neededBytes = MemTable.arenaSizeFor(entryCount, sizeBytes)
    const arena =
      neededBytes > this.#arenas.arenaSizeBytes
        ? this.#arenas.takeBeyond(neededBytes)
        : this.#arenas.takeAnyway()
    const table = MemTable.create(arena, this.#nextSequence)
    this.#tables.unshift(table)
    return table
  }
}

/** Where those entries of a group begin and end that are not flushed; all of them are looked at. */
function wholeEntries(
  bytes: Uint8Array,
  start: number,
  end: number,
  record: LogRecord,
  path: string,
  flushedCount: number,
): { from: number; to: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let from = start
  let at = start
  for (let i = 0; i < record.entryCount; i++) {
    if (i === flushedCount) from = at
    if (at + entryHeaderSizeBytes > end) throw groupTooShort(path, record)
    checkKind(view.getUint8(at + kindByte), path)
    const keyLength = view.getUint16(at + keyLengthByte, true)
    at += encodedEntrySize(keyLength, view.getUint32(at + valueLengthByte, true))
    if (at > end) throw groupTooShort(path, record)
  }
  return { from, to: at }
}

/** Where bytes lie in a table's arena, if they do. */
function offsetIn(table: MemTable, bytes: Uint8Array, at: number): number | undefined {
  if (bytes.buffer !== table.bytes.buffer) return undefined
  const offset = bytes.byteOffset + at - table.positionOf(0)
  return offset >= 0 && offset < table.appendOffset ? offset : undefined
}

function insert(table: MemTable, offset: number, sizeBytes: number, sequence: SequenceNumber): void {
  table.renumberEntries(offset, offset + sizeBytes, sequence)
  table.insertEntries(offset, offset + sizeBytes)
}

function groupTooShort(path: string, record: LogRecord): CorruptionError {
  return new CorruptionError('a group holds fewer entries than it says', path, record.offset)
}

function checkKind(kind: number, path: string): void {
  if (kind === EntryKind.put || kind === EntryKind.tombstone) return
  throw new UnsupportedFormatError(`${path} holds an entry of kind ${kind}, which this release does not know`)
}
