/**
 * How much of the disk a range of keys takes, told by the segments of the current picture: one that lies inside
 * the range counts whole, one that crosses its end by the blocks that its block index names. Logs and MemTables
 * do not count; neither do deletions, until they are merged.
 */
import { isAfterRange, isBeforeRange, isEmptyRange, type KeyRange } from '../entry/key-range.ts'
import type { OpenedSegment } from '../segment/opened-segment.ts'
import type { Segment } from '../segment/segment.ts'
import { asReadError } from './store-health.ts'
import type { ViewKeeper } from './view-keeper.ts'

/** The bytes on disk of what lies in `range`, within two blocks a segment. Waits for I/O where a segment is new. */
export async function approximateSize(views: ViewKeeper, range: KeyRange): Promise<number> {
  if (isEmptyRange(range)) return 0
  const view = views.hold()
  try {
    let sizeBytes = 0
    for (const segment of view.segments) sizeBytes += await sizeInRange(segment, range)
    return sizeBytes
  } catch (error) {
    throw asReadError(error)
  } finally {
    views.release(view)
  }
}

async function sizeInRange(segment: Segment, range: KeyRange): Promise<number> {
  const { smallestKey, largestKey } = segment
  if (isAfterRange(range, smallestKey, 0, smallestKey.length)) return 0
  if (isBeforeRange(range, largestKey, 0, largestKey.length)) return 0
  const beginsInside = !isBeforeRange(range, smallestKey, 0, smallestKey.length)
  const endsInside = !isAfterRange(range, largestKey, 0, largestKey.length)
  if (beginsInside && endsInside) return segment.meta.sizeBytes
  await segment.open()
  return blockBytesInRange(segment.opened as OpenedSegment, range)
}

/** From the block where the range begins to the one where it ends, both included. */
function blockBytesInRange({ blockIndex }: OpenedSegment, { lower, upper }: KeyRange): number {
  const first = lower === undefined ? 0 : blockIndex.blockOf(lower.key, 0, lower.key.length)
  const last =
    upper === undefined
      ? blockIndex.blockCount
      : blockIndex.firstSeparatedBlock(upper.key, 0, upper.key.length, upper.inclusive)
  return blockIndex.offsetOf(Math.max(first, last)) - blockIndex.offsetOf(first)
}
