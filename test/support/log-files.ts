/** Logs made byte by byte, as the store would write them or as a death may leave them. */
import {
  encodedEntrySize,
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  valueLengthByte,
} from '../../src/entry/entry-layout.ts'
import { encodeFileHeader, type StoreId } from '../../src/log/file-header.ts'
import type { LogContent } from '../../src/log/log-replay.ts'
import {
  encodeLink,
  encodeRecord,
  type LogLink,
  linkPayloadSizeBytes,
  RecordType,
  type SyncedPosition,
} from '../../src/log/record-format.ts'
import type { PlainEntry } from './entries.ts'

/** The payload of a group, by the layout of `src/entry/entry-layout.ts`. */
function encodeEntries(entries: readonly PlainEntry[]): Uint8Array {
  const sizes = entries.map(({ key, value }) => encodedEntrySize(key.length, value.length))
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [i, { key, value, kind, flags }] of entries.entries()) {
    view.setUint16(at + keyLengthByte, key.length, true)
    view.setUint8(at + kindByte, kind)
    view.setUint8(at + flagsByte, flags)
    view.setUint32(at + valueLengthByte, value.length, true)
    bytes.set(key, at + entryHeaderSizeBytes)
    bytes.set(value, at + entryHeaderSizeBytes + key.length)
    at += sizes[i] as number
  }
  return bytes
}

export const logStoreId: StoreId = { high: 0x0102_0304, low: 0x0506_0708 }
const nothingSynced: SyncedPosition = { fileNumber: 0, offset: 0 }

/** A log that grows record by record. What follows the header starts with a link, once `link` was called. */
export class LogFile {
  readonly number: number
  readonly storeId: StoreId
  bytes: Uint8Array
  nextSequence = 1

  constructor(number: number, storeId: StoreId = logStoreId) {
    this.number = number
    this.storeId = storeId
    this.bytes = encodeFileHeader({ kind: 'log', number, storeId })
  }

  get path(): string {
    return `/store/${String(this.number).padStart(6, '0')}.log`
  }

  get length(): number {
    return this.bytes.length
  }

  link(link: LogLink, synced: SyncedPosition = nothingSynced): this {
    const payload = new Uint8Array(linkPayloadSizeBytes)
    encodeLink(link, payload, 0)
    this.nextSequence = link.lastSequence + 1
    return this.record(RecordType.link, 0, synced, payload)
  }

  /** The log that continues another one, as it is now. */
  linkTo(previous: LogFile, synced?: SyncedPosition): this {
    const { number, length, nextSequence } = previous
    return this.link(
      { previousNumber: number, previousLength: length, lastSequence: nextSequence - 1 },
      synced,
    )
  }

  /** A group of so many entries. Its payload says nothing here but where it is. */
  group(entryCount = 1, synced?: SyncedPosition): this {
    const payload = new Uint8Array(24 + entryCount).fill(this.nextSequence)
    this.record(RecordType.group, entryCount, synced, payload)
    this.nextSequence += entryCount
    return this
  }

  /** A group of entries as the store writes them. `entryCount` is what its header says. */
  entries(entries: readonly PlainEntry[], entryCount: number = entries.length): this {
    this.record(RecordType.group, entryCount, undefined, encodeEntries(entries))
    this.nextSequence += entryCount
    return this
  }

  mark(synced: SyncedPosition): this {
    return this.record(RecordType.syncMark, 0, synced, new Uint8Array(0))
  }

  record(
    type: RecordType,
    entryCount: number,
    synced: SyncedPosition = nothingSynced,
    payload: Uint8Array = new Uint8Array(0),
  ): this {
    const header = { type, fileNumber: this.number, firstSequence: this.nextSequence, entryCount, synced }
    return this.raw(encodeRecord(header, payload, this.storeId))
  }

  raw(bytes: Uint8Array): this {
    const grown = new Uint8Array(this.bytes.length + bytes.length)
    grown.set(this.bytes)
    grown.set(bytes, this.bytes.length)
    this.bytes = grown
    return this
  }

  /** How far this log is synced when so many of its bytes are. */
  syncedTo(offset: number = this.length): SyncedPosition {
    return { fileNumber: this.number, offset }
  }

  content(more: Partial<LogContent> = {}): LogContent {
    return {
      number: this.number,
      path: this.path,
      bytes: this.bytes,
      isNamed: true,
      provenLength: undefined,
      ...more,
    }
  }

  /** The log as it is when only so many bytes of it are left. */
  cutTo(length: number, more: Partial<LogContent> = {}): LogContent {
    return this.content({ bytes: this.bytes.slice(0, length), ...more })
  }

  /** The log with zeros from an offset on, `length` of them. */
  zeroed(offset: number, length: number = this.length - offset): LogContent {
    const bytes = Uint8Array.from(this.bytes)
    bytes.fill(0, offset, offset + length)
    return this.content({ bytes })
  }

  /** The log with room behind it. */
  withRoom(sizeBytes: number, more: Partial<LogContent> = {}): LogContent {
    const bytes = new Uint8Array(this.length + sizeBytes)
    bytes.set(this.bytes)
    return this.content({ bytes, ...more })
  }

  /** The log with one byte changed. */
  flipped(offset: number): LogContent {
    const bytes = Uint8Array.from(this.bytes)
    bytes[offset] = (bytes[offset] as number) ^ 0x40
    return this.content({ bytes })
  }
}
