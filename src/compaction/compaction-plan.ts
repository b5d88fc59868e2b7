/**
 * What a compaction will do, as data. Pickers make plans out of a Version; somebody else carries them out and
 * turns what came of it into an edit.
 *
 * Every plan keeps the order of ages: for one user key, whatever lies in a newer run stays newer than whatever
 * lies in an older one. So a plan never lets an entry pass a run between input and output that may hold its key,
 * and its output takes the place of the oldest input, or becomes the newest run of the level below.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import type { SequenceNumber } from '../entry/entry.ts'
import { hullOf, type KeyInterval, overlaps, sizeOf } from '../manifest/level.ts'
import type { PlacedRun, Version } from '../manifest/version.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { DeeperIntervals } from './deeper-runs.ts'
import { isMostlyGarbage } from './garbage.ts'

/** The numbers that steer pickers; `TuningOptions` of the store explains them. */
export interface CompactionSettings {
  readonly level0RunCount: number
  readonly level1SizeBytes: number
  readonly levelSizeFactor: number
  readonly tierRunCount: number
  readonly segmentSizeBytesMax: number
}

/** What a picker decides by. */
export interface CompactionState {
  readonly version: Version
  readonly settings: CompactionSettings
  /** Numbers of the segments that running compactions read; no plan touches them. */
  readonly busySegments: ReadonlySet<number>
  /** The oldest sequence number that a reader looks at; the published one when there is no reader. */
  readonly oldestSequence: SequenceNumber
  /** Nobody has written for a while: time to give back space that is not worth the work under load. */
  readonly idle: boolean
  /** While idle: what may be rewritten for less than it would be worth otherwise. */
  readonly idleAllowanceBytes: number
}

/** Why a plan was made; for events and people. */
export type CompactionReason = 'run count' | 'level size' | 'several runs' | 'garbage' | 'idle' | 'requested'

/** Segments of one run. */
export interface PlanInput {
  readonly level: number
  readonly run: number
  readonly segments: readonly SegmentMeta[]
}

export interface CompactionPlan {
  /** `move`: nothing overlaps and nothing would be dropped, so an edit does it without touching a file. */
  readonly kind: 'merge' | 'move'
  readonly reason: CompactionReason
  /** Newest first. */
  readonly inputs: readonly PlanInput[]
  readonly outputLevel: number
  readonly outputRun: number
  /** Sum of the sizes of all inputs. */
  readonly bytes: number
  /** What is older than the output and may hold keys of it: while it may, tombstones stay. */
  readonly deeperIntervals: DeeperIntervals
  /** Segments of the level below the output, by key: an output that overlapped many would be costly to move on. */
  readonly grandparents: readonly Grandparent[]
}

export interface Grandparent {
  readonly largestKey: Uint8Array
  readonly sizeBytes: number
}

/** A plan less what follows from the Version. */
export interface PlannedMerge {
  readonly reason: CompactionReason
  /** Newest first; those without segments are left out. */
  readonly inputs: readonly PlanInput[]
  readonly outputLevel: number
  readonly outputRun: number
  /** The inputs shall become one, also where an edit alone could move them. */
  readonly alwaysMerges?: boolean
}

/**
 * Fills in what follows from the Version; `undefined` when an input is busy, so that nothing can be done now.
 * The intervals of the inputs, taken together, have to reach every segment of the output run between them.
 */
export function planMerge(state: CompactionState, merge: PlannedMerge): CompactionPlan | undefined {
  const inputs = merge.inputs.filter(({ segments }) => segments.length > 0)
  const segments = inputs.flatMap((input) => input.segments)
  const hull = hullOf(segments)
  if (hull === undefined || segments.some(({ number }) => state.busySegments.has(number))) return undefined
  const deeperIntervals = deeperThan(state.version, merge, hull, segments)
  const hasDeeper = deeperIntervals.length > 0
  const isMove =
    merge.alwaysMerges !== true &&
    liesElsewhere(inputs, merge) &&
    areDisjoint(segments) &&
    !segments.some((segment) => isMostlyGarbage(segment, state.oldestSequence, hasDeeper))
  return {
    kind: isMove ? 'move' : 'merge',
    reason: merge.reason,
    inputs,
    outputLevel: merge.outputLevel,
    outputRun: merge.outputRun,
    bytes: sizeOf(segments),
    deeperIntervals,
    grandparents: grandparentsOf(state.version, merge.outputLevel, hull),
  }
}

/** The edit that puts the plan's outcome in place of its inputs. `outputs` of a move are the inputs themselves. */
export function editOf(plan: CompactionPlan, outputs: readonly SegmentMeta[]): VersionEdit {
  return {
    added: outputs.map((meta) => ({ level: plan.outputLevel, run: plan.outputRun, meta })),
    removed: plan.inputs.flatMap(({ segments }) => segments.map(({ number }) => number)),
    comment: plan.reason,
  }
}

/** The edit of a plan of kind `move`: nothing else has to be done. */
export function moveEditOf(plan: CompactionPlan): VersionEdit {
  return editOf(
    plan,
    plan.inputs.flatMap(({ segments }) => segments),
  )
}

/** The intervals of what is older than the output, where they meet `hull`. */
function deeperThan(
  version: Version,
  { outputLevel, outputRun }: PlannedMerge,
  hull: KeyInterval,
  inputs: readonly SegmentMeta[],
): DeeperIntervals {
  const numbers = new Set(inputs.map(({ number }) => number))
  const isOlder = ({ level, run }: PlacedRun): boolean =>
    level > outputLevel || (level === outputLevel && run.number < outputRun)
  return version.runs
    .filter(isOlder)
    .map(({ run }) => run.overlapping(hull).filter(({ number }) => !numbers.has(number)))
    .filter((segments) => segments.length > 0)
    .map((segments) => segments.map(({ smallestKey, largestKey }) => ({ smallestKey, largestKey })))
}

function liesElsewhere(inputs: readonly PlanInput[], { outputLevel, outputRun }: PlannedMerge): boolean {
  return inputs.every(({ level, run }) => level !== outputLevel || run !== outputRun)
}

function areDisjoint(segments: readonly SegmentMeta[]): boolean {
  const byKey = [...segments].sort((a, b) => compareBytes(a.smallestKey, b.smallestKey))
  return byKey.every((segment, i) => i === 0 || !overlaps(byKey[i - 1] as SegmentMeta, segment))
}

function grandparentsOf(version: Version, outputLevel: number, hull: KeyInterval): Grandparent[] {
  if (outputLevel === 0) return []
  const [run] = version.level(outputLevel + 1).runs
  return (run?.overlapping(hull) ?? []).map(({ largestKey, sizeBytes }) => ({ largestKey, sizeBytes }))
}
