import { describe, expect, it } from 'vitest'
import { createEntryView, EntryKind, type EntryView } from '../entry/entry.ts'
import { InvariantError } from '../invariant.ts'
import { DeeperRuns } from './deeper-runs.ts'
import { Survivors } from './survivors.ts'

const utf8 = new TextEncoder()

interface Written {
  readonly key: string
  readonly sequence: number
  readonly kind: EntryKind
}

function viewOf({ key, sequence, kind }: Written): EntryView {
  const view = createEntryView()
  view.keyBytes = utf8.encode(`__${key}__`)
  view.keyStart = 2
  view.keyLength = utf8.encode(key).length
  view.sequenceNumber = sequence
  view.kind = kind
  return view
}

/** What is left of the entries, which are in internal-key order. */
function merged(
  entries: readonly Written[],
  live: readonly number[],
  deeperKeys: readonly string[],
): Written[] {
  const sorted = [...deeperKeys].sort()
  const intervals = sorted.map((key) => ({ smallestKey: utf8.encode(key), largestKey: utf8.encode(key) }))
  const survivors = new Survivors(live, new DeeperRuns([intervals]))
  return entries.filter((entry) => survivors.keeps(viewOf(entry)))
}

/** The sequence number of the put that a reader at `sequence` sees; 0 when it sees nothing. */
function seenAt(sequence: number, newestFirst: readonly Written[]): number {
  const entry = newestFirst.find((each) => each.sequence <= sequence)
  return entry === undefined || entry.kind === EntryKind.tombstone ? 0 : entry.sequence
}

const put = (key: string, sequence: number): Written => ({ key, sequence, kind: EntryKind.put })
const tombstone = (key: string, sequence: number): Written => ({ key, sequence, kind: EntryKind.tombstone })

describe('Survivors', () => {
  it('shows every live sequence, and every later one, what it saw before: all histories of four writes', () => {
    const writes = 4
    let checked = 0
    // Per write: not there, put or tombstone. The oldest `deep` writes lie deeper, the others are merged.
    for (let history = 0; history < 3 ** writes; history += 1) {
      const all: Written[] = []
      for (let i = writes; i > 0; i -= 1) {
        const kind = Math.floor(history / 3 ** (i - 1)) % 3
        if (kind !== 0) all.push({ key: 'k', sequence: i, kind: kind as EntryKind })
      }
      for (let deep = 0; deep <= all.length; deep += 1) {
        const input = all.slice(0, all.length - deep)
        const deeper = all.slice(all.length - deep)
        for (let readers = 0; readers < 2 ** (writes + 2); readers += 1) {
          const live = Array.from({ length: writes + 2 }, (_, i) => i).filter((i) => (readers >> i) & 1)
          const published = live.at(-1)
          if (published === undefined) continue
          const output = merged(input, live, deeper.length > 0 ? ['k'] : [])
          const later = Array.from({ length: writes + 2 }, (_, i) => i).filter((i) => i >= published)
          for (const sequence of [...live, ...later]) {
            expect(seenAt(sequence, [...output, ...deeper])).toBe(seenAt(sequence, all))
            checked += 1
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(10_000)
  })

  it('leaves one put, or nothing, of each key that nobody looks back on', () => {
    const entries = [put('a', 9), put('a', 3), tombstone('b', 8), put('b', 2), put('c', 7), tombstone('c', 1)]
    expect(merged(entries, [9], [])).toEqual([put('a', 9), put('c', 7)])
  })

  it('keeps a tombstone while a deeper run may hold its key', () => {
    const entries = [tombstone('a', 3), tombstone('b', 2), put('b', 1), tombstone('c', 4)]
    expect(merged(entries, [9], ['b'])).toEqual([tombstone('b', 2)])
  })

  it('keeps a tombstone that an older reader does not see', () => {
    expect(merged([tombstone('a', 3), put('a', 1)], [2, 9], [])).toEqual([tombstone('a', 3), put('a', 1)])
    expect(merged([tombstone('a', 3), put('a', 1)], [3, 9], [])).toEqual([])
  })

  it('follows the example in its head', () => {
    const entries = [put('a', 8), put('a', 6), tombstone('a', 4), put('a', 3)]
    expect(merged(entries, [5, 9], ['a'])).toEqual([put('a', 8), tombstone('a', 4)])
    expect(merged(entries, [5, 9], [])).toEqual([put('a', 8)])
  })

  it('keeps what is newer than the published sequence for readers still to come', () => {
    const entries = [put('a', 8), put('a', 7), put('a', 5), put('a', 4)]
    expect(merged(entries, [6], [])).toEqual([put('a', 8), put('a', 7), put('a', 5)])
  })

  it('keeps one of two entries with the same key and sequence number', () => {
    expect(merged([put('a', 4), put('a', 4)], [9], [])).toHaveLength(1)
    expect(merged([put('a', 4), put('a', 4)], [2], [])).toHaveLength(1)
  })

  it('tells the empty key from no key, and long keys apart', () => {
    const long = 'x'.repeat(1000)
    const survivors = new Survivors([99], new DeeperRuns([]))
    const starts = ['', '', 'a', long, long, `${long}y`, 'x', 'x'].map((key, i) => {
      survivors.keeps(viewOf(put(key, 50 - i)))
      return survivors.startsKey
    })
    expect(starts).toEqual([true, false, true, true, false, true, true, false])
  })

  it('starts no key before the first entry', () => {
    expect(new Survivors([1], new DeeperRuns([])).startsKey).toBe(false)
  })

  it('refuses live sequences that do not ascend, or none', () => {
    expect(() => new Survivors([], new DeeperRuns([]))).toThrow(InvariantError)
    expect(() => new Survivors([3, 3], new DeeperRuns([]))).toThrow(InvariantError)
  })
})

describe('DeeperRuns', () => {
  it('knows the gaps between the segments of every run', () => {
    const interval = (from: string, to: string) => ({
      smallestKey: utf8.encode(from),
      largestKey: utf8.encode(to),
    })
    const deeper = new DeeperRuns([[interval('b', 'd'), interval('f', 'f')], [], [interval('d', 'e')]])
    const answers = [...'abcdefg'].map((key) => deeper.mayHold(utf8.encode(key), 0, 1))
    expect(answers).toEqual([false, true, true, true, true, true, false])
  })
})
