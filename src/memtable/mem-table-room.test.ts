import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kernels } from '../../test/support/kernels.ts'
import { keyShapes } from '../../test/support/key-shapes.ts'
import { noValue, putIntoTable } from '../../test/support/table-model.ts'
import { EntryKind } from '../entry/entry.ts'
import { encodedEntrySize } from '../entry/entry-layout.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { MemTable } from './mem-table.ts'

describe.each(kernels)('with the %s kernel', (_kernel, createArena) => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
  const groupHeaderBytes = 32

  /** Puts keys as one group if the table says that there is room for them. */
  function putIfRoom(table: MemTable, keys: readonly Uint8Array[], value: Uint8Array): boolean {
    const entryBytes = keys.map((key) => encodedEntrySize(key.length, value.length))
    const sizeBytes = entryBytes.reduce((sum, size) => sum + size, groupHeaderBytes)
    if (!table.hasRoomFor(keys.length, sizeBytes)) return false
    table.startGroup(groupHeaderBytes)
    for (const key of keys) {
      putIntoTable(table, { key, value, sequenceNumber: table.entryCount + 1, kind: EntryKind.put })
    }
    return true
  }

  /** Puts batches of keys, smaller and smaller ones, until not even a single key has room. */
  function fill(
    table: MemTable,
    batchLengthFirst: number,
    makeKey: (index: number) => Uint8Array,
    value: Uint8Array,
  ): void {
    let batchLength = batchLengthFirst
    for (let index = 0; batchLength > 0; index += batchLength) {
      const keys = Array.from({ length: batchLength }, (_, i) => makeKey(index + i))
      if (!putIfRoom(table, keys, value)) batchLength = Math.floor(batchLength / 2)
    }
  }

  describe.each(Object.entries(keyShapes))('with keys: %s', (_name, shape) => {
    test('a table has room for whatever it says it has room for, until it is full', () => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 3000 }), (seed, batchLength) => {
          const random = new SeededRandom(seed)
          const table = MemTable.create(createArena((64 << random.upTo(3)) * 1024), 1)
          fill(table, batchLength, (index) => shape(random, index, 100_000), noValue)
          expect(table.sizeBytes).toBeLessThanOrEqual(table.arena.sizeBytes)
        }),
        { numRuns: 4 },
      )
    })

    test('a table of full leaves has room for whatever it says it has room for', () => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.boolean(),
          fc.integer({ min: 1, max: 20_000 }),
          (seed, descending, count) => {
            const random = new SeededRandom(seed)
            const table = MemTable.create(createArena(2 ** 20), 1)
            const numbers = Array.from(
              { length: Math.min(count, 14_000) },
              (_, i) => `user:${String(i).padStart(8, '0')}`,
            )
            for (const name of descending ? numbers.reverse() : numbers)
              putIfRoom(table, [bytesOf(name)], noValue)
            const between = (): Uint8Array =>
              bytesOf(`user:${String(random.upTo(count)).padStart(8, '0')}${random.upTo(99)}`)
            fill(
              table,
              1 + random.upTo(2000),
              (index) => (random.chance(0.5) ? between() : shape(random, index, 9999)),
              noValue,
            )
            expect(table.sizeBytes).toBeLessThanOrEqual(table.arena.sizeBytes)
          },
        ),
        { numRuns: 4 },
      )
    })

    test('an arena of the size worked out for a batch takes the batch', () => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 10_000 }), (seed, count) => {
          const random = new SeededRandom(seed)
          const keys = Array.from({ length: count }, (_, i) => shape(random, i, count))
          const sizeBytes = keys.reduce((sum, key) => sum + encodedEntrySize(key.length, 0), groupHeaderBytes)
          const table = MemTable.create(createArena(MemTable.arenaSizeFor(count, sizeBytes)), 1)
          expect(putIfRoom(table, keys, noValue)).toBe(true)
        }),
        { numRuns: 4 },
      )
    })
  })

  test('a fresh arena takes a batch up to half its size when entries have at least 32 bytes', () => {
    for (const sizeBytes of [64 * 1024, 2 ** 20, 2 ** 23, 2 ** 25]) {
      const table = MemTable.create(createArena(sizeBytes), 1)
      expect(table.hasRoomFor(sizeBytes / 2 / 32, sizeBytes / 2)).toBe(true)
    }
  })

  test('small groups of ordered keys use nine tenths of an arena for entries and tree', () => {
    const table = MemTable.create(createArena(2 ** 20), 1)
    fill(table, 1, (index) => bytesOf(String(index).padStart(16, '0')), new Uint8Array(100))
    expect(table.sizeBytes / table.arena.sizeBytes).toBeGreaterThan(0.9)
    expect(table.entryCount).toBeGreaterThan(5_500)
  })
})
