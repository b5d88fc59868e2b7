/**
 * Leveled compaction: level 0 collects flushed runs, every deeper level is one run, about `levelSizeFactor`
 * times as large as the one above. A full level pushes segments into the next. Reads look at few runs and
 * little space is wasted; the price is that an entry is rewritten several times on its way down.
 *
 * Pure. Each plan moves entries to older places or drops some for sure, so that picking ends when nobody writes.
 * A Version made by size-tiered compaction, with several runs on deeper levels, is brought into shape on the way.
 */
import type { Level } from '../manifest/level.ts'
import {
  type CompactionPlan,
  type CompactionReason,
  type CompactionSettings,
  type CompactionState,
  planMerge,
} from './compaction-plan.ts'
import { pickGarbage } from './garbage-picker.ts'
import { isWorthEmptying } from './idle-shares.ts'
import { type PushTarget, planGather, planPartialPush, planPush } from './push-down.ts'

/**
 * Level 0 goes down when that rewrites at most so many bytes of level 1 for each byte of its own; until then its
 * runs are merged among themselves. In simulated random fills that halved what is written in all, for half a run
 * more to read.
 */
const level1ShareMax = 2

/** The next compaction worth doing; `undefined` when there is none, or none that avoids busy segments. */
export function pickLeveled(state: CompactionState): CompactionPlan | undefined {
  return (
    pickOverfull(state) ??
    pickLevel0(state) ??
    pickSeveralRuns(state) ??
    pickBySize(state) ??
    pickGarbage(state) ??
    (state.idle ? pickIdle(state) : undefined)
  )
}

/** The size past which level `number` pushes segments down; level 0 counts runs instead. */
export function levelTargetBytes(settings: CompactionSettings, number: number): number {
  return settings.level1SizeBytes * settings.levelSizeFactor ** (number - 1)
}

/** All of level 0 into level 1. Its oldest runs have to go first; all at once spares rewriting level 1. */
export function planLevel0(state: CompactionState, reason: CompactionReason): CompactionPlan | undefined {
  const { runs } = state.version.level(0)
  const inputs = runs.map((run) => ({ level: 0, run: run.number, segments: run.segments }))
  const target = targetBelow(state, 0)
  return planGather(state, inputs, target, reason) ?? planPush(state, inputs, target, reason)
}

/** The run that the oldest run of level `number` is pushed into: the newest of the next level. */
function targetBelow(state: CompactionState, number: number): PushTarget {
  const level = number + 1
  const newestHere = state.version.level(number).runs[0]?.number ?? 0
  return { level, run: state.version.level(level).runs[0] ?? newestHere }
}

/**
 * A deeper level that is further over its size than level 0 is over its runs goes first: each merge of level 0
 * would have to rewrite all that has piled up there.
 */
function pickOverfull(state: CompactionState): CompactionPlan | undefined {
  const { version, settings } = state
  const level0Excess = version.level(0).runs.length / settings.level0RunCount
  if (version.levels.some(({ number, runs }) => number > 0 && runs.length > 1)) return undefined
  const worst = Math.max(0, ...version.levels.slice(1).map((level) => excessOf(settings, level)))
  return worst > Math.max(1, level0Excess) ? pickBySize(state) : undefined
}

/** How full a level below level 0 is; above 1 it pushes segments down. */
function excessOf(settings: CompactionSettings, { number, sizeBytes }: Level): number {
  return sizeBytes / levelTargetBytes(settings, number)
}

function pickLevel0(state: CompactionState): CompactionPlan | undefined {
  if (state.version.level(0).runs.length < state.settings.level0RunCount) return undefined
  const down = planLevel0(state, 'run count')
  if (down === undefined || down.kind === 'move') return down
  const level0Bytes = state.version.level(0).sizeBytes
  const isDear = down.bytes - level0Bytes > level1ShareMax * level0Bytes
  return (isDear ? planWithinLevel0(state) : undefined) ?? down
}

/**
 * The newest runs of level 0 into one, as many as are no larger than all newer ones together: so an entry is
 * rewritten few times here, and the runs that stay grow like those of a tier.
 */
function planWithinLevel0(state: CompactionState): CompactionPlan | undefined {
  const { runs } = state.version.level(0)
  let count = 1
  let sizeBytes = runs[0]?.sizeBytes ?? 0
  for (const run of runs.slice(1)) {
    if (run.sizeBytes > sizeBytes) break
    sizeBytes += run.sizeBytes
    count += 1
  }
  if (count === 1) return undefined
  const inputs = runs.slice(0, count).map((run) => ({ level: 0, run: run.number, segments: run.segments }))
  return planMerge(state, { reason: 'run count', inputs, outputLevel: 0, outputRun: runs[0]?.number ?? 0 })
}

/** Deeper levels with several runs: the newest goes into the next, piece by piece. */
function pickSeveralRuns(state: CompactionState): CompactionPlan | undefined {
  return firstPlan(state.version.levels, ({ number, runs }) => {
    const [newest, next] = runs
    if (number === 0 || newest === undefined || next === undefined) return undefined
    const from = { level: number, run: newest }
    return planPartialPush(state, from, { level: number, run: next }, 'several runs', newest.sizeBytes)
  })
}

/** The level that exceeds its size the most. */
function pickBySize(state: CompactionState): CompactionPlan | undefined {
  const excess = (level: Level): number => excessOf(state.settings, level)
  const full = state.version.levels.filter((level) => level.number > 0 && excess(level) > 1)
  return firstPlan(
    full.sort((a, b) => excess(b) - excess(a)),
    (level) =>
      planFromLevel(
        state,
        level,
        'level size',
        level.sizeBytes - levelTargetBytes(state.settings, level.number),
      ),
  )
}

/** Small newer levels over a large one mean that much of what is deeper is outdated. */
function pickIdle(state: CompactionState): CompactionPlan | undefined {
  const { levels } = state.version
  const deepest = levels.at(-1)
  if (deepest === undefined) return undefined
  if (deepest.number === 0) return deepest.runs.length > 1 ? planLevel0(state, 'idle') : undefined
  return firstPlan(levels.slice(0, -1), (level) => {
    // Spares planning for what is too small at any price.
    if (!isWorthEmptying(level, deepest, 0, state.idleAllowanceBytes)) return undefined
    const plan = planDown(state, level)
    if (plan === undefined) return undefined
    const costBytes = plan.kind === 'move' ? 0 : plan.bytes
    return isWorthEmptying(level, deepest, costBytes, state.idleAllowanceBytes) ? plan : undefined
  })
}

function planDown(state: CompactionState, level: Level): CompactionPlan | undefined {
  return level.number === 0 ? planLevel0(state, 'idle') : planFromLevel(state, level, 'idle', level.sizeBytes)
}

/** A part of the level's oldest run into the next level. */
function planFromLevel(
  state: CompactionState,
  level: Level,
  reason: CompactionReason,
  bytesWanted: number,
): CompactionPlan | undefined {
  const run = level.runs.at(-1)
  if (run === undefined) return undefined
  return planPartialPush(
    state,
    { level: level.number, run },
    targetBelow(state, level.number),
    reason,
    bytesWanted,
  )
}

function firstPlan(
  levels: readonly Level[],
  plan: (level: Level) => CompactionPlan | undefined,
): CompactionPlan | undefined {
  for (const level of levels) {
    const found = plan(level)
    if (found !== undefined) return found
  }
  return undefined
}
