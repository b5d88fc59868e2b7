/** Shows what is in a log: its commit groups with the sequence numbers and keys in them, links and sync marks. */
import { EntryFlag, EntryKind } from '../entry/entry.ts'
import {
  encodedEntrySize,
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  valueLengthByte,
} from '../entry/entry-layout.ts'
import type { FileInspection, FilePart } from '../fs/file-inspection.ts'
import { type FileHints, inspectRecords, sortParts, syncedDetails } from './inspect-records.ts'
import { decodeLink, linkPayloadSizeBytes, RecordType } from './record-format.ts'
import type { LogRecord } from './record-reader.ts'

/** Entries shown of one group; all of them are counted. */
const shownEntryCountMax = 100

/** Never fails, whatever the bytes are. `path` stands in some of the reasons. */
export function inspectLog(bytes: Uint8Array, path: string, hints: FileHints): FileInspection {
  const { properties, records, otherParts } = inspectRecords(bytes, 'log', path, hints)
  const groups = records.filter(({ type }) => type === RecordType.group)
  return {
    kind: 'log',
    properties: {
      ...properties,
      groupCount: groups.length,
      entryCount: groups.reduce((sum, { entryCount }) => sum + entryCount, 0),
      firstSequence: groups[0]?.firstSequence,
      lastSequence: groups.reduce<number | undefined>(
        (last, group) => Math.max(last ?? 0, lastSequenceOf(group)),
        undefined,
      ),
    },
    parts: sortParts([...otherParts, ...records.map((record) => recordPart(bytes, record))]),
  }
}

function recordPart(bytes: Uint8Array, record: LogRecord): FilePart {
  const { offset, length, type } = record
  const place = { offset, length }
  const synced = syncedDetails(record)
  if (type === RecordType.group) return groupPart(bytes, record)
  if (type === RecordType.syncMark) return { ...place, kind: 'sync mark', details: synced }
  if (type !== RecordType.link || record.payloadStart + linkPayloadSizeBytes > offset + length) {
    return { ...place, kind: 'unknown', details: { reason: `a record of type ${type} in a log`, ...synced } }
  }
  return { ...place, kind: 'link', details: { ...decodeLink(bytes, record.payloadStart), ...synced } }
}

function groupPart(bytes: Uint8Array, record: LogRecord): FilePart {
  const { offset, length, firstSequence, entryCount } = record
  const { entries, foundCount, batchCount } = readEntries(bytes, record)
  const details = {
    firstSequence,
    lastSequence: lastSequenceOf(record),
    entryCount,
    batchCount,
    ...syncedDetails(record),
    entries,
    ...(foundCount > entries.length && { entriesNotShown: foundCount - entries.length }),
  }
  if (foundCount === entryCount) return { offset, length, kind: 'group', details }
  const reason = `a group holds ${foundCount} entries instead of ${entryCount}`
  return { offset, length, kind: 'damaged', details: { reason, ...details } }
}

interface InspectedEntry {
  readonly sequenceNumber: number
  readonly kind: string
  readonly key: Uint8Array
  readonly valueLength: number
  readonly endOfBatch: boolean
}

interface InspectedEntries {
  /** The first {@link shownEntryCountMax}. */
  readonly entries: readonly InspectedEntry[]
  readonly foundCount: number
  readonly batchCount: number
}

function readEntries(bytes: Uint8Array, record: LogRecord): InspectedEntries {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = record.offset + record.length
  const entries: InspectedEntry[] = []
  let foundCount = 0
  let batchCount = 0
  for (let at = record.payloadStart; foundCount < record.entryCount && at + entryHeaderSizeBytes <= end; ) {
    const keyLength = view.getUint16(at + keyLengthByte, true)
    const valueLength = view.getUint32(at + valueLengthByte, true)
    const keyStart = at + entryHeaderSizeBytes
    if (keyStart + keyLength + valueLength > end) break
    const endOfBatch = (view.getUint8(at + flagsByte) & EntryFlag.endOfBatch) !== 0
    if (entries.length < shownEntryCountMax) {
      const sequenceNumber = record.firstSequence + foundCount
      const kind = kindName(view.getUint8(at + kindByte))
      const key = bytes.slice(keyStart, keyStart + keyLength)
      entries.push({ sequenceNumber, kind, key, valueLength, endOfBatch })
    }
    foundCount += 1
    if (endOfBatch) batchCount += 1
    at += encodedEntrySize(keyLength, valueLength)
  }
  return { entries, foundCount, batchCount }
}

function kindName(kind: number): string {
  const name = Object.entries(EntryKind).find(([, value]) => value === kind)?.[0]
  return name ?? `unknown (${kind})`
}

function lastSequenceOf({ firstSequence, entryCount }: LogRecord): number {
  return firstSequence + entryCount - 1
}
