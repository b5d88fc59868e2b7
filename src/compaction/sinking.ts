/**
 * Where single segments can go. A segment sinks into the next older run that overlaps it; runs between that do
 * not overlap it hold none of its keys, so passing them changes no order of ages. A segment that nothing older
 * overlaps is at its bottom: there it is rewritten alone, and its tombstones can go.
 */
import type { KeyBounds } from '../manifest/level.ts'
import type { PlacedRun } from '../manifest/version.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import {
  type CompactionPlan,
  type CompactionReason,
  type CompactionState,
  planMerge,
} from './compaction-plan.ts'

export interface SinkingSegment {
  readonly from: PlacedRun
  readonly segment: SegmentMeta
  /** The next older run that overlaps the segment; `undefined` at the bottom. */
  readonly target: PlacedRun | undefined
}

/**
 * The segments that meet `bounds` and that `isWanted` lets pass, newest run first or oldest. Targets are searched
 * for these alone, and for each when it is asked for.
 */
export function* segmentsIn(
  state: CompactionState,
  bounds: KeyBounds,
  order: 'newest first' | 'oldest first' = 'newest first',
  isWanted: (segment: SegmentMeta) => boolean = () => true,
): Generator<SinkingSegment> {
  const runs = state.version.runs
  for (let i = 0; i < runs.length; i += 1) {
    const at = order === 'newest first' ? i : runs.length - 1 - i
    const from = runs[at] as PlacedRun
    for (const segment of from.run.overlapping(bounds)) {
      if (!isWanted(segment)) continue
      const target = runs.slice(at + 1).find(({ run }) => run.overlapping(segment).length > 0)
      yield { from, segment, target }
    }
  }
}

/** Rewrites the segment where it lies; `undefined` when it is busy. */
export function planRewrite(
  state: CompactionState,
  { level, run }: PlacedRun,
  segment: SegmentMeta,
  reason: CompactionReason,
): CompactionPlan | undefined {
  const inputs = [{ level, run: run.number, segments: [segment] }]
  return planMerge(state, { reason, inputs, outputLevel: level, outputRun: run.number })
}
