import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompactionModel } from '../../test/support/compaction-model.ts'
import type { KeyRange } from '../entry/key-range.ts'
import type { CompactionPlan, CompactionSettings, CompactionState } from './compaction-plan.ts'
import { pickLeveled } from './leveled-picker.ts'
import { planRequestedLeveled, planRequestedSizeTiered, type RequestedPlan } from './requested-plan.ts'
import { pickSizeTiered } from './size-tiered-picker.ts'

const settings: CompactionSettings = {
  level0RunCount: 4,
  level1SizeBytes: 200,
  levelSizeFactor: 3,
  tierRunCount: 3,
  segmentSizeBytesMax: 60,
}

type Picker = (state: CompactionState) => CompactionPlan | undefined
type Requester = (state: CompactionState, range: KeyRange) => RequestedPlan

const styles: readonly { name: string; pick: Picker; request: Requester }[] = [
  { name: 'leveled', pick: pickLeveled, request: planRequestedLeveled },
  { name: 'size-tiered', pick: pickSizeTiered, request: planRequestedSizeTiered },
]

type Move =
  | {
      readonly do: 'flush'
      readonly writes: readonly { readonly key: string; readonly isDeleted: boolean }[]
    }
  | { readonly do: 'pick'; readonly style: number; readonly idle: boolean }
  | { readonly do: 'request'; readonly style: number; readonly from: string; readonly to: string }
  | { readonly do: 'add reader' }
  | { readonly do: 'remove reader' }

const anyKey = fc.integer({ min: 0, max: 59 }).map((n) => `k${String(n).padStart(2, '0')}`)
const anyWrite = fc.record({ key: anyKey, isDeleted: fc.boolean() })
const anyStyle = fc.nat(1)
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('flush' as const),
      writes: fc.array(anyWrite, { minLength: 1, maxLength: 25 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('pick' as const), style: anyStyle, idle: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('request' as const), style: anyStyle, from: anyKey, to: anyKey }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('add reader' as const, 'remove reader' as const) }),
  },
)
const anyHistory = fc.array(anyMove, { minLength: 5, maxLength: 60, size: 'max' })

const utf8 = new TextEncoder()
const rangeOf = (from: string, to: string): KeyRange => ({
  lower: { key: utf8.encode(from < to ? from : to), inclusive: true },
  upper: { key: utf8.encode(from < to ? to : from), inclusive: true },
})

function expectTruth(model: CompactionModel): void {
  expect(model.keysOutOfOrder()).toEqual([])
  for (const sequence of model.liveSequences) expect(model.seen(sequence)).toEqual(model.expected(sequence))
}

/** Carries out plans until there are none. Many more steps than segments would mean: for ever. */
function settle(model: CompactionModel, next: () => RequestedPlan): number {
  const stepsMax = 300 + 20 * model.version.segmentCount
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const plan = next()
    if (plan === undefined) return steps
    if (plan === 'busy') throw new Error('nothing is busy')
    model.carryOut(plan)
  }
  throw new Error(`still picking after ${stepsMax} steps`)
}

function play(model: CompactionModel, history: readonly Move[], check: () => void): void {
  for (const move of history) {
    if (move.do === 'flush') model.flush(move.writes)
    else if (move.do === 'add reader') model.addReader()
    else if (move.do === 'remove reader') model.removeOldestReader()
    else {
      const style = styles[move.style] as (typeof styles)[number]
      const plan =
        move.do === 'pick'
          ? style.pick(model.state(move.idle))
          : style.request(model.state(false), rangeOf(move.from, move.to))
      if (plan !== undefined && plan !== 'busy') model.carryOut(plan)
      check()
    }
  }
}

describe.each(styles)('$name compaction', ({ pick, request }) => {
  it('shows readers the same before and after every step, whatever came before', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const model = new CompactionModel(settings)
        play(model, history, () => expectTruth(model))
      }),
      { numRuns: 150 },
    )
  })

  it('comes to an end, under load and idle, with readers and without', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const model = new CompactionModel(settings)
        play(model, history, () => {})
        settle(model, () => pick(model.state(false)))
        settle(model, () => pick(model.state(true)))
        for (let i = 0; i < 60; i += 1) model.removeOldestReader()
        settle(model, () => pick(model.state(false)))
        settle(model, () => pick(model.state(true)))
        settle(model, () => pick(model.state(true, new Set(), Infinity)))
        expect(settle(model, () => pick(model.state(true, new Set(), Infinity)))).toBe(0)
        expectTruth(model)
      }),
      { numRuns: 150 },
    )
  })

  it('gives the disk back after everything was deleted and nobody writes', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const model = new CompactionModel(settings)
        play(model, history, () => {})
        for (let i = 0; i < 60; i += 1) model.removeOldestReader()
        for (const key of model.expected(Infinity).keys()) model.flush([{ key, isDeleted: true }])
        settle(model, () => pick(model.state(true)))
        const left = model.version.segments.flatMap((meta) => [...model.entriesOf(meta)])
        // Less than an eighth of a segment's entries is not worth rewriting it; a put would be worth telling.
        expect(model.expected(Infinity).size).toBe(0)
        expect(left).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('leaves one entry a key where a compaction was requested and nobody looks back', () => {
    fc.assert(
      fc.property(anyHistory, anyKey, anyKey, (history, from, to) => {
        const model = new CompactionModel(settings)
        play(model, history, () => {})
        for (let i = 0; i < 60; i += 1) model.removeOldestReader()
        const range = rangeOf(from, to)
        settle(model, () => request(model.state(false), range))
        expectTruth(model)
        const [low, high] = from < to ? [from, to] : [to, from]
        const expected = [...model.expected(Infinity)].filter(([key]) => key >= low && key <= high)
        const left = model.version.segments
          .flatMap((meta) => [...model.entriesOf(meta)])
          .filter(({ key }) => key >= low && key <= high)
        expect(left.map(({ key, sequence }) => [key, sequence]).sort()).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })

  it('plans nothing that touches a busy segment', () => {
    fc.assert(
      fc.property(anyHistory, fc.infiniteStream(fc.boolean()), (history, coin) => {
        const model = new CompactionModel(settings)
        play(model, history, () => {})
        const isBusy = (): boolean => coin.next().value === true
        const busy = new Set(model.version.segments.filter(isBusy).map(({ number }) => number))
        for (const plan of [pick(model.state(true, busy)), request(model.state(true, busy), {})]) {
          if (plan === undefined || plan === 'busy') continue
          const inputs = plan.inputs.flatMap(({ segments }) => segments)
          expect(inputs.filter(({ number }) => busy.has(number))).toEqual([])
          model.carryOut(plan)
          expectTruth(model)
          return
        }
      }),
      { numRuns: 150 },
    )
  })
})
