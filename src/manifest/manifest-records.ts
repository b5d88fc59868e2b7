/**
 * The records of a manifest as bytes: edits and sync marks, in the same frame as the records of a log
 * (`log/record-format.ts`), with its checksum. Writing and reading side by side.
 */
import { CorruptionError } from '../errors.ts'
import { encodeFileHeader, type StoreId } from '../log/file-header.ts'
import { encodeRecord, type RecordHeader, RecordType, type SyncedPosition } from '../log/record-format.ts'
import type { LogRecord } from '../log/record-reader.ts'
import { type ManifestState, wholeStateEdit } from './manifest-state.ts'
import { decodeVersionEdit, encodeVersionEdit, type VersionEdit } from './version-edit.ts'

/** The first bytes of a manifest: its header, and one edit that makes the whole state. */
export function encodeManifestStart(number: number, state: ManifestState, storeId: StoreId): Uint8Array {
  const header = encodeFileHeader({ kind: 'manifest', number, storeId })
  const synced = { fileNumber: number, offset: 0 }
  const record = encodeEditRecord(wholeStateEdit(state), synced, storeId)
  const bytes = new Uint8Array(header.length + record.length)
  bytes.set(header, 0)
  bytes.set(record, header.length)
  return bytes
}

/** An edit's payload: its length as u32, then its bytes; what follows is padding of the record. */
export function encodeEditRecord(edit: VersionEdit, synced: SyncedPosition, storeId: StoreId): Uint8Array {
  const encoded = encodeVersionEdit(edit)
  const payload = new Uint8Array(4 + encoded.length)
  new DataView(payload.buffer).setUint32(0, encoded.length, true)
  payload.set(encoded, 4)
  return encodeRecord(headerOf(RecordType.edit, synced), payload, storeId)
}

/** A record that says how far the manifest is synced, and changes nothing. */
export function encodeSyncMark(synced: SyncedPosition, storeId: StoreId): Uint8Array {
  return encodeRecord(headerOf(RecordType.syncMark, synced), new Uint8Array(0), storeId)
}

function headerOf(type: RecordType, synced: SyncedPosition): RecordHeader {
  return { type, fileNumber: synced.fileNumber, firstSequence: 0, entryCount: 0, synced }
}

/**
 * Reads the edit of an intact record.
 *
 * @throws {CorruptionError} when the record is none, or {@link decodeVersionEdit} cannot read it.
 */
export function decodeEditRecord(bytes: Uint8Array, record: LogRecord, path: string): VersionEdit {
  const start = record.payloadStart
  const end = record.offset + record.length
  const length =
    end - start < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset + start, 4).getUint32(0, true)
  if (record.type !== RecordType.edit || length < 0 || start + 4 + length > end) {
    throw new CorruptionError(`a record of type ${record.type} is no edit`, path, record.offset)
  }
  return decodeVersionEdit(bytes.subarray(start + 4, start + 4 + length), path, record.offset)
}
