import { describe, expect, it } from 'vitest'
import { CompactionModel } from '../../test/support/compaction-model.ts'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { type AddedSegment, Version } from '../manifest/version.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { CompactionPlan, CompactionSettings, CompactionState } from './compaction-plan.ts'
import { levelTargetBytes, pickLeveled } from './leveled-picker.ts'

const settings: CompactionSettings = {
  level0RunCount: 4,
  level1SizeBytes: 3000,
  levelSizeFactor: 10,
  tierRunCount: 4,
  segmentSizeBytesMax: 1000,
}

type Place = readonly [level: number, run: number, meta: SegmentMeta]

function stateOf(places: readonly Place[], rest: Partial<CompactionState> = {}): CompactionState {
  const added: AddedSegment[] = places.map(([level, run, meta]) => ({ level, run, meta }))
  const version = Version.empty.apply({ added, removed: [] })
  return {
    version,
    settings,
    busySegments: new Set(),
    oldestSequence: 100,
    idle: false,
    idleAllowanceBytes: 0,
    ...rest,
  }
}

/** A plan as `L1#3 [4 5] + L2#1 [6] → L2#1`. */
function described(plan: CompactionPlan | undefined): string {
  if (plan === undefined) return 'nothing'
  const inputs = plan.inputs.map(
    ({ level, run, segments }) => `L${level}#${run} [${segments.map(({ number }) => number).join(' ')}]`,
  )
  return `${plan.kind} (${plan.reason}) ${inputs.join(' + ')} → L${plan.outputLevel}#${plan.outputRun}`
}

const meta = segmentMeta
/** A full level 1 of four segments. */
const fullLevel1: Place[] = [
  [1, 1, meta(1, 'a', 'c')],
  [1, 1, meta(2, 'd', 'f')],
  [1, 1, meta(3, 'g', 'i')],
  [1, 1, meta(4, 'j', 'l')],
]

/** Level 1 is far from full. */
const roomyLevel1: Partial<CompactionState> = { settings: { ...settings, level1SizeBytes: 10_000 } }

