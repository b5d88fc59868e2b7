/** Shows what is in a manifest: its edits in words, and what they add up to as far as the file is whole. */
import { UnsupportedFormatError } from '../errors.ts'
import { type FileInspection, type FilePart, reasonOf } from '../fs/file-inspection.ts'
import { type FileHints, inspectRecords, sortParts, syncedDetails } from '../log/inspect-records.ts'
import { RecordType } from '../log/record-format.ts'
import type { LogRecord } from '../log/record-reader.ts'
import { describeEdit } from './describe-edit.ts'
import { decodeEditRecord } from './manifest-records.ts'
import { applyEdit, emptyManifestState, type ManifestState } from './manifest-state.ts'
import type { VersionEdit } from './version-edit.ts'

/** Never fails, whatever the bytes are. `path` stands in some of the reasons. */
export function inspectManifest(bytes: Uint8Array, path: string, hints: FileHints): FileInspection {
  const { properties, records, otherParts } = inspectRecords(bytes, 'manifest', path, hints)
  const parts: FilePart[] = [...otherParts]
  const sum = new EditSum(properties.intactBytes)
  for (const record of records) {
    parts.push(
      record.type === RecordType.syncMark
        ? { offset: record.offset, length: record.length, kind: 'sync mark', details: syncedDetails(record) }
        : editPart(bytes, record, path, sum),
    )
  }
  const editCount = parts.filter(({ kind }) => kind === 'edit').length
  const { intactBytes } = sum
  return {
    kind: 'manifest',
    properties: { ...properties, intactBytes, editCount, ...describeState(sum.state) },
    parts: sortParts(parts),
  }
}

/** What the edits before the first damage add up to; behind it nobody knows what the state was. */
class EditSum {
  state: ManifestState = emptyManifestState
  intactBytes: number

  constructor(intactBytes: number) {
    this.intactBytes = intactBytes
  }

  add(offset: number, edit: VersionEdit): void {
    if (offset < this.intactBytes) this.state = applyEdit(this.state, edit)
  }

  endAt(offset: number): void {
    this.intactBytes = Math.min(this.intactBytes, offset)
  }
}

function editPart(bytes: Uint8Array, record: LogRecord, path: string, sum: EditSum): FilePart {
  const { offset, length } = record
  const synced = syncedDetails(record)
  let changes: string[] | undefined
  try {
    const edit = decodeEditRecord(bytes, record, path)
    changes = describeEdit(edit)
    sum.add(offset, edit)
    return { offset, length, kind: 'edit', details: { changes, ...synced } }
  } catch (error) {
    sum.endAt(offset)
    const kind = error instanceof UnsupportedFormatError ? 'unknown' : 'damaged'
    const reason = changes === undefined ? reasonOf(error) : misfitReason(error)
    return { offset, length, kind, details: { reason, ...(changes && { changes }), ...synced } }
  }
}

function misfitReason(error: unknown): string {
  // What should have been true, in the words of the check; here it is no bug but a broken file.
  const broken = reasonOf(error).replace(/^bug in varve: /, '')
  return `the edit does not fit the edits before it; not true is: ${broken}`
}

function describeState(state: ManifestState): Record<string, unknown> {
  const { version, nextFileNumber, flushedSequence, restartSequence, logNumbers, lowestLiveLog } = state
  return {
    nextFileNumber,
    flushedSequence,
    restartSequence,
    lowestLiveLog,
    logs: logNumbers,
    segmentCount: version.segmentCount,
    segmentBytes: version.sizeBytes,
    levels: version.levels.map((level) => level.segments.map(({ number }) => number)),
  }
}
