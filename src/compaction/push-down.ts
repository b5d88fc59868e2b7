/**
 * The one step that leveled compaction is made of: segments of a run go into the next older run that they meet,
 * together with all that they overlap there. Entries only ever move to older places, so any sequence of such
 * steps comes to an end.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import { hullOf, type KeyInterval, overlaps, type Run, sizeOf } from '../manifest/level.ts'
import type { PlacedRun } from '../manifest/version.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import {
  type CompactionPlan,
  type CompactionReason,
  type CompactionState,
  type PlanInput,
  planMerge,
} from './compaction-plan.ts'

/** Inputs below this share of a segment are gathered. */
const gatheredShare = 4
/** A neighbour is small when it is at most so many times as large as what is merged with it so far … */
const neighbourFactor = 2
/** … and no more are taken when all is so many times as large as the inputs. */
const gatheredFactorMax = 16

/** Where segments go: an existing run, or a new one with this number. */
export interface PushTarget {
  readonly level: number
  readonly run: Run | number
}

/** Pushes all of `inputs` (newest first) into `target`; `undefined` when something is busy. */
export function planPush(
  state: CompactionState,
  inputs: readonly PlanInput[],
  target: PushTarget,
  reason: CompactionReason,
): CompactionPlan | undefined {
  const { level, run } = target
  const outputRun = typeof run === 'number' ? run : run.number
  const output = { reason, outputLevel: level, outputRun }
  const segments = inputs.flatMap((input) => input.segments)
  const hull = hullOf(segments)
  if (hull === undefined) return undefined
  const between = typeof run === 'number' ? [] : run.overlapping(hull)
  if (!between.some((below) => segments.some((segment) => overlaps(segment, below)))) {
    // A move may leave the target's segments in the gaps between its inputs; a merge would write across them.
    const plan = planMerge(state, { ...output, inputs })
    if (plan?.kind === 'move') return plan
  }
  const below = { level, run: outputRun, segments: between }
  return planMerge(state, { ...output, inputs: [...inputs, below] })
}

/**
 * Pushes small inputs into `target` together with the small segments next to them there, so that a store that is
 * fed in drops does not end up with thousands of tiny files. `undefined` when the inputs are not small.
 *
 * A neighbour is taken when it is at most a few times as large as what goes into it, so that an entry is rewritten
 * a number of times that grows with the logarithm of the segment's size.
 */
export function planGather(
  state: CompactionState,
  inputs: readonly PlanInput[],
  { level, run }: PushTarget,
  reason: CompactionReason,
): CompactionPlan | undefined {
  const segments = inputs.flatMap((input) => input.segments)
  const hull = hullOf(segments)
  const smallBytes = state.settings.segmentSizeBytesMax / gatheredShare
  if (hull === undefined || segments.length < 2 || sizeOf(segments) >= smallBytes) return undefined
  const outputRun = typeof run === 'number' ? run : run.number
  const below = typeof run === 'number' ? [] : withSmallNeighbours(run, run.overlapping(hull), hull, segments)
  const output = { reason, outputLevel: level, outputRun, alwaysMerges: true }
  return planMerge(state, { ...output, inputs: [...inputs, { level, run: outputRun, segments: below }] })
}

/** The overlapped segments of the run, and on either side those that are small for what is merged. */
function withSmallNeighbours(
  run: Run,
  overlapped: readonly SegmentMeta[],
  hull: KeyInterval,
  inputs: readonly SegmentMeta[],
): readonly SegmentMeta[] {
  let first = run.segments.findIndex((segment) => compareBytes(segment.largestKey, hull.smallestKey) >= 0)
  if (first < 0) first = run.segments.length
  let end = first + overlapped.length
  let sizeBytes = sizeOf(inputs) + sizeOf(overlapped)
  for (;;) {
    const before = run.segments[first - 1]
    const after = run.segments[end]
    if (before !== undefined && before.sizeBytes <= neighbourFactor * sizeBytes) {
      first -= 1
      sizeBytes += before.sizeBytes
    } else if (after !== undefined && after.sizeBytes <= neighbourFactor * sizeBytes) {
      end += 1
      sizeBytes += after.sizeBytes
    } else {
      return run.segments.slice(first, end)
    }
    if (sizeBytes > gatheredFactorMax * sizeOf(inputs)) return run.segments.slice(first, end)
  }
}

/**
 * Pushes a part of `from` into `target`: the segment with the least to rewrite for each byte of its own, and its
 * neighbours that cost nothing more. When segments can move without being rewritten, as many go as `bytesWanted`
 * asks for.
 */
export function planPartialPush(
  state: CompactionState,
  from: PlacedRun,
  target: PushTarget,
  reason: CompactionReason,
  bytesWanted: number,
): CompactionPlan | undefined {
  const inputOf = (segments: readonly SegmentMeta[]): PlanInput[] => [
    { level: from.level, run: from.run.number, segments },
  ]
  const candidates = candidatesOf(state, from.run, target)
  const free = takeBytes(
    candidates.filter(({ below }) => below.length === 0).map(({ segment }) => segment),
    bytesWanted,
  )
  if (free.length > 0) {
    const plan = planPush(state, inputOf(free), target, reason)
    if (plan?.kind === 'move') return plan
  }
  const best = cheapestOf(candidates)
  if (best === undefined) return undefined
  return planPush(state, inputOf(widen(state, from.run, best)), target, reason)
}

interface Candidate {
  readonly segment: SegmentMeta
  /** What it overlaps in the target. */
  readonly below: readonly SegmentMeta[]
}

/** The segments that can be pushed now, by key. */
function candidatesOf(state: CompactionState, run: Run, target: PushTarget): Candidate[] {
  const targetRun = target.run
  return run.segments
    .map((segment) => ({
      segment,
      below: typeof targetRun === 'number' ? [] : targetRun.overlapping(segment),
    }))
    .filter(({ segment, below }) =>
      [segment, ...below].every(({ number }) => !state.busySegments.has(number)),
    )
}

function takeBytes(segments: readonly SegmentMeta[], bytesWanted: number): SegmentMeta[] {
  const taken: SegmentMeta[] = []
  let sizeBytes = 0
  for (const segment of segments) {
    if (taken.length > 0 && sizeBytes >= bytesWanted) break
    taken.push(segment)
    sizeBytes += segment.sizeBytes
  }
  return taken
}

/** The candidate with the least overlap for its size; of equals the oldest file. */
function cheapestOf(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined
  let bestRatio = Infinity
  for (const candidate of candidates) {
    const ratio = sizeOf(candidate.below) / candidate.segment.sizeBytes
    const isBetter =
      ratio < bestRatio || (ratio === bestRatio && candidate.segment.number < (best?.segment.number ?? 0))
    if (!isBetter) continue
    best = candidate
    bestRatio = ratio
  }
  return best
}

/** The candidate with those beside it that lie wholly within what is rewritten anyway. */
function widen(state: CompactionState, run: Run, { segment, below }: Candidate): readonly SegmentMeta[] {
  const hull = hullOf([segment, ...below]) as KeyInterval
  const within = run.overlapping(hull).filter((each) => contains(hull, each))
  return within.some(({ number }) => state.busySegments.has(number)) ? [segment] : within
}

function contains(outer: KeyInterval, inner: KeyInterval): boolean {
  return (
    compareBytes(outer.smallestKey, inner.smallestKey) <= 0 &&
    compareBytes(inner.largestKey, outer.largestKey) <= 0
  )
}
