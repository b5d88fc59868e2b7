/**
 * The room at the end of a log: zeros that were written ahead, for records that did not come. It begins where no
 * further record is framed, whatever its checksum says, and nothing but zeros is left. So half a record with room
 * behind it keeps its half, and is the torn end that it is; and zeros with anything behind them are no room.
 */
import { CorruptionError } from '../errors.ts'
import { fileHeaderSizeBytes } from './file-header.ts'
import type { LogContent } from './log-replay.ts'
import { recordHeaderSizeBytes, recordMagic } from './record-format.ts'

/** Records, and so rooms, have a length that is a multiple of it. */
const wordSizeBytes = 8

/**
 * What replaying takes: the log as it would be if no room had been made. Of a log whose length a clean close proved
 * that is just so much.
 *
 * @throws {CorruptionError} when there is less than that, or anything but room behind it.
 */
export function withoutRoom(log: LogContent): LogContent {
  const { bytes, path, provenLength } = log
  if (!mayEndInRoom(log)) return log
  const end = provenLength ?? endOfFrames(bytes)
  if (bytes.length >= end && isZero(bytes, end)) return { ...log, bytes: bytes.subarray(0, end) }
  if (provenLength === undefined) return log
  const problem = `the log has ${bytes.length} bytes, and had ${provenLength} when it was closed`
  throw new CorruptionError(problem, path, Math.min(bytes.length, provenLength))
}

/**
 * Most logs have no room, and end in something: that spares a look at each of their records. Looks at the last word alone,
 * which may be all that is there yet, and takes no log for one without room that does not end with a whole word.
 */
export function mayEndInRoom({ bytes, provenLength }: LogContent): boolean {
  if (provenLength !== undefined || bytes.length % wordSizeBytes !== 0) return true
  return isZero(bytes, Math.max(0, bytes.length - wordSizeBytes))
}

/** Whether all bytes from `start` on are zero. */
export function isZero(bytes: Uint8Array, start: number): boolean {
  for (let at = start; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}

/** Where the last record ends that has a magic number and a length that fits. */
function endOfFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = fileHeaderSizeBytes
  while (at + recordHeaderSizeBytes <= bytes.length && view.getUint32(at + 8, true) === recordMagic) {
    const length = view.getUint32(at + 12, true)
    if (length < recordHeaderSizeBytes || length % 8 !== 0 || at + length > bytes.length) break
    at += length
  }
  return at
}
