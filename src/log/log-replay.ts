/**
 * Goes through the logs that a crash (or a full disk) left, in their order, and decides where what they hold
 * ends. Feeds the groups before that end to a sink; knows sequence numbers and positions, not what entries
 * mean. Changes nothing on disk.
 *
 * The end is the first place that is not intact: bytes that are no record, or a log that does not begin where
 * the one before it ended. Whether that is a torn tail or damage, the synced positions of all records decide,
 * also of those behind it (see record-reader.ts).
 */
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { decodeFileHeader, fileHeaderSizeBytes, headerProblem, type StoreId } from './file-header.ts'
import { decodeLink, RecordType, type SyncedPosition } from './record-format.ts'
import { type LogRecord, laterPosition, type RangeHash, RecordReader } from './record-reader.ts'

/** One log. Room at its end is taken off before it is replayed (see log-room.ts). */
export interface LogContent {
  readonly number: number
  readonly path: string
  /** All of it, in memory; for {@link LogReplay.steps}, of the size of it all. */
  readonly bytes: Uint8Array
  /** The manifest names it: its header was on stable storage before anything in it counted. */
  readonly isNamed: boolean
  /** The exact length that a clean close proved, if it did; room is not counted. */
  readonly provenLength: number | undefined
  /** How records are hashed, where there is a faster way than `xxh64`. */
  readonly hash?: RangeHash | undefined
}

/** What the manifest says about what the logs must hold. */
export interface ReplayStart {
  readonly storeId: StoreId
  /** Everything up to here is in segments; logs may hold it too. */
  readonly flushedSequence: number
  /** A log may begin here although no log ends right before it. */
  readonly restartSequence: number
  /** Logs below it were dropped, so a link may point there. */
  readonly lowestLiveLog: number
}

/** Takes a group: `bytes[start, end)` are its entries, `end` including padding. */
export type GroupSink = (
  bytes: Uint8Array,
  start: number,
  end: number,
  record: LogRecord,
  path: string,
) => void

/** Where the replay ended for good. */
export interface ReplayCut {
  readonly path: string
  readonly fileNumber: number
  readonly offset: number
  readonly reason: string
}

export class LogReplay {
  readonly #start: ReplayStart
  readonly #sink: GroupSink
  /** The log that the next one must continue, and where its intact part ended. */
  #previous: { number: number; path: string; end: number } | undefined
  /** What stopped the reading of that log. No harm is done if the next log says that it ended just there. */
  #tail: ReplayCut | undefined
  #cut: ReplayCut | undefined
  #known: SyncedPosition = { fileNumber: 0, offset: 0 }
  #lastSequence: number
  #highestSeenSequence = 0

  constructor(start: ReplayStart, sink: GroupSink) {
    this.#start = start
    this.#sink = sink
    this.#lastSequence = start.flushedSequence
  }

  /** The last sequence number that was replayed or is known to be flushed. */
  get lastSequence(): number {
    return this.#lastSequence
  }

  /** The highest one in any intact record, also behind the end: none up to it may be given out again. */
  get highestSeenSequence(): number {
    return this.#highestSeenSequence
  }

  /** Takes the next log; logs come in ascending order of their numbers. */
  add(log: LogContent): void {
    for (const _ of this.steps(log, () => log.bytes.length));
  }

