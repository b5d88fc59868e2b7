/**
 * An entry as it lies in a log, and in the arena that the log is written from. Little endian:
 *
 *     offset  size  field
 *     0       4     previous: offset in the arena of the previous entry of this key, 0 none (memory only; a
 *                   reader of the log ignores it)
 *     4       4     sequenceDelta: sequence number minus the base sequence number of the arena
 *     8       2     keyLength
 *     10      1     kind (`EntryKind`)
 *     11      1     flags (`EntryFlag`)
 *     12      4     valueLength
 *     16            key bytes, value bytes, zero bytes up to the next multiple of 4
 *
 * An entry begins on a multiple of 4.
 */
import {
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  previousByte,
  sequenceDeltaByte,
  valueLengthByte,
} from '../kernel/table-layout.ts'
import type { EntryKind } from './entry.ts'

export {
  entryHeaderSizeBytes,
  flagsByte,
  keyLengthByte,
  kindByte,
  previousByte,
  sequenceDeltaByte,
  valueLengthByte,
}

/** The largest difference between two sequence numbers of one arena. */
export const sequenceDeltaMax = 0x7fff_fffe

/** Bytes that an entry takes, padding included. */
export function encodedEntrySize(keyLength: number, valueLength: number): number {
  return (entryHeaderSizeBytes + keyLength + valueLength + 3) & ~3
}

/**
 * Writes the header and the padding of an entry whose key and value bytes are in place, or will be. `position`
 * is where the entry begins in `bytes`. Returns the bytes that the entry takes.
 */
export function encodeEntryFrame(
  bytes: Uint8Array,
  position: number,
  sequenceDelta: number,
  keyLength: number,
  valueLength: number,
  kind: EntryKind,
  flags: number,
): number {
  writeU32(bytes, position + previousByte, 0)
  writeU32(bytes, position + sequenceDeltaByte, sequenceDelta)
  bytes[position + keyLengthByte] = keyLength
  bytes[position + keyLengthByte + 1] = keyLength >>> 8
  bytes[position + kindByte] = kind
  bytes[position + flagsByte] = flags
  writeU32(bytes, position + valueLengthByte, valueLength)
  const size = encodedEntrySize(keyLength, valueLength)
  const end = position + size
  for (let i = position + entryHeaderSizeBytes + keyLength + valueLength; i < end; i += 1) bytes[i] = 0
  return size
}

function writeU32(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value
  bytes[position + 1] = value >>> 8
  bytes[position + 2] = value >>> 16
  bytes[position + 3] = value >>> 24
}
