import { describe, expect, test } from 'vitest'
import { keyRangeOf } from '../entry/key-range.ts'
import { findValue, indexAfter, indexesOf, SortedEntries } from './sorted-entries.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function entriesOf(...keys: number[]): SortedEntries {
  const entries = new SortedEntries()
  for (const key of keys) entries.put(bytes(key), bytes(key, key))
  return entries
}
const keysOf = (entries: SortedEntries): number[] => entries.current.keys.map((key) => key[0] as number)

describe('SortedEntries', () => {
  test('keeps keys in order and finds their values', () => {
    const entries = entriesOf(5, 1, 3)
    entries.put(bytes(3), bytes(7))
    expect(keysOf(entries)).toEqual([1, 3, 5])
    expect(findValue(entries.current, bytes(3))).toEqual(bytes(7))
    expect(findValue(entries.current, bytes(4))).toBeUndefined()
    entries.delete(bytes(1))
    entries.delete(bytes(2))
    expect(keysOf(entries)).toEqual([3, 5])
    entries.deleteBetween(0, 1)
    expect(keysOf(entries)).toEqual([5])
  })

  test('changes nothing in a picture that is held, and copies once for it', () => {
    const entries = entriesOf(1, 2)
    const held = entries.current
    const letGo = held.hold()
    entries.put(bytes(3), bytes(3))
    const copy = entries.current
    entries.delete(bytes(1))
    expect(entries.current).toBe(copy)
    expect(held.keys).toEqual([bytes(1), bytes(2)])
    expect(keysOf(entries)).toEqual([2, 3])
    letGo()
  })

  test('copies nothing when the picture was let go', () => {
    const entries = entriesOf(1, 2)
    const picture = entries.current
    picture.hold()()
    entries.put(bytes(3), bytes(3))
    expect(entries.current).toBe(picture)
  })
})

test('indexAfter() finds the first key at or after, or strictly after', () => {
  const { keys } = entriesOf(1, 3).current
  expect([0, 1, 2, 3, 4].map((key) => indexAfter(keys, bytes(key), false))).toEqual([0, 0, 1, 1, 2])
  expect([0, 1, 2, 3, 4].map((key) => indexAfter(keys, bytes(key), true))).toEqual([0, 1, 1, 2, 2])
})

test('indexesOf() is empty, not crossed, for bounds that are crossed', () => {
  const picture = entriesOf(1, 2, 3, 4).current
  expect(indexesOf(picture, {})).toEqual([0, 4])
  expect(indexesOf(picture, keyRangeOf({ gt: bytes(1), lte: bytes(3) }))).toEqual([1, 3])
  expect(indexesOf(picture, keyRangeOf({ gte: bytes(4), lt: bytes(2) }))).toEqual([3, 3])
})
