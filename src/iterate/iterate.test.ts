import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ArrayCursor,
  collect,
  entriesFrom,
  entriesSeen,
  loadBlocking,
  loadWaiting,
  type PlainEntry,
  plainEntry,
  settle,
  someEntries,
  someKey,
  sortEntries,
} from '../../test/support/entries.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { EntryKind, sequenceNumberMax } from '../entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../entry/entry-cursor.ts'
import { isInRange, type KeyRange } from '../entry/key-range.ts'
import { ConcatCursor } from './concat-cursor.ts'
import { mergeCursors } from './merge-cursor.ts'
import { VisibleCursor } from './visible-cursor.ts'

const someLoad = fc.constantFrom(loadBlocking, loadWaiting)
const someOptions: fc.Arbitrary<CursorOptions> = fc
  .record({
    reverse: fc.boolean(),
    allVersions: fc.boolean(),
    sequenceLimit: fc.oneof(fc.constant(sequenceNumberMax), fc.nat({ max: 60 })),
  })
  .map((options) => ({ ...options, allVersions: options.allVersions && !options.reverse }))
const someSeeks = fc.array(fc.tuple(someKey, fc.boolean(), fc.integer({ min: 1, max: 10 })), { maxLength: 8 })
const someBound = fc.option(fc.record({ key: someKey, inclusive: fc.boolean() }), { nil: undefined })
const someRange: fc.Arbitrary<KeyRange> = fc
  .tuple(someBound, someBound)
  .map(([lower, upper]) => ({ ...(lower && { lower }), ...(upper && { upper }) }))

/** Compares walks from the start and from seeks, cut short here and there, with what they should give. */
async function expectWalks(
  cursor: EntryCursor,
  seen: readonly PlainEntry[],
  reverse: boolean,
  seeks: readonly (readonly [Uint8Array, boolean, number])[],
  load: typeof loadBlocking,
): Promise<void> {
  expect(await collect(cursor, () => cursor.rewind(), load)).toEqual(seen)
  for (const [key, strict, countMax] of seeks) {
    const found = await collect(cursor, () => cursor.seek(key, strict), load, countMax)
    expect(found).toEqual(entriesFrom(seen, key, strict, reverse).slice(0, countMax))
  }
  expect(await collect(cursor, () => cursor.rewind(), load)).toEqual(seen)
}

/**
 * Deals entries out to sources so that newer versions of a key never lie in older sources; `shares` says how
 * far each entry may go back.
 */
function dealByAge(
  entries: readonly PlainEntry[],
  shares: readonly number[],
  sourceCount: number,
): PlainEntry[][] {
  const sources: PlainEntry[][] = Array.from({ length: sourceCount }, () => [])
  let rank = 0
  entries.forEach((entry, i) => {
    const share = shares[i % shares.length] ?? 0
    const isSameKey = i > 0 && compareBytes(entries[i - 1]!.key, entry.key) === 0
    rank = isSameKey ? Math.min(rank + (share % 2), sourceCount - 1) : share % sourceCount
    sources[rank]!.push(entry)
  })
  return sources
}

test('a merge of any number of sources walks as one sorted source', async () => {
  await fc.assert(
    fc.asyncProperty(
      someEntries,
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 40 }),
      someOptions,
      fc.boolean(),
      someSeeks,
      someLoad,
      async (entries, sourceCount, shares, options, isLazy, seeks, load) => {
        const sources = dealByAge(entries, shares, sourceCount)
        const cursor = mergeCursors(
          sources.map((source) => new ArrayCursor(source, options, isLazy)),
          options,
        )
        await expectWalks(cursor, entriesSeen(entries, options), options.reverse, seeks, load)
      },
    ),
  )
})

test('a run walks as one sorted source', async () => {
  await fc.assert(
    fc.asyncProperty(
      someEntries,
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      someOptions,
      fc.record({ isLazy: fc.boolean(), sharesView: fc.boolean() }),
      someSeeks,
      someLoad,
      async (entries, cuts, options, how, seeks, load) => {
        const cursor = new ConcatCursor(cutIntoRun(entries, cuts, how), options)
        await expectWalks(cursor, entriesSeen(entries, options), options.reverse, seeks, load)
      },
    ),
  )
})