  /**
   * {@link add} for a log that comes into memory from its front. Gives how many bytes of it must be there before it can
   * go on, whenever that is more than `arrivedLength` says.
   */
  *steps(log: LogContent, arrivedLength: () => number): Generator<number, void> {
    const { bytes } = log
    const headerEnd = Math.min(fileHeaderSizeBytes, bytes.length)
    if (arrivedLength() < headerEnd) yield headerEnd
    const problem = this.#headerProblem(log)
    const reader = new RecordReader(bytes, log.number, this.#start.storeId, log.hash)
    if (problem === undefined && this.#cut === undefined) yield* this.#replay(log, reader, arrivedLength)
    if (arrivedLength() < bytes.length) yield bytes.length
    if (problem === undefined) {
      for (const record of reader.search(reader.position)) this.#see(record)
    } else if (!reader.search(0).next().done) {
      // It was being made ready, and nothing is written to a log before the manifest names it.
      throw new CorruptionError(problem, log.path, 0)
    }
  }

  /**
   * Ends the replay, once all logs were added.
   *
   * @returns where it ended short of the last byte, or `undefined`.
   * @throws {CorruptionError} when something below the furthest synced position is bad or missing.
   */
  finish(): ReplayCut | undefined {
    const cut = this.#cut ?? this.#tail
    if (cut !== undefined && this.#isProvenBeyond(cut))
      throw new CorruptionError(`${cut.reason}, although it was synced`, cut.path, cut.offset)
    this.#refuseEarlyEnd()
    return cut
  }

  #isProvenBeyond({ fileNumber, offset }: ReplayCut): boolean {
    const known = this.#known
    return known.fileNumber > fileNumber || (known.fileNumber === fileNumber && known.offset > offset)
  }

  /** A log may end too early without a trace in it: cut between two records, or with zeros that pass for room. */
  #refuseEarlyEnd(): void {
    const [last, known] = [this.#previous, this.#known]
    if (last === undefined || last.number !== known.fileNumber || last.end >= known.offset) return
    const problem = `the log ends, although ${known.offset} bytes of it were synced`
    throw new CorruptionError(problem, last.path, last.end)
  }

  /** What is wrong with the header of a log that may be torn; a log that may not be is refused. */
  #headerProblem(log: LogContent): string | undefined {
    const { bytes, path, provenLength } = log
    if (provenLength !== undefined)
      this.#known = laterPosition(this.#known, { fileNumber: log.number, offset: provenLength })
    const problem = headerProblem(bytes, 'log')
    if (problem !== undefined) {
      if (log.isNamed) throw new CorruptionError(problem, path, 0)
      return problem
    }
    const header = decodeFileHeader(bytes, 'log', path)
    const { storeId } = this.#start
    if (
      header.number !== log.number ||
      header.storeId.low !== storeId.low ||
      header.storeId.high !== storeId.high
    ) {
      throw new CorruptionError('the log belongs to another place or store', path, 16)
    }
    return undefined
  }

  *#replay(log: LogContent, reader: RecordReader, arrivedLength: () => number): Generator<number, void> {
    yield* untilNext(reader, arrivedLength)
    const first = reader.next()
    if (first === undefined) {
      if (reader.problem !== undefined) this.#cut = this.#tail ?? cutAt(log, reader.position, reader.problem)
      else if (log.isNamed) this.#previous = { number: log.number, path: log.path, end: reader.position }
      return
    }
    this.#see(first)
    const gap = this.#gapBefore(log, first)
    if (gap !== undefined) {
      this.#cut = this.#tail ?? gap
      return
    }
    let logSequence = decodeLink(log.bytes, first.payloadStart).lastSequence
    this.#lastSequence = Math.max(this.#lastSequence, logSequence)
    for (;;) {
      if (reader.neededLength(arrivedLength()) > arrivedLength()) yield* untilNext(reader, arrivedLength)
      const record = reader.next()
      if (record === undefined) break
      this.#see(record)
      if (record.firstSequence !== logSequence + 1) {
        const problem = `sequence numbers jump from ${logSequence} to ${record.firstSequence}`
        throw new CorruptionError(problem, log.path, record.offset)
      }
      this.#take(log, record)
      logSequence += record.entryCount
    }
    this.#previous = { number: log.number, path: log.path, end: reader.position }
    this.#tail = reader.problem === undefined ? undefined : cutAt(log, reader.position, reader.problem)
  }

  /** Where what was replayed so far ends, when a log does not continue it. */
  #gapBefore(log: LogContent, first: LogRecord): ReplayCut | undefined {
    if (first.type !== RecordType.link) {
      throw new CorruptionError('a log begins without a link to the one before it', log.path, first.offset)
    }
    const link = decodeLink(log.bytes, first.payloadStart)
    const previous = this.#previous
    if (previous !== undefined) {
      const continues =
        link.previousNumber === previous.number &&
        link.previousLength === previous.end &&
        link.lastSequence === this.#lastSequence
      if (continues) return undefined
      const reason = `log ${log.number} continues byte ${link.previousLength} of log ${link.previousNumber}`
      return { path: previous.path, fileNumber: previous.number, offset: previous.end, reason }
    }
    const { flushedSequence, restartSequence, lowestLiveLog } = this.#start
    const isReachable = link.lastSequence < Math.max(flushedSequence + 1, restartSequence)
    if (link.previousNumber >= lowestLiveLog && link.previousNumber !== 0) {
      throw new CorruptionError(
        `log ${link.previousNumber}, which comes before it, is missing`,
        log.path,
        first.offset,
      )
    }
    if (!isReachable) {
      const problem = `the log begins after ${link.lastSequence}, but segments end at ${flushedSequence}`
      throw new CorruptionError(problem, log.path, first.offset)
    }
    return undefined
  }

  #take(log: LogContent, record: LogRecord): void {
    if (record.type === RecordType.syncMark) return
    if (record.type !== RecordType.group) {
      throw new UnsupportedFormatError(
        `${log.path} holds a record of type ${record.type} at offset ${record.offset}, which this release does not know`,
      )
    }
    this.#sink(log.bytes, record.payloadStart, record.offset + record.length, record, log.path)
    this.#lastSequence = Math.max(this.#lastSequence, record.firstSequence + record.entryCount - 1)
  }

  #see(record: LogRecord): void {
    this.#known = laterPosition(this.#known, record.synced)
    const last = record.firstSequence + record.entryCount - 1
    if (last > this.#highestSeenSequence) this.#highestSeenSequence = last
  }
}

/** Gives how many bytes must be there, until the reader can look at the next record. */
function* untilNext(reader: RecordReader, arrivedLength: () => number): Generator<number, void> {
  for (;;) {
    const needed = reader.neededLength(arrivedLength())
    if (needed <= arrivedLength()) return
    yield needed
  }
}

function cutAt(log: LogContent, offset: number, reason: string): ReplayCut {
  return { path: log.path, fileNumber: log.number, offset, reason }
}
