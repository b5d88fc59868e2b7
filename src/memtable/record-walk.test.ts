import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlainEntry, plainOf } from '../../test/support/entries.ts'
import { kernels } from '../../test/support/kernels.ts'
import { EntryFlag, EntryKind, keyLengthMax } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { WindowRecord } from '../kernel/merge-layout.ts'
import { MemTable } from './mem-table.ts'
import { RecordWalk } from './record-walk.ts'

describe.each(kernels)('with the %s kernel', (_kernel, createArena) => {
  function tableOf(sizeBytes: number): MemTable {
    return MemTable.create(createArena(sizeBytes), 1)
  }

  function append(table: MemTable, sequence: number, key: Uint8Array, value: Uint8Array, flags = 0): void {
    const at = table.nextKeyPosition
    table.bytes.set(key, at)
    table.bytes.set(value, at + key.length)
    table.insertEntries(table.appendEntry(sequence, EntryKind.put, flags, key.length, value.length))
  }

  /** What a walk by the table's own cursor gives. */
  function entriesOf(table: MemTable): PlainEntry[] {
    const cursor = table.cursor({ reverse: false, allVersions: true, sequenceLimit: Number.MAX_SAFE_INTEGER })
    const entries: PlainEntry[] = []
    for (let state = cursor.rewind(); state === CursorState.entry; state = cursor.advance())
      entries.push({ ...plainOf(cursor.entry), flags: cursor.entry.flags & EntryFlag.asciiValue })
    return entries
  }

  /** What the records say; values that stayed outside come from the entry that the walk shows. */
  function walked(table: MemTable, lengthMax: number, sizeBytes: number): PlainEntry[] {
    const walk = new RecordWalk(table.arena, lengthMax)
    const entries: PlainEntry[] = []
    for (;;) {
      const records = Uint8Array.from(walk.next(sizeBytes))
      if (records.length === 0) return entries
      expect(records.length).toBeLessThanOrEqual(sizeBytes)
      const view = new DataView(records.buffer)
      for (let at = 0; at < records.length; ) {
        const start = at
        const flags = view.getUint32(at + WindowRecord.flags, true)
        const keyLength = view.getUint32(at + WindowRecord.keyLength, true)
        const valueLength = view.getUint32(at + WindowRecord.valueLength, true)
        const isElsewhere = (flags & WindowRecord.valueElsewhere) !== 0
        expect(isElsewhere).toBe(keyLength + valueLength > lengthMax)
        const keyAt = at + WindowRecord.headerSizeBytes
        const valueAt = keyAt + keyLength
        at = Math.ceil((isElsewhere ? valueAt : valueAt + valueLength) / 8) * 8
        if (isElsewhere) expect(at).toBe(records.length)
        const outside = isElsewhere && walk.largeEntry ? plainOf(walk.largeEntry).value : undefined
        entries.push({
          key: records.slice(keyAt, valueAt),
          sequenceNumber: Number(view.getBigUint64(start + WindowRecord.sequence, true)),
          kind: (flags & 0xf) as EntryKind,
          flags: (flags & WindowRecord.asciiValue) === 0 ? 0 : EntryFlag.asciiValue,
          value: outside ?? records.slice(valueAt, valueAt + valueLength),
        })
      }
    }
  }

  test('gives every version of every key, in order, whatever its size', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new SeededRandom(seed)
        const table = tableOf(2 ** 22)
        for (let sequence = 1; sequence <= 400; sequence += 1) {
          const key = Uint8Array.from({ length: random.upTo(3) }, () => random.upTo(4))
          const value = new Uint8Array(random.chance(0.05) ? random.upTo(20_000) : random.upTo(700))
          value.fill(sequence)
          append(table, sequence, key, value, random.upTo(3))
        }
        const expected = entriesOf(table)
        expect(expected).toHaveLength(400)
        expect(walked(table, random.upTo(3000), 20_100 + random.upTo(3000))).toEqual(expected)
        expect(walked(table, 30_000, 131_072)).toEqual(expected)
      }),
      { numRuns: 10 },
    )
  })

  test('gives nothing for an empty table, and nothing behind the last entry', () => {
    const table = tableOf(2 ** 17)
    expect(new RecordWalk(table.arena, 100).next(1000)).toHaveLength(0)
    append(table, 1, Uint8Array.of(1), Uint8Array.of(2))
    const walk = new RecordWalk(table.arena, 100)
    expect(walk.next(1000)).toHaveLength(32)
    expect(walk.next(1000)).toHaveLength(0)
    expect(walk.next(1000)).toHaveLength(0)
  })

  test('has room for the longest key', () => {
    const table = tableOf(2 ** 20)
    const key = new Uint8Array(keyLengthMax).fill(3)
    append(table, 1, key, new Uint8Array(300_000).fill(4))
    expect(walked(table, 4000, 200_000)).toEqual(entriesOf(table))
  })
})
