/**
 * Brings what the logs of an earlier life hold into MemTables, entry by entry, with the sequence numbers they
 * had. Nothing on disk changes here.
 */
import { EntryKind } from '../entry/entry.ts'
import {
  encodedEntrySize,
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  valueLengthByte,
} from '../entry/entry-layout.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { type LogContent, LogReplay, type ReplayCut, type ReplayStart } from '../log/log-replay.ts'
import type { LogRecord } from '../log/record-reader.ts'
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

/**
 * Replays logs, given one at a time in ascending order.
 *
 * @throws {CorruptionError} when something that was synced is damaged or missing.
 */
export async function recoverLogs(
  logs: AsyncIterable<LogContent>,
  start: ReplayStart,
  arenas: ArenaSupply,
): Promise<RecoveredLogs> {
  const rebuilder = new TableRebuilder(start.flushedSequence, arenas)
  const replay = new LogReplay(start, (bytes, from, to, record, path) =>
    rebuilder.addGroup(bytes, from, to, record, path),
  )
  let logBytes = 0
  for await (const log of logs) {
    logBytes += log.bytes.length
    replay.add(log)
  }
  const cut = replay.finish()
  const { lastSequence, highestSeenSequence } = replay
  return {
    tables: rebuilder.tables,
    lastSequence,
    highestSeenSequence,
    entryCount: rebuilder.entryCount,
    logBytes,
    cut,
  }
}

class TableRebuilder {
  readonly #flushedSequence: number
  readonly #arenas: ArenaSupply
  readonly tables: MemTable[] = []
  entryCount = 0

  constructor(flushedSequence: number, arenas: ArenaSupply) {
    this.#flushedSequence = flushedSequence
    this.#arenas = arenas
  }

  /** Takes the entries of a group that are not in segments yet. */
  addGroup(bytes: Uint8Array, start: number, end: number, record: LogRecord, path: string): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = start
    for (let i = 0; i < record.entryCount; i++) {
      if (at + entryHeaderSizeBytes > end) throw this.#short(path, record)
      const keyLength = view.getUint16(at + keyLengthByte, true)
      const valueLength = view.getUint32(at + valueLengthByte, true)
      const size = encodedEntrySize(keyLength, valueLength)
      if (at + size > end) throw this.#short(path, record)
      const sequence = record.firstSequence + i
      if (sequence > this.#flushedSequence) this.#add(bytes, at, keyLength, valueLength, sequence, path)
      at += size
    }
  }

  #add(
    bytes: Uint8Array,
    at: number,
    keyLength: number,
    valueLength: number,
    sequence: number,
    path: string,
  ): void {
    const kind = bytes[at + kindByte] as number
    if (kind !== EntryKind.put && kind !== EntryKind.tombstone) {
      throw new UnsupportedFormatError(
        `${path} holds an entry of kind ${kind}, which this release does not know`,
      )
    }
    const table = this.#tableFor(encodedEntrySize(keyLength, valueLength), sequence)
    const keyStart = at + entryHeaderSizeBytes
    table.bytes.set(bytes.subarray(keyStart, keyStart + keyLength + valueLength), table.nextKeyPosition)
    const offset = table.appendEntry(sequence, kind, bytes[at + flagsByte] as number, keyLength, valueLength)
    table.insertEntries(offset)
    this.entryCount++
  }

  /** The newest table if there is room, else another. Recovery may need more memory than the store has later. */
  #tableFor(sizeBytes: number, sequence: number): MemTable {
    const [newest] = this.tables
    if (newest?.hasRoomFor(1, sizeBytes)) return newest
    const isLarge = sizeBytes > this.#arenas.arenaSizeBytes / 2
    const arena = isLarge
      ? this.#arenas.takeBeyond(MemTable.arenaSizeFor(1, sizeBytes))
      : (this.#arenas.take() ?? this.#arenas.takeBeyond(this.#arenas.arenaSizeBytes))
    const table = MemTable.create(arena, sequence)
    this.tables.unshift(table)
    return table
  }

  #short(path: string, record: LogRecord): CorruptionError {
    return new CorruptionError('a group holds fewer entries than it says', path, record.offset)
  }
}
