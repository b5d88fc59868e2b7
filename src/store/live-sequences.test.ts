import { expect, test } from 'vitest'
import { LiveSequences } from './live-sequences.ts'

test('a sequence number lives as long as any of its readers', () => {
  const live = new LiveSequences()
  expect(live.oldest).toBeUndefined()
  live.add(7)
  live.add(3)
  live.add(3)
  expect(live.oldest).toBe(3)
  live.remove(3)
  expect(live.oldest).toBe(3)
  live.remove(3)
  expect(live.oldest).toBe(7)
  live.remove(7)
  expect(live.oldest).toBeUndefined()
  live.remove(7)
  expect(live.list(9)).toEqual([9])
})

test('what every later reader will see is among the live ones, once, and all are ascending', () => {
  const live = new LiveSequences()
  for (const sequence of [20, 3, 100]) live.add(sequence)
  expect(live.list(50)).toEqual([3, 20, 50, 100])
  expect(live.list(20)).toEqual([3, 20, 100])
})
