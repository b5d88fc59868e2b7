import { describe, expect, test } from 'vitest'
import type { Scheduler } from '../time/scheduler.ts'
import { LoopBlocks } from './loop-blocks.ts'

/** A clock that goes on by hand. */
function handClock(): { nowMs: number; monotonicMs(): number; wallTimeMs(): number } {
  return {
    nowMs: 0,
    monotonicMs() {
      return this.nowMs
    },
    wallTimeMs: () => 0,
  }
}

function countsOf(blocks: LoopBlocks): number[] {
  return blocks.status.buckets.map(({ count }) => count)
}

describe('LoopBlocks', () => {
  test('counts by length, each limit included in its bucket, and knows the longest', () => {
    const blocks = new LoopBlocks(handClock())
    for (const ms of [0, 1, 1.01, 2, 4, 7, 20, 49, 50, 51, 300]) blocks.note(ms)
    expect(blocks.status.buckets.map(({ upToMs }) => upToMs)).toEqual([1, 2, 4, 8, 20, 50, undefined])
    expect(countsOf(blocks)).toEqual([2, 2, 1, 1, 1, 2, 2])
    expect(blocks.status.longestMs).toBe(300)
  })

  test('times what it runs, gives its answer, and counts work inside work once', () => {
    const clock = handClock()
    const blocks = new LoopBlocks(clock)
    const answer = blocks.measure(() => {
      clock.nowMs += 2
      return blocks.measure(() => {
        clock.nowMs += 1
        return 'answer'
      })
    })
    expect(answer).toBe('answer')
    expect(blocks.status.longestMs).toBe(3)
    expect(countsOf(blocks)).toEqual([0, 0, 1, 0, 0, 0, 0])
  })

  test('times what throws as well, and measures the next piece', () => {
    const clock = handClock()
    const blocks = new LoopBlocks(clock)
    const fail = (): never => {
      clock.nowMs += 30
      throw new Error('no')
    }
    expect(() => blocks.measure(fail)).toThrow('no')
    blocks.measure(() => {
      clock.nowMs += 5
    })
    expect(countsOf(blocks)).toEqual([0, 0, 0, 1, 0, 1, 0])
  })

  test('watches the work of a scheduler', () => {
    const clock = handClock()
    const blocks = new LoopBlocks(clock)
    const due: (() => void)[] = []
    const cancelled: number[] = []
    const scheduler: Scheduler = {
      microtask: (run) => due.push(run),
      immediate: (run) => due.push(run),
      timer: (delayMs, run) => {
        due.push(run)
        return () => cancelled.push(delayMs)
      },
    }
    const watched = blocks.watch(scheduler)
    watched.microtask(() => {
      clock.nowMs += 1.5
    })
    watched.immediate(() => {
      clock.nowMs += 3
    })
    const cancel = watched.timer(7, () => {
      clock.nowMs += 60
    })
    for (const run of due) run()
    cancel()
    expect(cancelled).toEqual([7])
    expect(countsOf(blocks)).toEqual([0, 1, 1, 0, 0, 0, 1])
  })
})
