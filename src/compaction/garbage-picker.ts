/**
 * Picks segments for what they no longer need to hold, so that deleting everything and waiting gives the disk
 * back although no level is full. Both ways of compaction end with this.
 *
 * A segment rich in tombstones sinks from run to run until nothing deeper holds their keys; then it is rewritten
 * alone and they are gone. The oldest runs come first, because what goes there makes the way shorter for the
 * others. Older versions of a key need no such way: the segment is rewritten where it is.
 */
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { CompactionPlan, CompactionState } from './compaction-plan.ts'
import { droppableCount, garbageShareMax, idleGarbageShareMax } from './garbage.ts'
import { planPush } from './push-down.ts'
import { planRewrite, type SinkingSegment, segmentsIn } from './sinking.ts'

/** Under load a tombstone may cost the rewriting of so many entries below it; while idle there is no limit. */
const entriesPerTombstoneMax = 16

export function pickGarbage(state: CompactionState): CompactionPlan | undefined {
  const share = state.idle ? idleGarbageShareMax : garbageShareMax
  const isWanted = (segment: SegmentMeta): boolean =>
    droppableCount(segment, state.oldestSequence, false) > share * segment.entryCount
  for (const candidate of segmentsIn(state, {}, 'oldest first', isWanted)) {
    const plan = planFor(state, candidate)
    if (plan !== undefined) return plan
  }
  return undefined
}

function planFor(state: CompactionState, candidate: SinkingSegment): CompactionPlan | undefined {
  const { from, segment, target } = candidate
  const share = state.idle ? idleGarbageShareMax : garbageShareMax
  const droppable = droppableCount(segment, state.oldestSequence, target !== undefined)
  if (droppable > share * segment.entryCount) return planRewrite(state, from, segment, 'garbage')
  if (target === undefined || !isWorthSinking(state, segment, target.run.overlapping(segment)))
    return undefined
  const inputs = [{ level: from.level, run: from.run.number, segments: [segment] }]
  return planPush(state, inputs, target, 'garbage')
}

function isWorthSinking(
  state: CompactionState,
  segment: SegmentMeta,
  below: readonly SegmentMeta[],
): boolean {
  if (segment.largestSequence > state.oldestSequence) return false
  if (segment.tombstoneCount <= garbageShareMax * segment.entryCount) return false
  return state.idle || entryCountOf(below) <= entriesPerTombstoneMax * segment.tombstoneCount
}

function entryCountOf(segments: readonly SegmentMeta[]): number {
  return segments.reduce((sum, segment) => sum + segment.entryCount, 0)
}
