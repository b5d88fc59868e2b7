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
  valueLengthByte,
} from '../kernel/table-layout.ts'

export { entryHeaderSizeBytes, flagsByte, keyLengthByte, kindByte, valueLengthByte }

/** The largest difference between two sequence numbers of one arena. */
export const sequenceDeltaMax = 0x7fff_fffe

/** Bytes that an entry takes, padding included. */
export function encodedEntrySize(keyLength: number, valueLength: number): number {
  return (entryHeaderSizeBytes + keyLength + valueLength + 3) & ~3
}
