/**
 * Touches what a lookup of entry `ordinal` in the columnar block at `at` is about to read. Reading an entry is a chain of
 * loads that each wait for the one before and come from far memory as a rule: the header says where the columns lie, those
 * where the entry lies. From the shape, which is near, follows where the columns are, and where the entry is if all are of
 * one size; so the processor fetches all at once. The answer has no meaning: who keeps it keeps compilers from leaving the
 * loads out.
 *
 * As few steps as can be: the processor begins with the loads of several keys at a time only as far as it sees ahead,
 * which is a few hundred steps.
 */
import { countIn, lengthIn } from './block-shape.ts'
import { blockHeaderSizeBytes, columnsSizeBytes } from './segment-format.ts'

const cacheLineSizeBytes = 64

export function touchEntry(bytes: Uint8Array, at: number, ordinal: number, shape: number): number {
  const count = countIn(shape)
  if (ordinal >= count) return 0
  const columns = at + blockHeaderSizeBytes
  const dataOffset = columnsSizeBytes(count)
  const length = lengthIn(shape)
  const entry = at + dataOffset + ((((length - dataOffset) * ordinal) / count) | 0)
  const last = at + length - 16
  return (
    (bytes[at] as number) ^
    (bytes[columns + 8 * count + 4 * ordinal] as number) ^
    (bytes[columns + 12 * count + 2 * ordinal] as number) ^
    (bytes[columns + 14 * count + 2 * ordinal + 2] as number) ^
    (bytes[columns + 16 * count + ordinal + 2] as number) ^
    (bytes[entry] as number) ^
    (bytes[Math.min(entry + cacheLineSizeBytes, last)] as number) ^
    (bytes[Math.min(entry + 2 * cacheLineSizeBytes, last)] as number)
  )
}
