import { describe, expect, test } from 'vitest'
import { ManualScheduler } from '../../test/support/manual-scheduler.ts'
import { TurnWatch } from './turn-watch.ts'

function watchAt(time: { nowMs: number }): { watch: TurnWatch; scheduler: ManualScheduler } {
  const scheduler = new ManualScheduler()
  const clock = { monotonicMs: () => time.nowMs, wallTimeMs: () => time.nowMs }
  return { watch: new TurnWatch(clock, scheduler), scheduler }
}

describe('TurnWatch', () => {
  test('counts the time of a turn from its first question', () => {
    const time = { nowMs: 100 }
    const { watch, scheduler } = watchAt(time)
    expect(watch.isOverdue()).toBe(false)
    time.nowMs += 2
    expect(watch.isOverdue()).toBe(false)
    time.nowMs += 0.1
    expect(watch.isOverdue()).toBe(true)
    scheduler.runImmediate()
    expect(watch.isOverdue()).toBe(false)
  })

  test('gives the next turn to those who ask too late, and nothing to others', async () => {
    const time = { nowMs: 0 }
    const { watch, scheduler } = watchAt(time)
    expect(watch.turn()).toBeUndefined()
    time.nowMs += 5
    const turn = watch.turn()
    expect(turn).toBeDefined()
    while (scheduler.runImmediate());
    await turn
    expect(watch.turn()).toBeUndefined()
  })

  test('looks at the clock at every sixteenth quick call only', () => {
    const time = { nowMs: 0 }
    const { watch, scheduler } = watchAt(time)
    watch.isOverdue()
    time.nowMs += 5
    const turns = Array.from({ length: 32 }, () => watch.turnSampled())
    expect(turns.filter((turn) => turn !== undefined)).toHaveLength(2)
    expect(turns[15]).toBeDefined()
    while (scheduler.runImmediate());
  })
})
