/**
 * Takes a log or a manifest apart into its header, its records, and what lies between them. Never fails: where no
 * intact record starts, the next one is searched, and the stretch before it is shown as damaged. Zeros up to the
 * end of a log are room that was written ahead.
 *
 * Of a damaged stretch `synced` says whether the disk had confirmed it, as far as this file and the hints tell:
 * then it is damage for certain; otherwise it may be the torn end that a crash leaves and that opening cuts off.
 */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { UnsupportedFormatError } from '../errors.ts'
import { type FilePart, reasonOf } from '../fs/file-inspection.ts'
import {
  decodeFileHeader,
  type FileHeader,
  fileHeaderSizeBytes,
  type HeaderKind,
  type StoreId,
} from './file-header.ts'
import { isZero } from './log-room.ts'
import { furthestSyncedPosition, type LogRecord, RecordReader } from './record-reader.ts'

/** What is known about a file from elsewhere: from its name, and from CURRENT in the same folder. */
export interface FileHints {
  readonly number: number | undefined
  readonly storeId: StoreId | undefined
  /** So many bytes were on stable storage for certain. */
  readonly syncedBytes: number
}

/** What a log and a manifest have in common. */
export interface InspectedRecords {
  readonly properties: {
    /** `undefined` when the header is damaged and nothing else tells; likewise the next two. */
    readonly number: number | undefined
    readonly format: number | undefined
    /** In hexadecimal, as CURRENT has it. */
    readonly storeId: string | undefined
    readonly sizeBytes: number
    /** Length of the beginning of the file that is whole, room included. */
    readonly intactBytes: number
    /** How much of this file was on stable storage, as far as its records and the hints tell. */
    readonly syncedBytes: number
  }
  readonly records: readonly LogRecord[]
  /** The header, and everything that is no record. */
  readonly otherParts: readonly FilePart[]
}

export function inspectRecords(
  bytes: Uint8Array,
  kind: HeaderKind,
  path: string,
  hints: FileHints,
): InspectedRecords {
  const { part, format, header } = inspectHeader(bytes, kind, path)
  const number = header?.number ?? hints.number
  const storeId = header?.storeId ?? hints.storeId
  const properties = {
    number,
    format,
    storeId: storeId && hexOf64(storeId.high, storeId.low),
    sizeBytes: bytes.length,
    intactBytes: 0,
    syncedBytes: hints.syncedBytes,
  }
  if (part.kind === 'unknown') return { properties, records: [], otherParts: [part] }
  // The id seeds the checksums: without it no record can be told from garbage.
  if (number === undefined || storeId === undefined) {
    const details = { reason: 'without the header, nobody knows which store and file the records belong to' }
    const rest = { offset: part.length, length: bytes.length - part.length, kind: 'unknown', details }
    return { properties, records: [], otherParts: rest.length > 0 ? [part, rest] : [part] }
  }
  const records = [...new RecordReader(bytes, number, storeId).search(0)]
  const syncedBytes = syncedLength(records, number, hints.syncedBytes)
  const otherParts = [part]
  let end = part.length
  for (const { offset, length } of [...records, { offset: bytes.length, length: 0 }]) {
    if (kind === 'log' && offset === bytes.length && isRoom(bytes, end, syncedBytes)) {
      otherParts.push({ offset: end, length: offset - end, kind: 'room', details: {} })
    } else if (end < offset) {
      const reason = problemAt(bytes, number, storeId, end)
      otherParts.push(...damaged(end, offset, reason, syncedBytes))
    }
    end = offset + length
  }
  if (bytes.length < syncedBytes) {
    const reason = `the file ends before ${syncedBytes} bytes that were synced`
    otherParts.push({ offset: bytes.length, length: 0, kind: 'damaged', details: { reason, synced: true } })
  }
  const intactBytes = otherParts.find(({ kind }) => kind === 'damaged')?.offset ?? bytes.length
  return { properties: { ...properties, intactBytes, syncedBytes }, records, otherParts }
}

/** In the order of the file. */
export function sortParts(parts: readonly FilePart[]): FilePart[] {
  return [...parts].sort((a, b) => a.offset - b.offset)
}

/** How far the disk was known to hold everything when the record was made. */
export function syncedDetails({ synced }: LogRecord): { syncedFile: number; syncedBytes: number } {
  return { syncedFile: synced.fileNumber, syncedBytes: synced.offset }
}

interface InspectedHeader {
  readonly part: FilePart
  readonly format?: number
  readonly header?: FileHeader
}

function inspectHeader(bytes: Uint8Array, kind: HeaderKind, path: string): InspectedHeader {
  const place = { offset: 0, length: Math.min(bytes.length, fileHeaderSizeBytes) }
  try {
    const header = decodeFileHeader(bytes, kind, path)
    return { part: { ...place, kind: 'header', details: {} }, format: formatOf(bytes), header }
  } catch (error) {
    const details = { reason: reasonOf(error) }
    if (!(error instanceof UnsupportedFormatError)) return { part: { ...place, kind: 'damaged', details } }
    const part = { offset: 0, length: bytes.length, kind: 'unknown', details }
    return { part, format: formatOf(bytes) }
  }
}

/** Stands at the same place in every format. */
function formatOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true)
}

/** One part, or none when nothing lies between. */
function damaged(start: number, end: number, reason: string, syncedBytes: number): FilePart[] {
  if (start >= end) return []
  const details = { reason, synced: start < syncedBytes }
  return [{ offset: start, length: end - start, kind: 'damaged', details }]
}

/** Whether a log ends there, and the rest was written ahead. */
function isRoom(bytes: Uint8Array, start: number, syncedBytes: number): boolean {
  return start < bytes.length && start >= syncedBytes && isZero(bytes, start)
}

/** Why no record was found at the offset. */
function problemAt(bytes: Uint8Array, number: number, storeId: StoreId, offset: number): string {
  const reader = new RecordReader(bytes, number, storeId)
  reader.position = offset
  reader.next()
  return reader.problem ?? ''
}

function syncedLength(records: readonly LogRecord[], number: number, hinted: number): number {
  const known = furthestSyncedPosition(records, { fileNumber: number, offset: hinted })
  return known.fileNumber === number ? known.offset : hinted
}
