/**
 * One change of the Version and of the numbers around it, as a manifest record holds it.
 *
 *     edit         = field*
 *     field        = tag:u16 length:u32 payload
 *     addedSegment = level:u16 run:u64 number:u64 sizeBytes:u64 checksumLow:u32 checksumHigh:u32
 *                    entryCount:u64 tombstoneCount:u64 keyCount:u64 blockCount:u64 keyBytes:u64 valueBytes:u64
 *                    smallestSequence:u48 largestSequence:u48 smallestKey largestKey   (u32 length, bytes)
 *     setting      = name value                                                       (u32 length, UTF-8 each)
 *     comment      = UTF-8
 *     all others   = u64
 *
 * Little endian; the record around it carries the checksum. A later release adds tags; a reader refuses tags
 * that it does not know, because leaving out a change would show a wrong picture.
 */
import { ByteReader, ByteReaderError } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { keyLengthMax, type SequenceNumber } from '../entry/entry.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { AddedSegment, SegmentChanges } from './version.ts'

/** What a field says. On disk: never renumber. */
const FieldTag = {
  removedSegment: 1,
  addedSegment: 2,
  nextFileNumber: 3,
  flushedSequence: 4,
  restartSequence: 5,
  logNumberAdded: 6,
  lowestLiveLog: 7,
  setting: 8,
  comment: 9,
} as const

export interface VersionEdit extends SegmentChanges {
  /** Above every file number given out so far. */
  readonly nextFileNumber?: number
  /** Everything up to this sequence number is in segments. */
  readonly flushedSequence?: SequenceNumber
  /** The least sequence number that a write may get from now on. */
  readonly restartSequence?: SequenceNumber
  /** Logs that from now on may hold acknowledged writes. */
  readonly logNumbersAdded?: readonly number[]
  /** Logs below it are no longer needed. */
  readonly lowestLiveLog?: number
  /** What is fixed for the life of the store, by name; a later value takes the place of an earlier one. */
  readonly settings?: Readonly<Record<string, string>>
  /** For people who read the manifest: why the change was made. */
  readonly comment?: string
}

export function encodeVersionEdit(edit: VersionEdit): Uint8Array {
  const fields = new FieldWriter()
  for (const number of edit.removed) fields.number(FieldTag.removedSegment, number)
  for (const added of edit.added) fields.write(FieldTag.addedSegment, (payload) => writeAdded(payload, added))
  fields.number(FieldTag.nextFileNumber, edit.nextFileNumber)
  fields.number(FieldTag.flushedSequence, edit.flushedSequence)
  fields.number(FieldTag.restartSequence, edit.restartSequence)
  for (const number of edit.logNumbersAdded ?? []) fields.number(FieldTag.logNumberAdded, number)
  fields.number(FieldTag.lowestLiveLog, edit.lowestLiveLog)
  for (const [name, value] of Object.entries(edit.settings ?? {})) {
    fields.write(FieldTag.setting, (payload) => {
      payload.lengthPrefixed(utf8.encode(name))
      payload.lengthPrefixed(utf8.encode(value))
    })
  }
  const { comment } = edit
  if (comment !== undefined) fields.write(FieldTag.comment, (payload) => payload.raw(utf8.encode(comment)))
  return fields.toBytes()
}

/**
 * Reads an edit whose checksum was verified. `path` and `offset`, where the edit begins in the file, are for the
 * errors. The edit keeps nothing of `bytes`.
 *
 * @throws {UnsupportedFormatError} on a field that this release does not know.
 * @throws {CorruptionError} when the fields do not fill the bytes.
 */
export function decodeVersionEdit(bytes: Uint8Array, path: string, offset: number): VersionEdit {
  const edit = new EditBuilder()
  const reader = new ByteReader(bytes)
  try {
    while (reader.remaining > 0) {
      const tag = reader.u16()
      const length = reader.u32()
      const payload = new ByteReader(
        bytes,
        reader.position,
        reader.position + Math.min(length, reader.remaining),
      )
      reader.skip(length)
      if (!edit.take(tag, payload)) {
        throw new UnsupportedFormatError(
          `${path} holds a change of kind ${tag} at offset ${offset}, which this release does not know`,
        )
      }
      payload.expectEnd()
    }
  } catch (error) {
    if (!(error instanceof ByteReaderError)) throw error
    throw new CorruptionError('an edit of the manifest cannot be read', path, offset + error.position, {
      cause: error,
    })
  }
  return edit.finish()
}

