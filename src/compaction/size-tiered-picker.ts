/**
 * Size-tiered compaction: a level collects runs of similar size, and when there are `tierRunCount` of them they
 * become one run of the next level. An entry is rewritten once a level, so writing is cheap; reads look at more
 * runs, and the disk holds up to about `tierRunCount` times what is alive.
 *
 * Only whole levels are merged, and the outcome is the newest run of the next level: so runs that are neighbours
 * in age merge with each other alone, and newer runs never lie below older ones. Pure. A Version made by leveled
 * compaction needs no change: each of its levels is a tier of one run.
 */
import type { Level } from '../manifest/level.ts'
import { type CompactionPlan, type CompactionState, planMerge } from './compaction-plan.ts'
import { pickGarbage } from './garbage-picker.ts'

/** The next compaction worth doing; `undefined` when there is none, or none that avoids busy segments. */
export function pickSizeTiered(state: CompactionState): CompactionPlan | undefined {
  for (const level of state.version.levels) {
    if (level.runs.length < state.settings.tierRunCount) continue
    const plan = planTier(state, level)
    if (plan !== undefined) return plan
  }
  return pickGarbage(state)
}

function planTier(state: CompactionState, level: Level): CompactionPlan | undefined {
  const outputLevel = level.number + 1
  const newestThere = state.version.level(outputLevel).runs[0]?.number ?? 0
  const newestHere = level.runs[0]?.number ?? 0
  return planMerge(state, {
    reason: 'run count',
    inputs: level.runs.map((run) => ({ level: level.number, run: run.number, segments: run.segments })),
    outputLevel,
    outputRun: Math.max(newestHere, newestThere + 1),
  })
}
