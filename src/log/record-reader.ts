/**
 * Reads the records of a log or manifest that is wholly in memory, and judges where it ends.
 *
 * A record that fails its checks may be a torn tail (the process or the machine died while it was written:
 * legal, cut it) or damage (somebody's acknowledged write: refuse). Which of the two cannot be seen from what
 * is intact behind it, because pages of un-synced appends reach the disk in any order. But every record tells
 * how far the disk was known to hold everything when it was made. So a reader searches all that
 * lies behind the bad place (`search`), and whatever is bad below the furthest position found is damage. (The distinction,
 * and why it needs a position in the log, is discussed in cockroachdb/pebble#864.)
 */
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { fileHeaderSizeBytes, type StoreId } from './file-header.ts'
import {
  getUint53,
  type RecordHeader,
  type RecordType,
  recordHeaderSizeBytes,
  recordLengthMax,
  recordMagic,
  type SyncedPosition,
} from './record-format.ts'

/** A record where it lies in the file's bytes. */
export interface LogRecord extends RecordHeader {
  readonly offset: number
  readonly length: number
  /** Start of the payload in the file; it ends, padding included, at `offset + length`. */
  readonly payloadStart: number
}

/** Leaves the XXH64 of `[start, end)` of the bytes that are read, with a seed, in `hashResult`. */
export type RangeHash = (start: number, end: number, seedHigh: number, seedLow: number) => void

export class RecordReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fileNumber: number
  readonly #storeId: StoreId
  readonly #hash: RangeHash
  /** Where the next record starts; once `next` gave `undefined`, where the intact part of the file ends. */
  position: number = fileHeaderSizeBytes
  /** Why reading stopped before the end of the file; `undefined` when it did not. */
  problem: string | undefined

  /** `hash`: for bytes that lie where they can be hashed in place. */
  constructor(
    bytes: Uint8Array,
    fileNumber: number,
    storeId: StoreId,
    hash: RangeHash = (start, end, seedHigh, seedLow) => xxh64(bytes, start, end, seedHigh, seedLow),
  ) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fileNumber = fileNumber
    this.#storeId = storeId
    this.#hash = hash
  }

  /**
   * How much of the file {@link next} looks at, where `arrivedLength` bytes of it are there: so much must be before it
   * may be called. When more than that arrived, it may be more again.
   */
  neededLength(arrivedLength: number): number {
    const headerEnd = this.position + recordHeaderSizeBytes
    if (headerEnd > arrivedLength || headerEnd > this.#bytes.length)
      return Math.min(headerEnd, this.#bytes.length)
    const length = this.#view.getUint32(this.position + 12, true)
    return length > recordLengthMax ? headerEnd : Math.min(this.position + length, this.#bytes.length)
  }

  /** The next record, or `undefined` at the end of the file or at the first place that is not intact. */
  next(): LogRecord | undefined {
    if (this.position === this.#bytes.length) return undefined
    this.problem = this.#problemAt(this.position)
    if (this.problem !== undefined) return undefined
    const record = this.#recordAt(this.position)
    this.position += record.length
    return record
  }

  /**
   * The intact records anywhere at or behind `position`, tried at every multiple of 8. Costs a look at each,
   * and a checksum only where magic, number and length fit.
   */
  *search(position: number): Generator<LogRecord> {
    let at = Math.max(fileHeaderSizeBytes, Math.ceil(position / 8) * 8)
    while (at + recordHeaderSizeBytes <= this.#bytes.length) {
      if (this.#view.getUint32(at + 8, true) === recordMagic && this.#problemAt(at) === undefined) {
        const record = this.#recordAt(at)
        yield record
        at += record.length
      } else {
        at += 8
      }
    }
  }

  #problemAt(at: number): string | undefined {
    const left = this.#bytes.length - at
    if (left < recordHeaderSizeBytes) return 'the file ends inside the header of a record'
    if (this.#view.getUint32(at + 8, true) !== recordMagic) return 'no record starts here'
    const length = this.#view.getUint32(at + 12, true)
    if (length < recordHeaderSizeBytes || length % 8 !== 0 || length > recordLengthMax) {
      return `a record has the impossible length ${length}`
    }
    if (length > left) return 'the file ends inside a record'
    if (getUint53(this.#view, at + 16) !== this.#fileNumber) return 'a record belongs to another file'
    this.#hash(at + 8, at + length, this.#storeId.high, this.#storeId.low)
    if (
      this.#view.getUint32(at, true) !== hashResult.low ||
      this.#view.getUint32(at + 4, true) !== hashResult.high
    ) {
      return 'a record fails its checksum'
    }
    return undefined
  }

  #recordAt(at: number): LogRecord {
    return {
      offset: at,
      length: this.#view.getUint32(at + 12, true),
      payloadStart: at + recordHeaderSizeBytes,
      fileNumber: this.#fileNumber,
      firstSequence: getUint53(this.#view, at + 24),
      entryCount: this.#view.getUint32(at + 32, true),
      type: this.#view.getUint32(at + 36, true) as RecordType,
      synced: { fileNumber: getUint53(this.#view, at + 40), offset: getUint53(this.#view, at + 48) },
    }
  }
}

/** The further of two positions in the order of files. */
export function laterPosition(a: SyncedPosition, b: SyncedPosition): SyncedPosition {
  if (a.fileNumber !== b.fileNumber) return a.fileNumber > b.fileNumber ? a : b
  return a.offset >= b.offset ? a : b
}

/** The furthest synced position that the records give, or `from` when none goes beyond it. */
export function furthestSyncedPosition(
  records: Iterable<RecordHeader>,
  from: SyncedPosition,
): SyncedPosition {
  let furthest = from
  for (const record of records) furthest = laterPosition(furthest, record.synced)
  return furthest
}