function cutIntoRun(
  entries: readonly PlainEntry[],
  cuts: readonly boolean[],
  { isLazy, sharesView }: { readonly isLazy: boolean; readonly sharesView: boolean },
) {
  const parts: PlainEntry[][] = []
  entries.forEach((entry, i) => {
    const isBorder = i === 0 || compareBytes(entries[i - 1]!.key, entry.key) !== 0
    if (i === 0 || (isBorder && cuts[i % cuts.length])) parts.push([])
    parts.at(-1)!.push(entry)
  })
  return parts.map((part) => ({
    smallestKey: part[0]!.key,
    largestKey: part.at(-1)!.key,
    cursor: ({ entry, ...options }: CursorOptions) =>
      new ArrayCursor(part, sharesView && entry ? { ...options, entry } : options, isLazy),
  }))
}

test('a run opens no source that the walk does not reach', async () => {
  const opened: string[] = []
  const options = { reverse: false, allVersions: false, sequenceLimit: 9 }
  const sources = ['a', 'c', 'e', 'g'].map((name) => {
    const { key } = plainEntry(name, 1)
    return {
      smallestKey: key,
      largestKey: key,
      cursor: () => {
        opened.push(name)
        return new ArrayCursor([plainEntry(name, 1, 'v')], options)
      },
    }
  })
  const cursor = new ConcatCursor(sources, options)
  cursor.seek(new TextEncoder().encode('d'), false)
  expect(opened).toEqual(['e'])
  cursor.advance()
  expect(opened).toEqual(['e', 'g'])
})

test('an empty merge and an empty run end at once', () => {
  const options = { reverse: false, allVersions: false, sequenceLimit: 9 }
  for (const cursor of [mergeCursors([], options), new ConcatCursor([], options)]) {
    expect(cursor.rewind()).toBe(CursorState.end)
    expect(cursor.seek(Uint8Array.of(1), false)).toBe(CursorState.end)
  }
})

describe('a visible cursor', () => {
  test('gives the puts of its range, up to its limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        someEntries,
        someRange,
        fc.boolean(),
        fc.option(fc.nat({ max: 20 }), { nil: undefined }),
        fc.boolean(),
        someSeeks,
        someLoad,
        async (entries, range, reverse, limit, isLazy, seeks, load) => {
          const options = { reverse, allVersions: false, sequenceLimit: sequenceNumberMax }
          const seen = entriesSeen(entries, options).filter(
            ({ key, kind }) => kind === EntryKind.put && isInRange(range, key, 0, key.length),
          )
          const cursor = new VisibleCursor(new ArrayCursor(entries, options, isLazy), range, reverse, limit)
          if (limit === undefined) await expectWalks(cursor, seen, reverse, seeks, load)
          expect(await collect(cursor, () => cursor.rewind(), load)).toEqual(seen.slice(0, limit))
        },
      ),
    )
  })

  test('pauses within a long stretch of tombstones and tells how far it came', async () => {
    const tombstones = Array.from({ length: 10_000 }, (_, i) => plainEntry(String(i).padStart(5, '0'), i + 1))
    const entries = sortEntries([...tombstones, plainEntry('z', 20_000, 'Z')])
    const options = { reverse: false, allVersions: false, sequenceLimit: sequenceNumberMax }
    const child = new ArrayCursor(entries, options)
    // Slicing ten thousand entries at each step would make this test slow.
    let at = -1
    child.advance = () => {
      at += 1
      Object.assign(child.entry, {
        keyBytes: entries[at]!.key,
        keyStart: 0,
        keyLength: entries[at]!.key.length,
      })
      child.entry.kind = entries[at]!.kind
      return CursorState.entry
    }
    child.rewind = () => child.advance()
    const cursor = new VisibleCursor(child, {}, false)
    expect(cursor.rewind()).toBe(CursorState.pending)
    expect(new TextDecoder().decode(cursor.passedKey)).toBe('04096')
    cursor.loadSync()
    expect(await settle(cursor, () => cursor.rewind(), loadWaiting)).toBe(CursorState.entry)
    expect(cursor.passedKey).toBeUndefined()
    expect(at).toBe(10_000)
  })
})
