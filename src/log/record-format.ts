/**
 * The frame of everything in a log and in a manifest: a record is a header of 56 bytes and a payload, 8-byte
 * aligned, its length a multiple of 8.
 *
 *     offset size
 *          0    8  xxh64 of bytes 8 to the end, seeded with the id of the store
 *          8    4  magic, "VRec"
 *         12    4  length of the record in bytes, header and padding included
 *         16    8  number of the file that the record belongs to
 *         24    8  first sequence number of its entries (of a record without entries: the next one)
 *         32    4  count of its entries
 *         36    1  type, see RecordType
 *         37    3  zero
 *         40    8  synced position: number of a file …
 *         48    8  … and how many bytes of it were known to be on stable storage when the record was made
 *         56       payload, padded with zeros
 *
 * The checksum covers the file's number, so that a record never passes in another file, and the synced
 * position, which is what tells a torn tail from damage: see record-reader.ts. Integers are little endian.
 */
import {
  finish,
  hashResult,
  mergeLanes,
  mixStripes,
  startLanes,
  stripeSizeBytes,
  xxh64,
} from '../bytes/xxh64.ts'
import type { StoreId } from './file-header.ts'

/** What a record holds. On disk: never renumber. */
export const RecordType = {
  /** A commit group: entries as in entry-layout.ts, the ends of batches flagged. */
  group: 1,
  /** First record of a log that continues another: number, length and last sequence number of that one. */
  link: 2,
  /** No payload: repeats the synced position, so that a quiet file proves itself too. */
  syncMark: 3,
  /** One VersionEdit of a manifest. */
  edit: 4,
} as const
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

export const recordHeaderSizeBytes = 56
/** The checksum, which begins a record and covers what is behind it. */
export const checksumSizeBytes = 8
export const recordMagic: number = 0x63655256
/** No record is longer: a batch of 256 MiB with its frame and some slack. */
export const recordLengthMax: number = 512 * 1024 * 1024

/** How far the disk is known to hold everything: all files before `fileNumber`, and `offset` bytes of it. */
export interface SyncedPosition {
  readonly fileNumber: number
  readonly offset: number
}

export interface RecordHeader {
  readonly type: RecordType
  readonly fileNumber: number
  readonly firstSequence: number
  readonly entryCount: number
  readonly synced: SyncedPosition
}

/** Length of a record with so much payload. */
export function recordLength(payloadLength: number): number {
  return recordHeaderSizeBytes + Math.ceil(payloadLength / 8) * 8
}

/**
 * Completes the record at `start`, whose payload is already in place and padded: writes the header, then the
 * checksum. `start` and `length` are multiples of 8.
 */
export function sealRecord(
  bytes: Uint8Array,
  start: number,
  length: number,
  header: RecordHeader,
  storeId: StoreId,
): void {
  writeRecordHeader(bytes, start, length, header)
  xxh64(bytes, start + checksumSizeBytes, start + length, storeId.high, storeId.low)
  writeChecksum(bytes, start)
}

/** {@link sealRecord} of a long record with a pause after each `sliceSizeBytes`. */
export function* sealRecordInSlices(
  bytes: Uint8Array,
  start: number,
  length: number,
  header: RecordHeader,
  storeId: StoreId,
  sliceSizeBytes: number,
): Generator<void> {
  writeRecordHeader(bytes, start, length, header)
  const lanes = new Int32Array(8)
  startLanes(lanes, storeId.high, storeId.low)
  const end = start + length
  const sliceStripes = Math.ceil(sliceSizeBytes / stripeSizeBytes)
  let at = start + 8
  for (let left = Math.floor((end - at) / stripeSizeBytes); left > 0; ) {
    const stripes = Math.min(left, sliceStripes)
    mixStripes(lanes, bytes, at, stripes)
    at += stripes * stripeSizeBytes
    left -= stripes
    if (left > 0) yield
  }
  mergeLanes(lanes)
  finish(bytes, at, end, length - 8)
  writeChecksum(bytes, start)
}

/** All of a record's header but its checksum. */
export function writeRecordHeader(
  bytes: Uint8Array,
  start: number,
  length: number,
  header: RecordHeader,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, recordHeaderSizeBytes)
  view.setUint32(8, recordMagic, true)
  view.setUint32(12, length, true)
  setUint53(view, 16, header.fileNumber)
  setUint53(view, 24, header.firstSequence)
  view.setUint32(32, header.entryCount, true)
  view.setUint32(36, header.type, true)
  setUint53(view, 40, header.synced.fileNumber)
  setUint53(view, 48, header.synced.offset)
}

function writeChecksum(bytes: Uint8Array, start: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8)
  view.setUint32(0, hashResult.low, true)
  view.setUint32(4, hashResult.high, true)
}

/** A whole record of its own. */
export function encodeRecord(header: RecordHeader, payload: Uint8Array, storeId: StoreId): Uint8Array {
  const bytes = new Uint8Array(recordLength(payload.length))
  bytes.set(payload, recordHeaderSizeBytes)
  sealRecord(bytes, 0, bytes.length, header, storeId)
  return bytes
}

/** A link's payload: what the log before this one came to. */
export interface LogLink {
  readonly previousNumber: number
  readonly previousLength: number
  readonly lastSequence: number
}

export const linkPayloadSizeBytes = 24

export function encodeLink(link: LogLink, target: Uint8Array, offset: number): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, linkPayloadSizeBytes)
  setUint53(view, 0, link.previousNumber)
  setUint53(view, 8, link.previousLength)
  setUint53(view, 16, link.lastSequence)
}

export function decodeLink(bytes: Uint8Array, offset: number): LogLink {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, linkPayloadSizeBytes)
  return {
    previousNumber: getUint53(view, 0),
    previousLength: getUint53(view, 8),
    lastSequence: getUint53(view, 16),
  }
}

/** Reads a u64 that is known to stay below 2^53 (larger ones lose low bits and fail later checks). */
export function getUint53(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32
}

function setUint53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true)
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true)
}
