import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../bytes/compare-bytes.ts'
import {
  type EncodedBounds,
  intersectRanges,
  isAfterRange,
  isBeforeRange,
  isEmptyRange,
  isInRange,
  type KeyRange,
  keyRangeOf,
  prefixSuccessor,
  rangeOfPrefix,
} from './key-range.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const inRange = (range: KeyRange, key: Uint8Array): boolean => isInRange(range, key, 0, key.length)

/** Few letters, so that keys meet, contain each other and end in ff. */
const anyKey = fc.array(fc.constantFrom(0, 1, 0xfe, 0xff), { maxLength: 4 }).map((values) => bytes(...values))
const anyBounds: fc.Arbitrary<EncodedBounds> = fc.record(
  { gt: anyKey, gte: anyKey, lt: anyKey, lte: anyKey, prefix: anyKey },
  { requiredKeys: [] },
)

describe('keyRangeOf()', () => {
  test('without bounds holds every key', () => {
    expect(keyRangeOf({})).toEqual({})
    expect(inRange(keyRangeOf({}), bytes())).toBe(true)
  })

  test('lets gte beat gt and lte beat lt', () => {
    expect(keyRangeOf({ gt: bytes(9), gte: bytes(1), lt: bytes(2), lte: bytes(7) })).toEqual({
      lower: { key: bytes(1), inclusive: true },
      upper: { key: bytes(7), inclusive: true },
    })
  })

  test('narrows a prefix by bounds and bounds by a prefix', () => {
    expect(keyRangeOf({ prefix: bytes(5), gt: bytes(5, 1) })).toEqual({
      lower: { key: bytes(5, 1), inclusive: false },
      upper: { key: bytes(6), inclusive: false },
    })
    expect(keyRangeOf({ prefix: bytes(5), gte: bytes(1), lt: bytes(9) })).toEqual(rangeOfPrefix(bytes(5)))
    expect(keyRangeOf({ prefix: bytes(5), gt: bytes(5) }).lower).toEqual({ key: bytes(5), inclusive: false })
  })

  test('holds exactly the keys that every bound and the prefix allow', () => {
    fc.assert(
      fc.property(anyBounds, anyKey, (bounds, key) => {
        expect(inRange(keyRangeOf(bounds), key)).toBe(isAllowed(bounds, key))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('prefixSuccessor()', () => {
  test('counts up the last byte that can be', () => {
    expect(prefixSuccessor(bytes(0x61, 0x62))).toEqual(bytes(0x61, 0x63))
    expect(prefixSuccessor(bytes(0x61, 0xff, 0xff))).toEqual(bytes(0x62))
  })

  test('knows no key after an empty prefix or one of ff only', () => {
    expect(prefixSuccessor(bytes())).toBeUndefined()
    expect(prefixSuccessor(bytes(0xff, 0xff))).toBeUndefined()
  })

  test('leaves the prefix as it was', () => {
    for (const prefix of [bytes(1, 2), Buffer.from([1, 2])]) {
      prefixSuccessor(prefix)
      expect([...prefix]).toEqual([1, 2])
    }
  })
})

test('intersectRanges() holds what both hold', () => {
  fc.assert(
    fc.property(anyBounds, anyBounds, anyKey, (a, b, key) => {
      const both = intersectRanges(keyRangeOf(a), keyRangeOf(b))
      expect(inRange(both, key)).toBe(inRange(keyRangeOf(a), key) && inRange(keyRangeOf(b), key))
    }),
  )
})

describe('isEmptyRange()', () => {
  test('is true for crossed bounds and for equal ones of which one is open', () => {
    expect(isEmptyRange(keyRangeOf({ gte: bytes(2), lte: bytes(1) }))).toBe(true)
    expect(isEmptyRange(keyRangeOf({ gte: bytes(1), lt: bytes(1) }))).toBe(true)
    expect(isEmptyRange(keyRangeOf({ gt: bytes(1), lte: bytes(1) }))).toBe(true)
    expect(isEmptyRange(keyRangeOf({ gte: bytes(1), lte: bytes(1) }))).toBe(false)
    expect(isEmptyRange({})).toBe(false)
  })

  test('never calls a range empty that holds a key', () => {
    fc.assert(
      fc.property(anyBounds, anyKey, (bounds, key) => {
        const range = keyRangeOf(bounds)
        fc.pre(inRange(range, key))
        expect(isEmptyRange(range)).toBe(false)
      }),
    )
  })
})

test('a key is before, in or after a range that is not empty', () => {
  fc.assert(
    fc.property(anyBounds, anyKey, (bounds, key) => {
      const range = keyRangeOf(bounds)
      fc.pre(!isEmptyRange(range))
      const places = [isBeforeRange, isInRange, isAfterRange].filter((isThere) =>
        isThere(range, key, 0, key.length),
      )
      expect(places).toHaveLength(1)
    }),
  )
})

test('isInRange() looks at the stretch of bytes it is given', () => {
  const range = keyRangeOf({ gte: bytes(5), lt: bytes(6) })
  expect(isInRange(range, bytes(9, 5, 5, 9), 1, 2)).toBe(true)
  expect(isInRange(range, bytes(9, 5, 5, 9), 0, 2)).toBe(false)
})

function isAllowed({ gt, gte, lt, lte, prefix }: EncodedBounds, key: Uint8Array): boolean {
  if (gte ? compareBytes(key, gte) < 0 : gt && compareBytes(key, gt) <= 0) return false
  if (lte ? compareBytes(key, lte) > 0 : lt && compareBytes(key, lt) >= 0) return false
  return prefix === undefined || compareBytes(key.subarray(0, prefix.length), prefix) === 0
}
