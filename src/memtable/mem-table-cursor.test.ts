import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kernels } from '../../test/support/kernels.ts'
import { keyShapes } from '../../test/support/key-shapes.ts'
import { entryOf, hex, lineOf, linesFrom, noValue, TableModel } from '../../test/support/table-model.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { MemTable } from './mem-table.ts'

describe.each(kernels)('with the %s kernel', (_kernel, createArena) => {
  const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
  const forward = { reverse: false, allVersions: false, sequenceLimit: Infinity }
  const count = 300

  function filledModel(shape: (typeof keyShapes)[string], random: SeededRandom): TableModel {
    const model = new TableModel(MemTable.create(createArena(2 ** 20), 1))
    for (let i = 0; i < count; i += 1) model.put(shape(random, i, count * 2), bytesOf('old'))
    return model
  }

  describe.each(Object.entries(keyShapes))('a walk over keys that grow in number: %s', (_name, shape) => {
    test.each([
      ['forward', { ...forward }],
      ['in reverse', { ...forward, reverse: true }],
      ['over all versions', { ...forward, allVersions: true }],
    ])('gives what was there at its limit, %s', (_direction, options) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const random = new SeededRandom(seed)
          const model = filledModel(shape, random)
          const sequenceLimit = model.latestSequence
          const expected = options.allVersions ? model.all(sequenceLimit) : model.visible(sequenceLimit)
          const cursor = model.table.cursor({ ...options, sequenceLimit })
          const lines: string[] = []
          let state = cursor.rewind()
          for (let i = count; state === CursorState.entry; i += 1) {
            lines.push(lineOf(entryOf(cursor.entry)))
            for (let puts = random.upTo(2); puts > 0; puts -= 1)
              model.put(shape(random, i, count * 2), noValue)
            state = cursor.advance()
          }
          expect(lines).toEqual((options.reverse ? expected.reverse() : expected).map(lineOf))
        }),
        { numRuns: 2 },
      )
    })

    test.each([[false], [true]])(
      'without a limit goes to the neighbour of its key (reverse: %s)',
      (reverse) => {
        fc.assert(
          fc.property(fc.nat(), (seed) => {
            const random = new SeededRandom(seed)
            const model = filledModel(shape, random)
            const cursor = model.table.cursor({ ...forward, reverse })
            let state = cursor.rewind()
            for (let i = count; state === CursorState.entry; i += 1) {
              const { key } = entryOf(cursor.entry)
              if (i < count * 2 && random.chance(0.5)) model.put(shape(random, i, count * 2), noValue)
              const keys = model.keys()
              const place = keys.findIndex((other) => compareBytes(other, key) === 0)
              const neighbour = keys[reverse ? place - 1 : place + 1]
              state = cursor.advance()
              const found = state === CursorState.entry ? entryOf(cursor.entry).key : undefined
              expect(found && hex(found)).toBe(neighbour && hex(neighbour))
            }
          }),
          { numRuns: 2 },
        )
      },
    )
  })

  test('a walk skips keys that have no version at its limit', () => {
    const model = new TableModel(MemTable.create(createArena(2 ** 20), 10))
    for (const name of ['b', 'd', 'a', 'c', 'b']) model.put(bytesOf(name), noValue)
    const cursor = model.table.cursor({ ...forward, sequenceLimit: 11 })
    expect(linesFrom(cursor, cursor.rewind())).toEqual(['62#10 ', '64#11 '])
    expect(linesFrom(cursor, cursor.seek(bytesOf('c'), false))).toEqual(['64#11 '])
  })

  test('a walk over all versions goes forward only', () => {
    const { table } = new TableModel(MemTable.create(createArena(2 ** 20), 1))
    expect(() => table.cursor({ ...forward, allVersions: true, reverse: true })).toThrow(/forward/)
  })

  test('a MemTable has nothing to load', () => {
    const { table } = new TableModel(MemTable.create(createArena(2 ** 20), 1))
    expect(() => table.cursor(forward).loadSync()).toThrow(/never pending/)
    expect(() => table.cursor(forward).load()).toThrow(/never pending/)
  })
})
