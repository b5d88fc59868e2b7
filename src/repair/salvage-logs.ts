/**
 * Reads what logs hold beyond the segments. Where opening could replay them, they are replayed, with the same end.
 * Where it would refuse them, every record that is whole counts, wherever it lies: its checksum says that this store
 * wrote it, and its sequence number where it belongs. Gaps between these numbers are the writes that are lost; they
 * may have been of any key.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import type { EntryView } from '../entry/entry.ts'
import { CorruptionError } from '../errors.ts'
import { reasonOf } from '../fs/file-inspection.ts'
import { joinPath, logFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { decodeFileHeader, headerProblem, type StoreId } from '../log/file-header.ts'
import { entriesOfGroup } from '../log/group-entries.ts'
import { inspectLog } from '../log/inspect-log.ts'
import { type LogContent, LogReplay } from '../log/log-replay.ts'
import { withoutRoom } from '../log/log-room.ts'
import { RecordType } from '../log/record-format.ts'
import { type LogRecord, RecordReader } from '../log/record-reader.ts'
import type { Picture } from './find-picture.ts'
import { readWhole } from './read-whole.ts'
import type { DamagedFile, LostRange } from './repair-report.ts'

/** What logs gave. */
export interface SalvagedLogs {
  /** The newest of each key, tombstones too, by key. */
  readonly entries: readonly EntryView[]
  readonly lost: readonly LostRange[]
  readonly damagedFiles: readonly DamagedFile[]
  readonly readFiles: readonly string[]
  readonly byteCount: number
}

export interface LogsToSalvage {
  readonly fs: FileSystem
  readonly directory: string
  readonly picture: Picture
  /** Numbers of the logs that are there and may be in use, ascending. */
  readonly numbers: readonly number[]
}

/** Reads all of them into memory. */
export async function salvageLogs({ fs, directory, picture, numbers }: LogsToSalvage): Promise<SalvagedLogs> {
  const logs: LogContent[] = []
  for (const number of numbers) {
    const path = joinPath(directory, logFileName(number))
    logs.push({
      number,
      path,
      bytes: await readWhole(fs, path),
      isNamed: picture.logNumbers.includes(number),
      provenLength: picture.proof?.logs.find((log) => log.number === number)?.length,
    })
  }
  const missing = picture.logNumbers
    .filter((number) => !numbers.includes(number))
    .map((number) => joinPath(directory, logFileName(number)))
  return new LogSalvage(picture, logs, missing).run()
}

class LogSalvage {
  readonly #picture: Picture
  readonly #logs: readonly LogContent[]
  readonly #missing: readonly string[]
  readonly #newest = new Map<string, EntryView>()
  /** What the records that were read hold: from one sequence number to another, both included. */
  readonly #intervals: { first: number; last: number }[] = []
  readonly #places: { path: string; offset: number; length: number; reason: string }[] = []
  /** Nothing is damaged behind the last entry that was read. */
  #isTailWhole = true

  constructor(picture: Picture, logs: readonly LogContent[], missing: readonly string[]) {
    this.#picture = picture
    this.#logs = logs
    this.#missing = missing
  }

