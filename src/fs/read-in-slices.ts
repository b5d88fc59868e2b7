/**
 * Reads a large file by several threads of the system's pool at once. Where its memory is touched for the first time,
 * that takes longer than the reading, and two threads do it in little more than half of the time.
 */
import type { File } from './file-system.ts'

const sliceSizeBytes = 2 * 1024 * 1024

/**
 * As `File.read` from the start of the file. When it rejects, nothing is read into `target` any more.
 *
 * @returns the bytes read, fewer than `target` has when the file ends before.
 */
export async function readInSlices(file: File, target: Uint8Array): Promise<number> {
  const starts = Array.from(
    { length: Math.ceil(target.length / sliceSizeBytes) },
    (_, i) => i * sliceSizeBytes,
  )
  const slices = starts.map((start) => target.subarray(start, start + sliceSizeBytes))
  const outcomes = await Promise.allSettled(slices.map((slice, i) => file.read(slice, starts[i] as number)))
  let length = 0
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'rejected') throw outcome.reason
    length += outcome.value
    if (outcome.value < (slices[i] as Uint8Array).length) break
  }
  return length
}
