import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PlainEntry } from '../../test/support/entries.ts'
import { plainEntry, someEntries, someKey } from '../../test/support/entries.ts'
import { cachesFor, openSegment, tinyBlocks, writeSegment } from '../../test/support/segments.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { type BlockIndex, blockIndexProblem, indexedBlockProblem } from './block-index.ts'
import { BlockMemory } from './block-memory.ts'

async function indexOf(entries: readonly PlainEntry[]): Promise<BlockIndex> {
  const segment = openSegment(await writeSegment(entries, tinyBlocks), cachesFor('blocks', 0))
  segment.openSync()
  return segment.opened!.blockIndex
}

test('finds the block by the separators that it tells, for any key', async () => {
  await fc.assert(
    fc.asyncProperty(someEntries, fc.array(someKey, { maxLength: 20 }), async (entries, others) => {
      const index = await indexOf(entries)
      const separators = Array.from({ length: index.blockCount }, (_, block) => index.separatorOf(block))
      for (const key of [...others, ...separators, ...entries.map((entry) => entry.key)]) {
        for (const after of [false, true]) {
          const expected = separators.findIndex(
            (separator) => compareBytes(separator, key) >= (after ? 1 : 0),
          )
          const found = index.firstSeparatedBlock(key, 0, key.length, after)
          expect(found).toBe(expected < 0 ? separators.length : expected)
        }
      }
    }),
  )
})

test('separators are as short as they can be, and share what all keys share', async () => {
  const keys = ['user:aardvark', 'user:bear and a long tail', 'user:beaver and a long tail']
  const index = await indexOf(
    keys.map((key) => plainEntry(key, 1, 'a value that fills the block, more or less')),
  )
  const separators = Array.from({ length: index.blockCount }, (_, block) =>
    new TextDecoder().decode(index.separatorOf(block)),
  )
  expect(separators).toEqual(['user:', 'user:b', 'user:beav'])
})

test('an index that cannot be one is told', async () => {
  // Two blocks of 64 bytes from 32 on, separators "" and "ab" behind the common prefix "x".
  const words = [2, 1, 2, 0, 4, 12, 20, 0, 0x61620000, 0, 0, 0, 2]
  const create = (at: number, word: number): BlockMemory => {
    const memory = new BlockMemory(words.length * 4 + 5)
    memory.words.set(words)
    memory.words[at] = word
    return memory
  }
  const problemOf = (at: number, word: number): string | undefined =>
    blockIndexProblem(create(at, word), 2, 32, 160) ?? indexedBlockProblem(create(at, word))
  expect(problemOf(3, 0)).toBeUndefined()
  expect(problemOf(0, 3)).toContain('not one of 2 blocks')
  expect(problemOf(1, 100)).toContain('longer than its region')
  expect(problemOf(4, 5)).toContain('does not span')
  expect(problemOf(6, 21)).toContain('does not span')
  expect(problemOf(5, 4)).toContain('block 0')
  expect(problemOf(5, 20)).toContain('block 1')
  expect(problemOf(12, 3)).toContain('separator 1')
})