const utf8 = new TextEncoder()
const utf8Decoder = new TextDecoder()

class FieldWriter {
  readonly #writer = new ByteWriter()

  write(tag: number, writePayload: (payload: ByteWriter) => void): void {
    this.#writer.u16(tag)
    const lengthPosition = this.#writer.length
    this.#writer.u32(0)
    writePayload(this.#writer)
    this.#writer.patchU32(lengthPosition, this.#writer.length - lengthPosition - 4)
  }

  /** Leaves the field out when there is no number. */
  number(tag: number, value: number | undefined): void {
    if (value !== undefined) this.write(tag, (payload) => payload.u64(value))
  }

  toBytes(): Uint8Array {
    return this.#writer.toBytes()
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

class EditBuilder {
  readonly #added: AddedSegment[] = []
  readonly #removed: number[] = []
  readonly #logNumbersAdded: number[] = []
  readonly #settings: [string, string][] = []
  readonly #single: Writable<Omit<VersionEdit, keyof SegmentChanges>> = {}

  /** Reads one field; `false` when its tag is unknown. */
  take(tag: number, payload: ByteReader): boolean {
    switch (tag) {
      case FieldTag.removedSegment:
        this.#removed.push(payload.u64())
        return true
      case FieldTag.addedSegment:
        this.#added.push(readAdded(payload))
        return true
      case FieldTag.nextFileNumber:
        this.#single.nextFileNumber = payload.u64()
        return true
      case FieldTag.flushedSequence:
        this.#single.flushedSequence = payload.u64()
        return true
      case FieldTag.restartSequence:
        this.#single.restartSequence = payload.u64()
        return true
      case FieldTag.logNumberAdded:
        this.#logNumbersAdded.push(payload.u64())
        return true
      case FieldTag.lowestLiveLog:
        this.#single.lowestLiveLog = payload.u64()
        return true
      case FieldTag.setting:
        this.#settings.push([readText(payload.lengthPrefixed()), readText(payload.lengthPrefixed())])
        return true
      case FieldTag.comment:
        this.#single.comment = readText(payload.raw(payload.remaining))
        return true
      default:
        return false
    }
  }

  finish(): VersionEdit {
    return {
      added: this.#added,
      removed: this.#removed,
      ...this.#single,
      ...(this.#logNumbersAdded.length > 0 && { logNumbersAdded: this.#logNumbersAdded }),
      ...(this.#settings.length > 0 && { settings: Object.fromEntries(this.#settings) }),
    }
  }
}

function writeAdded(payload: ByteWriter, { level, run, meta }: AddedSegment): void {
  payload.u16(level)
  payload.u64(run)
  payload.u64(meta.number)
  payload.u64(meta.sizeBytes)
  payload.u64Halves(meta.checksum.high, meta.checksum.low)
  payload.u64(meta.entryCount)
  payload.u64(meta.tombstoneCount)
  payload.u64(meta.keyCount)
  payload.u64(meta.blockCount)
  payload.u64(meta.keyBytes)
  payload.u64(meta.valueBytes)
  payload.u48(meta.smallestSequence)
  payload.u48(meta.largestSequence)
  payload.lengthPrefixed(meta.smallestKey)
  payload.lengthPrefixed(meta.largestKey)
}

function readAdded(payload: ByteReader): AddedSegment {
  return { level: payload.u16(), run: payload.u64(), meta: readMeta(payload) }
}

function readMeta(payload: ByteReader): SegmentMeta {
  const number = payload.u64()
  const sizeBytes = payload.u64()
  const low = payload.u32()
  const high = payload.u32()
  return {
    number,
    sizeBytes,
    checksum: { high, low },
    entryCount: payload.u64(),
    tombstoneCount: payload.u64(),
    keyCount: payload.u64(),
    blockCount: payload.u64(),
    keyBytes: payload.u64(),
    valueBytes: payload.u64(),
    smallestSequence: payload.u48(),
    largestSequence: payload.u48(),
    smallestKey: payload.lengthPrefixed(keyLengthMax).slice(),
    largestKey: payload.lengthPrefixed(keyLengthMax).slice(),
  }
}

function readText(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}
