import { describe, expect, it } from 'vitest'
import { CompactionModel } from '../../test/support/compaction-model.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import type { CompactionSettings } from './compaction-plan.ts'
import { pickSizeTiered } from './size-tiered-picker.ts'

const settings: CompactionSettings = {
  level0RunCount: 4,
  level1SizeBytes: 1000,
  levelSizeFactor: 10,
  tierRunCount: 3,
  segmentSizeBytesMax: 100,
}

function filled(
  runCount: number,
  keyOf: (run: number, i: number) => string,
): { model: CompactionModel; written: number } {
  const model = new CompactionModel(settings)
  let written = 0
  for (let run = 0; run < runCount; run += 1) {
    model.flush(Array.from({ length: 20 }, (_, i) => ({ key: keyOf(run, i), isDeleted: false })))
    for (
      let plan = pickSizeTiered(model.state(false));
      plan !== undefined;
      plan = pickSizeTiered(model.state(false))
    ) {
      written += model.carryOut(plan)
    }
  }
  return { model, written }
}

const runCounts = (model: CompactionModel): number[] => model.version.levels.map(({ runs }) => runs.length)
const random = new SeededRandom(3)
const anyKey = (): string => `k${String(random.upTo(99_999)).padStart(6, '0')}`

describe('size-tiered compaction', () => {
  it('counts runs like digits: as many of one tier as make one of the next', () => {
    expect(runCounts(filled(2, anyKey).model)).toEqual([2])
    expect(runCounts(filled(3, anyKey).model)).toEqual([0, 1])
    expect(runCounts(filled(8, anyKey).model)).toEqual([2, 2])
    expect(runCounts(filled(9, anyKey).model)).toEqual([0, 0, 1])
    expect(runCounts(filled(26, anyKey).model)).toEqual([2, 2, 2])
  })

  it('rewrites an entry once a tier', () => {
    const { model, written } = filled(27, anyKey)
    expect(model.version.levels).toHaveLength(4)
    expect(written).toBeLessThanOrEqual(3 * 27 * 20 * 10)
  })

  it('rewrites nothing when keys come in order', () => {
    const { model, written } = filled(27, (run, i) => `k${String(run * 20 + i).padStart(6, '0')}`)
    expect(written).toBe(0)
    expect(runCounts(model)).toEqual([0, 0, 0, 1])
  })

  it('gives the merged run a number above those that are on the next level', () => {
    const { model } = filled(26, anyKey)
    for (const level of model.version.levels) {
      const numbers = level.runs.map(({ number }) => number)
      expect(numbers).toEqual([...numbers].sort((a, b) => b - a))
    }
    expect(model.keysOutOfOrder()).toEqual([])
  })

  it('picks nothing on a level where a compaction runs', () => {
    const model = new CompactionModel(settings)
    for (let run = 0; run < 3; run += 1) model.flush([{ key: anyKey(), isDeleted: false }])
    const [busy] = model.version.segments
    expect(pickSizeTiered(model.state(false))).toBeDefined()
    expect(pickSizeTiered(model.state(false, new Set([busy?.number ?? 0])))).toBeUndefined()
  })
})
