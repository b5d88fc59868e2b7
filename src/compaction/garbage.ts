/**
 * How much of a segment a merge is sure to drop, by its counts alone. Only what is sure counts: a picker that
 * hoped would rewrite the same segment for ever.
 */
import type { SequenceNumber } from '../entry/entry.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'

/** The share of garbage from which a segment is worth a merge of its own. */
export const garbageShareMax = 0.5
/** The same while nobody writes and the work costs nobody anything. */
export const idleGarbageShareMax = 0.125

/**
 * The least number of entries that go when the segment is rewritten alone. Nothing is sure while a reader looks
 * back beyond the segment's newest entry. Otherwise all older versions of a key go, and all tombstones unless
 * something deeper may hold their keys; a tombstone may be an older version too, hence the greater of both.
 */
export function droppableCount(
  { entryCount, keyCount, tombstoneCount, largestSequence }: SegmentMeta,
  oldestSequence: SequenceNumber,
  hasDeeper: boolean,
): number {
  if (largestSequence > oldestSequence) return 0
  const olderVersionCount = entryCount - keyCount
  return hasDeeper ? olderVersionCount : Math.max(olderVersionCount, tombstoneCount)
}

/** Whether rewriting the segment alone is sure to drop more than {@link garbageShareMax} of it. */
export function isMostlyGarbage(
  segment: SegmentMeta,
  oldestSequence: SequenceNumber,
  hasDeeper: boolean,
): boolean {
  return droppableCount(segment, oldestSequence, hasDeeper) > garbageShareMax * segment.entryCount
}
