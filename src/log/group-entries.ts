/** The entries of a commit group, where they lie in an intact record. */
import { createEntryView, EntryKind, type EntryView } from '../entry/entry.ts'
import {
  encodedEntrySize,
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  valueLengthByte,
} from '../entry/entry-layout.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import type { LogRecord } from './record-reader.ts'

/**
 * Every entry of the group in its order; a view of its own for each, valid as long as `bytes`.
 *
 * @throws {CorruptionError} when the record holds other entries than its header says.
 * @throws {UnsupportedFormatError} for an entry of a kind that this release does not know.
 */
export function* entriesOfGroup(
  bytes: Uint8Array,
  record: LogRecord,
  path: string,
): Generator<EntryView, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = record.offset + record.length
  let at = record.payloadStart
  for (let i = 0; i < record.entryCount; i += 1) {
    const isWithin = at + entryHeaderSizeBytes <= end
    const keyLength = isWithin ? view.getUint16(at + keyLengthByte, true) : 0
    const valueLength = isWithin ? view.getUint32(at + valueLengthByte, true) : 0
    const size = encodedEntrySize(keyLength, valueLength)
    if (!isWithin || at + size > end)
      throw new CorruptionError('a group holds fewer entries than it says', path, record.offset)
    const kind = view.getUint8(at + kindByte)
    if (kind !== EntryKind.put && kind !== EntryKind.tombstone) {
      throw new UnsupportedFormatError(
        `${path} holds an entry of kind ${kind}, which this release does not know`,
      )
    }
    const entry = createEntryView()
    entry.kind = kind
    entry.keyBytes = bytes
    entry.keyStart = at + entryHeaderSizeBytes
    entry.keyLength = keyLength
    entry.valueBytes = bytes
    entry.valueStart = entry.keyStart + keyLength
    entry.valueLength = valueLength
    entry.sequenceNumber = record.firstSequence + i
    entry.flags = view.getUint8(at + flagsByte)
    yield entry
    at += size
  }
}
