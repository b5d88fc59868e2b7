/**
 * How small what lies above the deepest level has to be for a store that nobody uses to be left as it is. Most of
 * what lies there is outdated, or outdates something deeper, so its share of the bytes is about the disk that is
 * wasted; giving it back costs the rewriting of everything below it.
 */
import type { Level } from '../manifest/level.ts'
import type { Version } from '../manifest/version.ts'

/** A level above the deepest is emptied from this share of the deepest one's bytes on. */
const idleShareMax = 0.1
/** The same where what was written meanwhile pays for the rewriting. */
const paidShareMax = 0.025
/** So many bytes may be rewritten for each byte that a flush wrote. */
export const allowancePerByte = 2
/** A MemTable with less is not worth a file. */
const idleFlushBytesMin = 512 * 1024

/** Whether the level is so large above the deepest one that it is emptied; `costBytes` is what that rewrites. */
export function isWorthEmptying(
  { sizeBytes }: Pick<Level, 'sizeBytes'>,
  deepest: Pick<Level, 'sizeBytes'>,
  costBytes: number,
  allowanceBytes: number,
): boolean {
  if (sizeBytes > idleShareMax * deepest.sizeBytes) return true
  return sizeBytes > paidShareMax * deepest.sizeBytes && costBytes <= allowanceBytes
}

/** Whether a MemTable of this size, counted to level 0, makes that worth emptying. */
export function isWorthFlushing(version: Version, tableBytes: number, allowanceBytes: number): boolean {
  if (tableBytes < idleFlushBytesMin) return false
  const oldest = version.runs.at(-1)?.run
  const deepestBytes = oldest?.sizeBytes ?? 0
  const above = version.level(0).runs.filter((run) => run !== oldest)
  const sizeBytes = above.reduce((sum, run) => sum + run.sizeBytes, tableBytes)
  const costBytes = sizeBytes + (version.level(1).sizeBytes || deepestBytes)
  const earnedBytes = allowanceBytes + allowancePerByte * tableBytes
  return isWorthEmptying({ sizeBytes }, { sizeBytes: deepestBytes }, costBytes, earnedBytes)
}