describe('leveled compaction picks', () => {
  it('a deeper level first while that is further over its size than level 0 is over its runs', () => {
    const places: Place[] = [10, 11, 12, 13].map((run) => [0, run, meta(run, 'e', 'h')])
    expect(described(pickLeveled(stateOf([...places, ...fullLevel1])))).toBe(
      'move (level size) L1#1 [1] → L2#1',
    )
    const more: Place[] = [14, 15].map((run) => [0, run, meta(run, 'e', 'h')])
    expect(described(pickLeveled(stateOf([...more, ...places, ...fullLevel1])))).toMatch(
      /^merge \(run count\)/,
    )
  })

  it('nothing while level 0 has few runs and no level is full', () => {
    expect(described(pickLeveled(stateOf([])))).toBe('nothing')
    const places: Place[] = [1, 2, 3].map((run) => [0, run, meta(run, 'a', 'z')])
    expect(described(pickLeveled(stateOf([...places, [1, 1, meta(9, 'a', 'z')]])))).toBe('nothing')
  })

  it('all of level 0 with what it overlaps once there are enough runs', () => {
    const places: Place[] = [10, 11, 12, 13].map((run) => [0, run, meta(run, 'e', 'h')])
    expect(described(pickLeveled(stateOf([...places, ...fullLevel1], roomyLevel1)))).toBe(
      'merge (run count) L0#13 [13] + L0#12 [12] + L0#11 [11] + L0#10 [10] + L1#1 [2 3] → L1#1',
    )
  })

  it('the newest runs of level 0 alone while level 1 is far larger than all of them', () => {
    const sizes = [1200, 400, 300, 200, 100, 100]
    const runs: Place[] = sizes.map((sizeBytes, i) => [0, 10 + i, meta(10 + i, 'a', 'z', { sizeBytes })])
    const below = (sizeBytes: number): Place => [1, 1, meta(1, 'a', 'z', { sizeBytes })]
    expect(described(pickLeveled(stateOf([...runs, below(4700)], roomyLevel1)))).toBe(
      'merge (run count) L0#15 [15] + L0#14 [14] + L0#13 [13] + L0#12 [12] + L0#11 [11] → L0#15',
    )
    expect(described(pickLeveled(stateOf([...runs, below(4600)], roomyLevel1)))).toMatch(/L1#1 \[1\] → L1#1$/)
  })

  it('all of level 0 all the same when its newest run is its largest, so that nothing would be won', () => {
    const sizes = [100, 200, 300, 400]
    const runs: Place[] = sizes.map((sizeBytes, i) => [0, 13 - i, meta(13 - i, 'a', 'z', { sizeBytes })])
    const below: Place = [1, 1, meta(1, 'a', 'z', { sizeBytes: 9000 })]
    expect(described(pickLeveled(stateOf([...runs, below], roomyLevel1)))).toMatch(/L1#1 \[1\] → L1#1$/)
  })

  it('a move where the runs of level 0 overlap nothing', () => {
    const places: Place[] = ['m', 'o', 'q', 's'].map((key, i) => [0, 10 + i, meta(10 + i, key, `${key}z`)])
    expect(described(pickLeveled(stateOf([...places, [1, 1, meta(1, 'a', 'b')]])))).toBe(
      'move (run count) L0#13 [13] + L0#12 [12] + L0#11 [11] + L0#10 [10] → L1#1',
    )
    expect(described(pickLeveled(stateOf(places)))).toMatch(/→ L1#13$/)
  })

  it('small runs of level 0 as one, with the small segments next to them below, rather than moving them', () => {
    const drop = { sizeBytes: 10 }
    const drops: Place[] = ['m', 'n', 'o', 'p'].map((key, i) => [0, 10 + i, meta(10 + i, key, key, drop)])
    expect(described(pickLeveled(stateOf(drops)))).toBe(
      'merge (run count) L0#13 [13] + L0#12 [12] + L0#11 [11] + L0#10 [10] → L1#13',
    )
    const below: Place[] = [
      [1, 1, meta(1, 'a', 'b', { sizeBytes: 1000 })],
      [1, 1, meta(2, 'c', 'd', { sizeBytes: 60 })],
      [1, 1, meta(3, 'x', 'z', { sizeBytes: 1000 })],
    ]
    expect(described(pickLeveled(stateOf([...drops, ...below])))).toMatch(/ \+ L1#1 \[2\] → L1#1$/)
  })

  it('a move between the segments of the level below', () => {
    const places: Place[] = ['b', 'd', 'h', 'j'].map((key, i) => [0, 10 + i, meta(10 + i, key, key)])
    const below: Place[] = ['a', 'c', 'e'].map((key, i) => [1, 1, meta(i + 1, key, key)])
    expect(described(pickLeveled(stateOf([...places, ...below])))).toMatch(/^move/)
  })

  it('from the fullest level the segment with the least to rewrite for its size', () => {
    const level2: Place[] = [
      [2, 1, meta(21, 'a', 'b')],
      [2, 1, meta(22, 'c', 'd', { sizeBytes: 500 })],
      [2, 1, meta(23, 'e', 'h')],
      [2, 1, meta(24, 'i', 'z')],
    ]
    expect(described(pickLeveled(stateOf([...fullLevel1, ...level2])))).toBe(
      'merge (level size) L1#1 [4] + L2#1 [24] → L2#1',
    )
  })

  it('neighbours that lie within what is rewritten anyway', () => {
    expect(described(pickLeveled(stateOf([...fullLevel1, [2, 1, meta(21, 'a', 'k')]])))).toBe(
      'merge (level size) L1#1 [1 2 3] + L2#1 [21] → L2#1',
    )
  })

  it('as many moves at once as bring the level to its size', () => {
    expect(described(pickLeveled(stateOf(fullLevel1)))).toBe('move (level size) L1#1 [1] → L2#1')
    const more: Place[] = [...fullLevel1, [1, 1, meta(5, 'm', 'o')], [1, 1, meta(6, 'p', 'r')]]
    expect(described(pickLeveled(stateOf(more)))).toBe('move (level size) L1#1 [1 2 3] → L2#1')
  })

  it('the level that exceeds its size the most', () => {
    const level2: Place[] = Array.from({ length: 100 }, (_, i) => {
      const key = String(i).padStart(3, '0')
      return [2, 1, meta(100 + i, key, key)]
    })
    expect(described(pickLeveled(stateOf([...fullLevel1, ...level2])))).toMatch(/^move \(level size\) L2#1/)
  })

  it('something else when what it would like is busy', () => {
    const runs: Place[] = [10, 11, 12, 13].map((run) => [0, run, meta(run, 'a', 'z')])
    const state = stateOf([...runs, ...fullLevel1], { busySegments: new Set([11, 1]) })
    expect(described(pickLeveled(state))).toBe('move (level size) L1#1 [2] → L2#1')
  })

  it('several runs of a deeper level piece by piece, the newest into the next', () => {
    const places: Place[] = [
      [1, 5, meta(51, 'a', 'c')],
      [1, 5, meta(52, 'x', 'z')],
      [1, 4, meta(41, 'b', 'd')],
      [1, 3, meta(31, 'a', 'z')],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('move (several runs) L1#5 [52] → L1#4')
  })
})

describe('garbage', () => {
  const tombstones = { entryCount: 10, tombstoneCount: 8 }

  it('sinks into the next older run that it overlaps, past those that it does not', () => {
    const places: Place[] = [
      [0, 9, meta(9, 'm', 'p', tombstones)],
      [0, 8, meta(8, 'a', 'c')],
      [1, 1, meta(1, 'd', 'e')],
      [2, 1, meta(2, 'o', 'z')],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('merge (garbage) L0#9 [9] + L2#1 [2] → L2#1')
  })

  it('is rewritten alone where nothing deeper overlaps it', () => {
    const places: Place[] = [
      [1, 1, meta(1, 'd', 'e', tombstones)],
      [2, 1, meta(2, 'o', 'z')],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('merge (garbage) L1#1 [1] → L1#1')
  })

  it('of older versions is rewritten where it lies', () => {
    const places: Place[] = [
      [1, 1, meta(1, 'a', 'c', { keyCount: 4 })],
      [2, 1, meta(2, 'a', 'z')],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('merge (garbage) L1#1 [1] → L1#1')
  })

  it('waits while a reader looks back beyond it', () => {
    const places: Place[] = [[1, 1, meta(1, 'd', 'e', tombstones)]]
    expect(described(pickLeveled(stateOf(places, { oldestSequence: 99 })))).toBe('nothing')
    expect(described(pickLeveled(stateOf(places, { oldestSequence: 100 })))).not.toBe('nothing')
  })

  it('waits under load when little of it would cost much, and goes when nobody writes', () => {
    const places: Place[] = [
      [1, 1, meta(1, 'd', 'e', tombstones)],
      [2, 1, meta(2, 'a', 'z', { entryCount: 1000, sizeBytes: 20_000 })],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('nothing')
    expect(described(pickLeveled(stateOf(places, { idle: true })))).toMatch(/^merge \(garbage\)/)
  })

  it('is dropped on the way down instead of moved', () => {
    const places: Place[] = [10, 11, 12, 13].map((run) => [0, run, meta(run, `${run}`, `${run}`, tombstones)])
    expect(described(pickLeveled(stateOf(places)))).toMatch(/^merge \(run count\)/)
  })
})

describe('an idle store', () => {
  it('empties small upper levels that overlay a large part of the deepest', () => {
    const places: Place[] = [
      [0, 9, meta(9, 'a', 'z', { sizeBytes: 100 })],
      [1, 1, meta(1, 'a', 'z', { sizeBytes: 800 })],
    ]
    expect(described(pickLeveled(stateOf(places)))).toBe('nothing')
    expect(described(pickLeveled(stateOf(places, { idle: true })))).toBe(
      'merge (idle) L0#9 [9] + L1#1 [1] → L1#1',
    )
  })

  it('leaves them when they are a tenth or less', () => {
    const places: Place[] = [
      [0, 9, meta(9, 'a', 'z', { sizeBytes: 80 })],
      [1, 1, meta(1, 'a', 'z', { sizeBytes: 800 })],
    ]
    expect(described(pickLeveled(stateOf(places, { idle: true })))).toBe('nothing')
  })

  it('empties them from a fortieth on when what was written pays for it', () => {
    const places: Place[] = [
      [0, 9, meta(9, 'a', 'z', { sizeBytes: 80 })],
      [1, 1, meta(1, 'a', 'z', { sizeBytes: 800 })],
    ]
    const pick = (rest: Partial<CompactionState>): string => described(pickLeveled(stateOf(places, rest)))
    expect(pick({ idle: true, idleAllowanceBytes: 880 })).toBe('merge (idle) L0#9 [9] + L1#1 [1] → L1#1')
    expect(pick({ idle: true, idleAllowanceBytes: 879 })).toBe('nothing')
    expect(pick({ idle: false, idleAllowanceBytes: 1e9 })).toBe('nothing')
  })

  it('leaves less than a fortieth, and a store of one level, whatever was written', () => {
    const paid = { idle: true, idleAllowanceBytes: 1e9 }
    const settled: Place = [1, 1, meta(1, 'a', 'z', { sizeBytes: 800 })]
    expect(described(pickLeveled(stateOf([settled], paid)))).toBe('nothing')
    const little: Place = [0, 9, meta(9, 'a', 'z', { sizeBytes: 20 })]
    expect(described(pickLeveled(stateOf([little, settled], paid)))).toBe('nothing')
  })

  it('takes another level when one is too dear', () => {
    const places: Place[] = [
      [0, 9, meta(9, 'a', 'z', { sizeBytes: 40 })],
      [1, 1, meta(1, 'a', 'b', { sizeBytes: 40 })],
      [1, 1, meta(2, 'c', 'z', { sizeBytes: 60 })],
      [2, 1, meta(3, 'a', 'b', { sizeBytes: 20 })],
      [2, 1, meta(4, 'c', 'z', { sizeBytes: 1180 })],
    ]
    expect(described(pickLeveled(stateOf(places, { idle: true, idleAllowanceBytes: 100 })))).toBe(
      'merge (idle) L1#1 [1] + L2#1 [3] → L2#1',
    )
  })

  it('leaves a single run on level 0 alone', () => {
    expect(described(pickLeveled(stateOf([[0, 9, meta(9, 'a', 'z')]], { idle: true })))).toBe('nothing')
  })
})

describe('a store under leveled compaction', () => {
  function settle(model: CompactionModel, idle: boolean, allowanceBytes = 0): number {
    const next = (): CompactionPlan | undefined => pickLeveled(model.state(idle, new Set(), allowanceBytes))
    let written = 0
    for (let plan = next(); plan !== undefined; plan = next()) written += model.carryOut(plan)
    return written
  }
  const small = { ...settings, level1SizeBytes: 2000, levelSizeFactor: 4, segmentSizeBytesMax: 200 }
  const keyOf = (n: number): string => `k${String(n).padStart(6, '0')}`

  it('rewrites nothing when keys come in order', () => {
    const model = new CompactionModel(small)
    let written = 0
    for (let n = 0; n < 4000; n += 50) {
      model.flush(Array.from({ length: 50 }, (_, i) => ({ key: keyOf(n + i), isDeleted: false })))
      written += settle(model, false)
    }
    expect(written).toBe(0)
    expect(model.seen(Infinity).size).toBe(4000)
  })

  it('has one run a level, each within its size, and few runs on level 0', () => {
    const random = new SeededRandom(7)
    const model = new CompactionModel(small)
    let written = 0
    for (let n = 0; n < 100; n += 1) {
      model.flush(Array.from({ length: 50 }, () => ({ key: keyOf(random.upTo(3000)), isDeleted: false })))
      written += settle(model, false)
    }
    const { levels } = model.version
    expect(levels.length).toBeGreaterThan(2)
    expect(levels[0]?.runs.length ?? 0).toBeLessThan(small.level0RunCount)
    for (const level of levels.slice(1)) {
      expect(level.runs.length).toBeLessThanOrEqual(1)
      expect(level.sizeBytes).toBeLessThanOrEqual(levelTargetBytes(small, level.number))
    }
    // Each level costs an entry at most about the factor and one more.
    expect(written / (100 * 50 * 10)).toBeLessThan(levels.length * (small.levelSizeFactor + 1))
  })

  it('comes to rest at a fortieth above the deepest level, and rewrites no more than was paid for', () => {
    const random = new SeededRandom(9)
    const model = new CompactionModel({ ...small, level1SizeBytes: 20_000, levelSizeFactor: 10 })
    let allowance = 0
    let earned = 0
    let paid = 0
    for (let n = 0; n < 400; n += 1) {
      model.flush(Array.from({ length: 30 }, () => ({ key: keyOf(random.upTo(1000)), isDeleted: false })))
      earned += 600
      allowance += 600
      settle(model, false)
      if (!random.chance(0.05)) continue
      settle(model, true)
      const plan = pickLeveled(model.state(true, new Set(), allowance))
      if (plan === undefined) continue
      expect(plan.bytes).toBeLessThanOrEqual(allowance)
      model.carryOut(plan)
      allowance -= plan.bytes
      paid += plan.bytes
    }
    expect(paid).toBeGreaterThan(0)
    expect(paid).toBeLessThanOrEqual(earned)
    settle(model, true, Infinity)
    expect(model.version.sizeBytes).toBeLessThan(1.03 * 10 * model.seen(Infinity).size)
    expect(settle(model, true, Infinity)).toBe(0)
  })

  it('needs little more space than what is alive once it is idle', () => {
    const random = new SeededRandom(8)
    const model = new CompactionModel(small)
    for (let n = 0; n < 60; n += 1) {
      model.flush(
        Array.from({ length: 50 }, () => ({ key: keyOf(random.upTo(500)), isDeleted: random.chance(0.3) })),
      )
      settle(model, false)
    }
    settle(model, true)
    const alive = model.seen(Infinity).size * 10
    expect(model.version.sizeBytes).toBeLessThan(1.3 * alive)
  })
})
