import { describe, expect, it } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { InvariantError } from '../invariant.ts'
import { hullOf, overlaps } from './level.ts'
import { Version } from './version.ts'

const utf8 = new TextEncoder()
const key = (text: string): Uint8Array => utf8.encode(text)

const a = segmentMeta(1, 'a', 'c')
const b = segmentMeta(2, 'e', 'g')
const c = segmentMeta(3, 'b', 'f')

const picture = Version.empty.apply({
  added: [
    { level: 1, run: 1, meta: b },
    { level: 1, run: 1, meta: a },
    { level: 0, run: 3, meta: c },
  ],
  removed: [],
})

describe('Version', () => {
  it('sorts the segments of a run by key, the runs of a level by age and the levels by depth', () => {
    const next = picture.apply({ added: [{ level: 0, run: 5, meta: segmentMeta(5, 'a', 'z') }], removed: [] })
    expect(next.runs.map(({ level, run }) => [level, run.number])).toEqual([
      [0, 5],
      [0, 3],
      [1, 1],
    ])
    expect(next.segments.map((segment) => segment.number)).toEqual([5, 3, 1, 2])
    expect(next.levels.map((level) => level.number)).toEqual([0, 1])
  })

  it('stays as it is when an edit makes the next one', () => {
    picture.apply({ added: [], removed: [1, 2, 3] })
    expect(picture.segmentCount).toBe(3)
    expect(picture.sizeBytes).toBe(3000)
  })

  it('loses runs and deepest levels that become empty', () => {
    const next = picture.apply({ added: [], removed: [1, 2] })
    expect(next.levels).toHaveLength(1)
    expect(next.level(1).runs).toEqual([])
    expect(picture.apply({ added: [], removed: [3] }).level(0).runs).toEqual([])
  })

  it('moves a segment by an edit that removes and adds it', () => {
    const next = picture.apply({ added: [{ level: 2, run: 1, meta: a }], removed: [1] })
    expect(next.level(1).segments).toEqual([b])
    expect(next.level(2).segments).toEqual([a])
  })

  it('shares the runs that an edit leaves alone', () => {
    const next = picture.apply({ added: [], removed: [3] })
    expect(next.level(1).runs[0]).toBe(picture.level(1).runs[0])
  })

  it('refuses segments of one run that share a user key', () => {
    const touching = segmentMeta(9, 'c', 'd')
    expect(() => picture.apply({ added: [{ level: 1, run: 1, meta: touching }], removed: [] })).toThrow(
      InvariantError,
    )
    const next = picture.apply({ added: [{ level: 1, run: 2, meta: touching }], removed: [] })
    expect(next.level(1).runs).toHaveLength(2)
  })

  it('refuses to remove a segment that is not there, or twice', () => {
    expect(() => picture.apply({ added: [], removed: [4] })).toThrow(/removed segments are there: 4/)
    expect(() => picture.apply({ added: [], removed: [1, 1] })).toThrow(InvariantError)
  })

  it('refuses a segment number that is there already', () => {
    const again = { level: 4, run: 9, meta: segmentMeta(1, 'x', 'y') }
    expect(() => picture.apply({ added: [again], removed: [] })).toThrow(/segment 1 is there once/)
  })

  it('refuses an interval that ends before it begins', () => {
    const reversed = { level: 4, run: 9, meta: segmentMeta(9, 'y', 'x') }
    expect(() => picture.apply({ added: [reversed], removed: [] })).toThrow(InvariantError)
  })

  it('finds the segments that may hold a key of an interval, newest run first', () => {
    const numbers = (smallest?: string, largest?: string): number[] =>
      picture
        .overlapping({
          ...(smallest !== undefined && { smallestKey: key(smallest) }),
          ...(largest !== undefined && { largestKey: key(largest) }),
        })
        .map((segment) => segment.number)
    expect(numbers()).toEqual([3, 1, 2])
    expect(numbers('d', 'd')).toEqual([3])
    expect(numbers('c', 'e')).toEqual([3, 1, 2])
    expect(numbers('g')).toEqual([2])
    expect(numbers(undefined, 'a')).toEqual([1])
    expect(numbers('h')).toEqual([])
  })
})

describe('key intervals', () => {
  it('overlap when they share a bound', () => {
    expect(overlaps(a, c)).toBe(true)
    expect(overlaps(a, b)).toBe(false)
    expect(overlaps(b, a)).toBe(false)
    expect(overlaps(a, { smallestKey: key('c') })).toBe(true)
  })

  it('have a hull from the least key to the greatest', () => {
    expect(hullOf([c, b, a])).toEqual({ smallestKey: key('a'), largestKey: key('g') })
    expect(hullOf([])).toBeUndefined()
  })
})
