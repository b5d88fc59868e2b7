/**
 * What `compact(range)` asks for: everything of a key range in one run, the deepest that has some of it, without
 * the garbage that can go now. Given out plan by plan; the caller carries each out and asks again. Segments
 * reach over the ends of the range, so some of what lies beside it is compacted too.
 */
import type { KeyRange } from '../entry/key-range.ts'
import { hullOf, type KeyBounds } from '../manifest/level.ts'
import { type CompactionPlan, type CompactionState, type PlanInput, planMerge } from './compaction-plan.ts'
import { droppableCount } from './garbage.ts'
import { planLevel0 } from './leveled-picker.ts'
import { planPush } from './push-down.ts'
import { planRewrite, segmentsIn } from './sinking.ts'

/** `busy`: another compaction has what should come next; ask again when it is done. */
export type RequestedPlan = CompactionPlan | 'busy' | undefined

/** The next step for leveled compaction; `undefined` when nothing is left to do. */
export function planRequestedLeveled(state: CompactionState, range: KeyRange): RequestedPlan {
  const bounds = boundsOf(range)
  if (state.version.level(0).runs.some((run) => run.overlapping(bounds).length > 0)) {
    return planLevel0(state, 'requested') ?? 'busy'
  }
  return planSink(state, bounds) ?? planClean(state, bounds)
}

/**
 * The next step for size-tiered compaction: all that belongs together, in one merge into its oldest run. It needs
 * room on the disk for a copy of that.
 */
export function planRequestedSizeTiered(state: CompactionState, range: KeyRange): RequestedPlan {
  const bounds = boundsOf(range)
  const inputs = connectedInputs(state, bounds)
  const oldest = inputs.at(-1)
  if (oldest === undefined || inputs.length === 1) return planClean(state, bounds)
  const output = { outputLevel: oldest.level, outputRun: oldest.run }
  return planMerge(state, { reason: 'requested', inputs, ...output }) ?? 'busy'
}

function boundsOf({ lower, upper }: KeyRange): KeyBounds {
  return { ...(lower && { smallestKey: lower.key }), ...(upper && { largestKey: upper.key }) }
}

/** All segments that meet the range, or meet what meets it, and so on; newest run first. */
function connectedInputs(state: CompactionState, bounds: KeyBounds): PlanInput[] {
  let hull = bounds
  let count = 0
  for (;;) {
    const inputs = state.version.runs.map(({ level, run }) => {
      return { level, run: run.number, segments: run.overlapping(hull) }
    })
    const segments = inputs.flatMap((input) => input.segments)
    if (segments.length === count) return inputs.filter((input) => input.segments.length > 0)
    count = segments.length
    hull = hullOf(segments) ?? hull
  }
}

/** The newest segment in the range that lies over an older one, into that. */
function planSink(state: CompactionState, bounds: KeyBounds): RequestedPlan {
  for (const { from, segment, target } of segmentsIn(state, bounds)) {
    if (target === undefined) continue
    const inputs = [{ level: from.level, run: from.run.number, segments: [segment] }]
    return planPush(state, inputs, target, 'requested') ?? 'busy'
  }
  return undefined
}

/** Rewrites the segments in the range one by one, as far as something is sure to go. */
function planClean(state: CompactionState, bounds: KeyBounds): RequestedPlan {
  for (const { from, segment, target } of segmentsIn(state, bounds)) {
    if (droppableCount(segment, state.oldestSequence, target !== undefined) === 0) continue
    return planRewrite(state, from, segment, 'requested') ?? 'busy'
  }
  return undefined
}