  run(): SalvagedLogs {
    const problem = this.#replayProblem()
    if (problem === undefined) return this.#result([])
    this.#newest.clear()
    for (const path of this.#missing)
      this.#places.push({ path, offset: 0, length: 0, reason: 'a log that must be there is missing' })
    for (const log of this.#logs) this.#salvage(log)
    const isTold = this.#places.some(({ path, offset }) => path === problem.path && offset === problem.offset)
    if (!isTold && this.#picture.isCertain) this.#places.push({ ...problem, length: 0 })
    return this.#result(this.#lostRanges())
  }

  /** Why opening would refuse the logs; `undefined` when it would not, and their entries are taken. */
  #replayProblem(): DamagedFile | undefined {
    const { storeId, isCertain, flushedSequence, restartSequence, lowestLiveLog, doubt } = this.#picture
    const [missing] = this.#missing
    if (missing !== undefined) return { path: missing, offset: 0, reason: 'the log is missing' }
    if (!isCertain || storeId === undefined) return this.#logs.length === 0 ? undefined : doubt
    const start = { storeId, flushedSequence, restartSequence, lowestLiveLog }
    const replay = new LogReplay(start, (bytes, _from, _to, record, path) =>
      this.#takeGroup(bytes, record, path),
    )
    try {
      for (const log of this.#logs) replay.add(withoutRoom(log))
      replay.finish()
      return undefined
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error
      return { path: error.path, offset: error.offset, reason: reasonOf(error) }
    }
  }

  #salvage({ path, bytes, number }: LogContent): void {
    const { storeId } = this.#picture
    const found = numberAndId(bytes, path, number, storeId)
    if (found === undefined) {
      const reason = 'the log belongs to another store, or nothing tells to which'
      this.#places.push({ path, offset: 0, length: bytes.length, reason })
      this.#isTailWhole = false
      return
    }
    for (const record of new RecordReader(bytes, found.number, found.storeId).search(0)) {
      if (record.type !== RecordType.group) continue
      this.#takeGroup(bytes, record, path)
      this.#isTailWhole = true
    }
    const hints = { number: found.number, storeId: found.storeId, syncedBytes: 0 }
    const lastEntry = this.#lastGroupEnd(bytes, found.number, found.storeId)
    for (const part of inspectLog(bytes, path, hints).parts) {
      if (part.kind !== 'damaged') continue
      this.#places.push({
        path,
        offset: part.offset,
        length: part.length,
        reason: String(part.details.reason),
      })
      if (part.offset >= lastEntry) this.#isTailWhole = false
    }
    if (found.number !== number) {
      this.#places.push({ path, offset: 16, length: 8, reason: `this is log ${found.number}` })
      this.#isTailWhole = false
    }
  }

  #lastGroupEnd(bytes: Uint8Array, number: number, storeId: StoreId): number {
    let end = 0
    for (const record of new RecordReader(bytes, number, storeId).search(0))
      if (record.type === RecordType.group) end = record.offset + record.length
    return end
  }

  #takeGroup(bytes: Uint8Array, record: LogRecord, path: string): void {
    this.#intervals.push({ first: record.firstSequence, last: record.firstSequence + record.entryCount - 1 })
    for (const entry of entriesOfGroup(bytes, record, path)) {
      if (entry.sequenceNumber <= this.#picture.flushedSequence) continue
      const key = latin1Of(entry)
      const known = this.#newest.get(key)
      if (known === undefined || known.sequenceNumber < entry.sequenceNumber) this.#newest.set(key, entry)
    }
  }

  /** Nothing is lost where the sequence numbers have no gap up to the last one that was given out. */
  #lostRanges(): LostRange[] {
    const { isCertain, proof, flushedSequence, restartSequence } = this.#picture
    let last = isCertain ? Math.max(flushedSequence, restartSequence - 1) : 0
    let newestLost = 0
    for (const interval of this.#intervals.sort((a, b) => a.first - b.first)) {
      if (interval.first > last + 1) newestLost = interval.first - 1
      last = Math.max(last, interval.last)
    }
    const isEndKnown =
      proof === undefined ? this.#isTailWhole && this.#missing.length === 0 : last >= proof.lastSequence
    if (isCertain && isEndKnown && newestLost === 0) return []
    const newestSequence = isEndKnown && isCertain ? newestLost : proof?.lastSequence
    return this.#places.map((place) => ({ ...place, keys: {}, newestSequence }))
  }

  #result(lost: readonly LostRange[]): SalvagedLogs {
    return {
      entries: [...this.#newest.values()].sort((a, b) => compareBytes(keyOf(a), keyOf(b))),
      lost,
      damagedFiles: this.#places.map(({ path, offset, reason }) => ({ path, offset, reason })),
      readFiles: this.#logs.map(({ path }) => path),
      byteCount: this.#logs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    }
  }
}

/** What the header says, or the name and other files where it is damaged; nothing for a log of another store. */
function numberAndId(
  bytes: Uint8Array,
  path: string,
  number: number,
  storeId: StoreId | undefined,
): { number: number; storeId: StoreId } | undefined {
  if (headerProblem(bytes, 'log') !== undefined) return storeId && { number, storeId }
  const header = decodeFileHeader(bytes, 'log', path)
  const isOurs =
    storeId === undefined || (header.storeId.high === storeId.high && header.storeId.low === storeId.low)
  return isOurs ? { number: header.number, storeId: header.storeId } : undefined
}

function keyOf({ keyBytes, keyStart, keyLength }: EntryView): Uint8Array {
  return keyBytes.subarray(keyStart, keyStart + keyLength)
}

/** A string that tells keys apart, one character a byte. */
function latin1Of(entry: EntryView): string {
  let text = ''
  for (const byte of keyOf(entry)) text += String.fromCharCode(byte)
  return text
}
