import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kernels } from '../../test/support/kernels.ts'
import { keyShapes } from '../../test/support/key-shapes.ts'
import {
  entryOf,
  findInTable,
  hex,
  lineOf,
  linesFrom,
  type ModelEntry,
  noValue,
  putIntoTable,
  TableModel,
} from '../../test/support/table-model.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { createEntryView, EntryFlag, EntryKind, keyLengthMax } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { MemTable } from './mem-table.ts'

describe.each(kernels)('with the %s kernel', (_kernel, createArena) => {
  const mebibyte = 1024 * 1024
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
  const forward = { reverse: false, allVersions: false, sequenceLimit: Infinity }

  function emptyModel(baseSequence = 1): TableModel {
    return new TableModel(MemTable.create(createArena(mebibyte), baseSequence))
  }

  /** Fills a model with keys of a shape, some of them twice, some deleted. */
  function filledModel(shape: (typeof keyShapes)[string], random: SeededRandom, count: number): TableModel {
    const model = emptyModel(1 + random.upTo(2 ** 40))
    for (let i = 0; i < count; i += 1) {
      const key = shape(random, i, count)
      if (random.chance(0.1)) model.put(key, noValue, EntryKind.tombstone)
      else model.put(key, bytesOf(`value ${i}`))
      if (random.chance(0.1)) model.put(key, bytesOf(`newer value ${i}`))
    }
    return model
  }

  describe.each(Object.entries(keyShapes))('a table of keys: %s', (_name, shape) => {
    test('finds what was put, at every sequence limit, and walks it in order both ways', () => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 700 }), (seed, count) => {
          const random = new SeededRandom(seed)
          const model = filledModel(shape, random, count)
          const oldest = model.table.baseSequence
          for (const limit of [Infinity, oldest + random.upTo(model.table.entryCount), oldest - 1]) {
            expectSameContent(model, limit, [shape(random, count, count), bytesOf('x')])
          }
        }),
        { numRuns: 4 },
      )
    })

    test('stays in order and complete when the tree has several levels', () => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const random = new SeededRandom(seed)
          const table = MemTable.create(createArena(8 * mebibyte), 1)
          const keys = new Map<string, Uint8Array>()
          for (let i = 0; i < 15_000; i += 1) {
            const key = shape(random, i, 15_000)
            keys.set(hex(key), key)
            putIntoTable(table, { key, value: noValue, sequenceNumber: i + 1, kind: EntryKind.put })
          }
          const sorted = [...keys.values()].sort(compareBytes).map(hex)
          for (const reverse of [false, true]) {
            const cursor = table.cursor({ ...forward, reverse })
            const walked: string[] = []
            for (let state = cursor.rewind(); state === CursorState.entry; state = cursor.advance()) {
              walked.push(hex(entryOf(cursor.entry).key))
            }
            expect(walked).toEqual(reverse ? sorted.reverse() : sorted)
          }
          for (const key of keys.values()) expect(findInTable(table, key, Infinity)).toBeDefined()
        }),
        { numRuns: 1 },
      )
    })
  })

  function expectSameContent(model: TableModel, limit: number, strangers: readonly Uint8Array[]): void {
    const { table } = model
    const options = { ...forward, sequenceLimit: limit }
    const visible = model.visible(limit)
    const cursor = table.cursor(options)
    expect(linesFrom(cursor, cursor.rewind())).toEqual(visible.map(lineOf))
    const backward = table.cursor({ ...options, reverse: true })
    expect(linesFrom(backward, backward.rewind())).toEqual(visible.map(lineOf).reverse())
    const everything = table.cursor({ ...options, allVersions: true })
    expect(linesFrom(everything, everything.rewind())).toEqual(model.all(limit).map(lineOf))
    for (const key of [...model.keys(), ...strangers]) {
      const entry = model.find(key, limit)
      expect(findInTable(table, key, limit)).toBe(entry && lineOf(entry))
    }
    for (const key of [...model.keys().filter((_, i) => i % 16 === 0), ...strangers]) {
      expectSameSeek(table, visible, limit, key)
    }
  }

  function expectSameSeek(
    table: MemTable,
    visible: readonly ModelEntry[],
    limit: number,
    key: Uint8Array,
  ): void {
    const reversed = [...visible].reverse()
    const cursor = table.cursor({ ...forward, sequenceLimit: limit })
    const backward = table.cursor({ ...forward, sequenceLimit: limit, reverse: true })
    for (const strict of [false, true]) {
      const after = visible.find((entry) => compareBytes(entry.key, key) >= (strict ? 1 : 0))
      const before = reversed.find((entry) => compareBytes(entry.key, key) <= (strict ? -1 : 0))
      const found = cursor.seek(key, strict) === CursorState.entry ? lineOf(entryOf(cursor.entry)) : undefined
      const foundBefore =
        backward.seek(key, strict) === CursorState.entry ? lineOf(entryOf(backward.entry)) : undefined
      expect([found, foundBefore]).toEqual([after && lineOf(after), before && lineOf(before)])
    }
  }

  test('takes keys of the greatest length that differ in their last byte only', () => {
    const model = new TableModel(MemTable.create(createArena(32 * mebibyte), 1))
    const random = new SeededRandom(7)
    for (let i = 0; i < 120; i += 1) {
      const key = new Uint8Array(keyLengthMax - random.upTo(1)).fill(1)
      key[key.length - 1] = random.upTo(255)
      model.put(key, bytesOf(`value ${i}`))
    }
    expectSameContent(model, Infinity, [new Uint8Array(keyLengthMax), new Uint8Array(9).fill(1)])
  })

  test('a bound longer than any key leads where its beginning says', () => {
    const model = emptyModel()
    const longest = new Uint8Array(keyLengthMax)
    model.put(longest, bytesOf('longest'))
    model.put(bytesOf('z'), bytesOf('last'))
    expectSameSeek(model.table, model.visible(Infinity), Infinity, new Uint8Array(keyLengthMax + 10))
  })

  test('holds values of megabytes', () => {
    const model = new TableModel(MemTable.create(createArena(8 * mebibyte), 1))
    const value = new Uint8Array(3 * mebibyte).fill(7)
    model.put(bytesOf('big'), value)
    model.put(bytesOf('next'), bytesOf('small'))
    expectSameContent(model, Infinity, [])
  })

  test('an empty table finds nothing and walks nowhere', () => {
    expectSameContent(emptyModel(), Infinity, [bytesOf('a'), noValue])
  })

  test('a limit set on the table hides what is above it from every read', () => {
    const model = emptyModel(50)
    for (const name of ['a', 'b', 'a', 'c']) model.put(bytesOf(name), bytesOf('value'))
    const { table } = model
    const cursor = table.cursor(forward)
    expect(table.visibleLimit).toBe(Infinity)
    table.visibleLimit = 51
    expect(table.visibleLimit).toBe(51)
    expect(findInTable(table, bytesOf('c'), Infinity)).toBeUndefined()
    expect(findInTable(table, bytesOf('a'), Infinity)).toMatch(/#50 /)
    expect(linesFrom(cursor, cursor.rewind())).toEqual(model.visible(51).map(lineOf))
    table.visibleLimit = 49
    expect(linesFrom(cursor, cursor.rewind())).toEqual([])
    table.visibleLimit = Infinity
    expect(linesFrom(cursor, cursor.rewind())).toHaveLength(3)
  })

  test('tells its counts and its range of sequence numbers', () => {
    const model = emptyModel(2 ** 40)
    const { table } = model
    expect([table.smallestSequence, table.largestSequence]).toEqual([0, 0])
    model.put(bytesOf('a'), noValue)
    model.put(bytesOf('b'), noValue, EntryKind.tombstone)
    model.put(bytesOf('a'), noValue, EntryKind.tombstone)
    expect([table.entryCount, table.keyCount, table.tombstoneCount]).toEqual([3, 2, 2])
    expect([table.smallestSequence, table.largestSequence]).toEqual([2 ** 40, 2 ** 40 + 2])
  })

  test('hashes what lies in it, in place', () => {
    const table = MemTable.create(createArena(mebibyte), 1)
    const random = new SeededRandom(7)
    const start = table.takeSpace(10_000)
    for (let i = 0; i < 10_000; i += 1) table.bytes[table.positionOf(start) + i] = random.upTo(255)
    for (const [from, to] of [
      [0, 0],
      [0, 4],
      [4, 36],
      [8, 9_996],
    ] as const) {
      table.hash(start + from, start + to, 0x8765_4321, 0xfedc_ba98)
      const inPlace = { ...hashResult }
      const copy = table.bytes.slice(table.positionOf(start + from), table.positionOf(start + to))
      xxh64(copy, 0, copy.length, 0x8765_4321, 0xfedc_ba98)
      expect(inPlace).toEqual(hashResult)
    }
  })

  test('keeps the flags of an entry', () => {
    const { table } = emptyModel()
    table.bytes.set(bytesOf('key'), table.nextKeyPosition)
    const offset = table.appendEntry(1, EntryKind.put, EntryFlag.endOfBatch | EntryFlag.asciiValue, 3, 0)
    table.insertEntries(offset)
    const view = createEntryView()
    hashKey(bytesOf('key'), 0, 3)
    table.find(bytesOf('key'), 0, 3, keyHash.high, keyHash.low, 1, view)
    expect(view.flags).toBe(EntryFlag.endOfBatch | EntryFlag.asciiValue)
  })

  test('begins groups on multiples of eight and pads entries with zero bytes, in an arena used before', () => {
    const arena = createArena(mebibyte)
    const { table } = new TableModel(MemTable.create(arena, 1))
    table.bytes.fill(0xff, table.positionOf(table.appendOffset))
    const first = table.startGroup(24)
    table.bytes.set(bytesOf('abcde'), table.nextKeyPosition)
    const entry = table.appendEntry(1, EntryKind.put, 0, 1, 4)
    const second = table.startGroup(24)
    expect([first % 8, entry - first, second - entry]).toEqual([0, 24, 24])
    expect(hex(table.bytes.slice(table.positionOf(entry) + 16, table.positionOf(second)))).toBe(
      '6162636465000000',
    )
  })

  test('takes back what was appended and not inserted', () => {
    const model = emptyModel()
    const { table } = model
    model.put(bytesOf('kept'), bytesOf('value'))
    const before = table.appendOffset
    table.bytes.set(bytesOf('taken back'), table.nextKeyPosition)
    table.appendEntry(2, EntryKind.put, 0, 10, 0)
    table.takeBackTo(before)
    model.put(bytesOf('next'), bytesOf('value'))
    expectSameContent(model, Infinity, [bytesOf('taken back')])
  })

  test('tells where an entry ends and the next one begins', () => {
    const { table } = emptyModel()
    const offsets: number[] = []
    for (const [keyLength, valueLength] of [
      [0, 0],
      [1, 0],
      [3, 5],
      [65_535, 100_000],
    ] as const) {
      const offset = table.appendEntry(1, EntryKind.put, 0, keyLength, valueLength)
      expect(table.insertEntries(offset)).toBe(table.appendOffset)
      offsets.push(table.appendOffset - offset)
    }
    expect(offsets).toEqual([16, 20, 24, 165_552])
  })

  test('an arena starts afresh when a table is made in it again', () => {
    const arena = memoryPool.take(64 * 1024)
    if (arena === undefined) throw new Error('no arena')
    const used = new TableModel(MemTable.create(arena, 1))
    for (let i = 0; i < 500; i += 1) used.put(bytesOf(`old ${i}`), noValue)
    const model = new TableModel(MemTable.create(arena, 1000))
    for (let i = 0; i < 200; i += 1) model.put(bytesOf(`new ${i}`), noValue)
    expectSameContent(model, Infinity, [bytesOf('old 1')])
    memoryPool.giveBack(arena)
  })

  test('another thread reads a sealed table while this one looks keys up', () => {
    const model = filledModel(
      keyShapes['numbers behind a prefix'] as (typeof keyShapes)[string],
      new SeededRandom(1),
      500,
    )
    const { arena, baseSequence } = model.table
    // What a message brings to another thread: the same memory behind another object.
    const attached = MemTable.attach({ ...arena, memory: structuredClone(arena.memory) })
    expect(attached.baseSequence).toBe(baseSequence)
    const cursor = attached.cursor({ ...forward, allVersions: true })
    const lines: string[] = []
    for (let state = cursor.rewind(); state === CursorState.entry; state = cursor.advance()) {
      findInTable(model.table, bytesOf('user:00000000042'), Infinity)
      lines.push(lineOf(entryOf(cursor.entry)))
    }
    expect(lines).toEqual(model.all(Infinity).map(lineOf))
    expect(findInTable(attached, bytesOf('nothing'), Infinity)).toBeUndefined()
  })
})
