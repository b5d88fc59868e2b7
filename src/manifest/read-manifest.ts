/**
 * Reads a whole manifest, as opening and checking do: adds its edits up, and decides whether what is behind the
 * last intact record is an edit that never took effect, or damage.
 */
import { CorruptionError } from '../errors.ts'
import { decodeFileHeader, type StoreId } from '../log/file-header.ts'
import { RecordType } from '../log/record-format.ts'
import { furthestSyncedPosition, type LogRecord, RecordReader } from '../log/record-reader.ts'
import { decodeEditRecord } from './manifest-records.ts'
import { applyEdit, emptyManifestState, type ManifestState } from './manifest-state.ts'
import type { VersionEdit } from './version-edit.ts'

/** What reading a manifest gave. */
export interface ReadManifest {
  readonly storeId: StoreId
  readonly state: ManifestState
  /** Length of the intact part. */
  readonly length: number
  readonly firstRecordLength: number
  /** Bytes behind the intact part belong to an edit that never took effect. */
  readonly isTorn: boolean
  readonly edits: readonly { readonly offset: number; readonly length: number; readonly edit: VersionEdit }[]
}

/**
 * Reads a manifest. `syncedLength` is how much of it is known to have been on stable storage.
 *
 * @throws {CorruptionError} for anything bad below that, or below what a later record proves.
 */
export function readManifest(
  bytes: Uint8Array,
  path: string,
  number: number,
  storeId: StoreId,
  syncedLength: number,
): ReadManifest {
  const header = decodeFileHeader(bytes, 'manifest', path)
  if (
    header.number !== number ||
    header.storeId.low !== storeId.low ||
    header.storeId.high !== storeId.high
  ) {
    throw new CorruptionError('the manifest belongs to another place or store', path, 16)
  }
  const reader = new RecordReader(bytes, number, storeId)
  const edits: { offset: number; length: number; edit: VersionEdit }[] = []
  const records: LogRecord[] = []
  let state = emptyManifestState
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    records.push(record)
    if (record.type === RecordType.syncMark) continue
    const edit = decodeEditRecord(bytes, record, path)
    state = applyChecked(state, edit, path, record.offset)
    edits.push({ offset: record.offset, length: record.length, edit })
  }
  const known = furthestSyncedPosition(records, { fileNumber: number, offset: syncedLength })
  const proven = furthestSyncedPosition(reader.search(reader.position), known)
  if (reader.position < proven.offset || edits.length === 0) {
    const problem = reader.problem ?? `the file ends before ${proven.offset} bytes that were synced`
    throw new CorruptionError(problem, path, reader.position)
  }
  return {
    storeId,
    state,
    length: reader.position,
    firstRecordLength: edits[0]?.length ?? 0,
    isTorn: reader.problem !== undefined,
    edits,
  }
}

function applyChecked(state: ManifestState, edit: VersionEdit, path: string, offset: number): ManifestState {
  try {
    return applyEdit(state, edit)
  } catch (cause) {
    throw new CorruptionError('an edit does not fit the edits before it', path, offset, { cause })
  }
}
