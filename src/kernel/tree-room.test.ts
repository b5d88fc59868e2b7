import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kernels } from '../../test/support/kernels.ts'
import { noValue, putIntoTable } from '../../test/support/table-model.ts'
import { EntryKind } from '../entry/entry.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { MemTable } from '../memtable/mem-table.ts'
import {
  heightWord,
  innerCountWord,
  innerSizeBytes,
  keyCountWord,
  leafCountWord,
  leafSizeBytes,
  nodeTopWord,
} from './table-layout.ts'
import { nodeBytesFor } from './tree-room.ts'

describe.each(kernels)('with the %s kernel', (_kernel, createArena) => {
  /** Makes numbers below 2^48 in some order; each stream of them attacks the tree at other places. */
  type NumberStream = (random: SeededRandom, start: number) => () => number

  const streams: Readonly<Record<string, NumberStream>> = {
    ascending: (_random, start) => {
      let next = start
      return () => next++
    },
    descending: (_random, start) => {
      let next = start
      return () => next--
    },
    'before everything': () => {
      let next = 2 ** 30
      return () => next--
    },
    'behind everything': () => {
      let next = 2 ** 47
      return () => next++
    },
    random: (random) => () => Math.floor(random.fraction() * 2 ** 47),
    'close together': (random, start) => () => start + random.upTo(200),
    'evenly spread': (_random, start) => {
      let next = start
      return () => {
        next = (next + 2 ** 40 + 1) % 2 ** 47
        return next
      }
    },
  }

  function keyOf(number: number): Uint8Array {
    const key = new Uint8Array(6)
    new DataView(key.buffer).setUint16(0, Math.floor(number / 2 ** 32))
    new DataView(key.buffer).setUint32(2, number % 2 ** 32)
    return key
  }

  class MeasuredTree {
    readonly #table = MemTable.create(createArena(2 ** 23), 1)
    readonly #words = new Int32Array(this.#table.arena.memory.buffer, this.#table.arena.base, 32)

    /** Bytes of nodes that a batch takes, and those that were foretold. */
    add(numbers: readonly number[]): { taken: number; foretold: number } {
      const [keyCount, leafCount, innerCount, height, nodeTop] = this.#shape()
      for (const number of numbers) {
        const sequenceNumber = this.#table.entryCount + 1
        putIntoTable(this.#table, { key: keyOf(number), value: noValue, sequenceNumber, kind: EntryKind.put })
      }
      const foretold = nodeBytesFor(numbers.length, keyCount, leafCount, innerCount, height)
      return { taken: nodeTop - this.#shape()[4], foretold }
    }

    #shape(): [number, number, number, number, number] {
      const words = [keyCountWord, leafCountWord, innerCountWord, heightWord, nodeTopWord]
      return words.map((word) => this.#words[word] as number) as [number, number, number, number, number]
    }
  }

  describe.each(Object.entries(streams))('keys %s, among others', (_name, stream) => {
    test('never take more nodes than was foretold', () => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 12_000 }), (seed, firstCount) => {
          const random = new SeededRandom(seed)
          const others = Object.values(streams)
          const tree = new MeasuredTree()
          let makeNumber = stream(random, 2 ** 46)
          for (let batch = 0; batch < 40; batch += 1) {
            const count = batch === 0 ? firstCount : 1 + random.upTo(random.chance(0.5) ? 3 : 300)
            const { taken, foretold } = tree.add(Array.from({ length: count }, makeNumber))
            expect(taken).toBeLessThanOrEqual(foretold)
            const next = random.chance(0.5)
              ? stream
              : (others[random.upTo(others.length - 1)] as NumberStream)
            if (random.chance(0.3)) makeNumber = next(random, random.upTo(2 ** 46))
          }
        }),
        { numRuns: 12 },
      )
    })
  })

  test('a first key takes one leaf', () => {
    expect(new MeasuredTree().add([1]).taken).toBe(leafSizeBytes)
  })

  test('what is foretold for many keys is what half-full nodes take, and little more', () => {
    const leafCount = 100_000 / 32
    const halfFull = leafCount * leafSizeBytes + (leafCount / 31) * innerSizeBytes
    expect(nodeBytesFor(100_000, 0, 0, 0, 0)).toBeLessThan(halfFull * 1.01)
  })

  test('what is foretold for one key more is a few nodes, however large the tree', () => {
    expect(nodeBytesFor(1, 1_000_000, 20_000, 500, 3)).toBeLessThan(6 * innerSizeBytes)
  })
})
