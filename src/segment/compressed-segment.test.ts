/** Segments with compressed blocks: when blocks are compressed, how they are read, and what refuses those that lie. */
import { describe, expect, test } from 'vitest'
import {
  collect,
  loadBlocking,
  loadWaiting,
  type PlainEntry,
  plainEntry,
  sortEntries,
} from '../../test/support/entries.ts'
import { compactionJob, entriesIn, runWhole } from '../../test/support/merge-jobs.ts'
import {
  cachesFor,
  find,
  openSegment,
  segmentNumber,
  segmentPath,
  type WrittenSegment,
  writeSegment,
} from '../../test/support/segments.ts'
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { hashResult } from '../bytes/xxh64.ts'
import { sequenceNumberMax } from '../entry/entry.ts'
import { CorruptionError } from '../errors.ts'
import { SeededRandom } from '../fs/seeded-random.ts'
import { hashAt, hashBlock } from './block-check.ts'
import { BlockMemory } from './block-memory.ts'
import { inspectSegment } from './inspect-segment.ts'
import { scanAccess, seekAccess } from './segment-cursor.ts'
import { BlockKind } from './segment-format.ts'
import { defaultSegmentSettings, type SegmentSettings } from './segment-settings.ts'

const settings: SegmentSettings = { ...defaultSegmentSettings, compression: 'lz4' }
const plainSettings: SegmentSettings = { ...defaultSegmentSettings, compression: 'none' }
const forward = { reverse: false, allVersions: false, sequenceLimit: sequenceNumberMax }

/** Text that compresses to about half. */
function entryOf(i: number, valueLength = 100): PlainEntry {
  return plainEntry(
    `key ${String(i).padStart(6, '0')}`,
    i + 1,
    `${i * 7919} `.padEnd(valueLength, 'text that repeats, '),
  )
}

const someEntries = Array.from({ length: 2000 }, (_, i) => entryOf(i))

async function bytesOf({ fs, meta }: WrittenSegment): Promise<BlockMemory> {
  const memory = new BlockMemory(meta.sizeBytes)
  fs.openSync(segmentPath, 'read').readSync(memory.bytes, 0)
  return memory
}

async function partsOf(written: WrittenSegment) {
  const file = { path: segmentPath, memory: await bytesOf(written), sizeBytes: written.meta.sizeBytes }
  return inspectSegment({ ...file, namedNumber: segmentNumber }).parts
}

/** Entries in few words: comparing large arrays element by element takes minutes. */
function shown(entries: readonly (PlainEntry | undefined)[]): string[] {
  return entries.map((entry) => {
    if (entry === undefined) return 'none'
    const { key, value, sequenceNumber, kind, flags } = entry
    hashAt(value, 0, value.length, 0, 0)
    const hash = hexOf64(hashResult.high, hashResult.low)
    return `${Buffer.from(key)}#${sequenceNumber} ${kind} ${flags} ${value.length} ${hash}`
  })
}

describe('compression', () => {
  test('changes neither entries nor blocks, only how many bytes they take', async () => {
    const [small, plain] = [
      await writeSegment(someEntries, settings),
      await writeSegment(someEntries, plainSettings),
    ]
    const { sizeBytes, checksum, ...rest } = small.meta
    expect(plain.meta).toMatchObject(rest)
    expect(sizeBytes).toBeLessThan(plain.meta.sizeBytes * 0.6)
    const blocks = (await partsOf(small)).filter(({ kind }) => kind === 'columnar block')
    expect(blocks.length).toBe(small.meta.blockCount)
    for (const { length, details } of blocks) {
      expect(length % 8).toBe(0)
      expect(details.compression).toBe('lz4')
      expect(length).toBeLessThan(Number(details.plainLength) * 0.88)
    }
  })

  test('leaves alone what it does not make more than 12 % smaller', async () => {
    const random = new SeededRandom(5)
    const entries = Array.from({ length: 300 }, (_, i) => ({
      ...entryOf(i),
      value: Uint8Array.from({ length: 100 }, () => random.upTo(255)),
    }))
    const [a, b] = [await writeSegment(entries, settings), await writeSegment(entries, plainSettings)]
    expect(a.meta).toEqual(b.meta)
    expect(Buffer.compare((await bytesOf(a)).bytes, (await bytesOf(b)).bytes)).toBe(0)
  })

  test('of large values is no other: a megabyte of zeros takes a few kilobytes, and comes back', async () => {
    const entries = [
      { ...entryOf(1), value: new Uint8Array(1_000_000) },
      { ...entryOf(2), value: new Uint8Array(3_000_000).fill(7) },
      entryOf(3),
    ]
    const written = await writeSegment(entries, settings)
    expect(written.meta.sizeBytes).toBeLessThan(20_000)
    for (const cacheBytes of [0, 64 * 1024]) {
      const segment = openSegment(written, cachesFor('hash', cacheBytes))
      for (const load of [loadBlocking, loadWaiting])
        for (const entry of entries)
          expect(shown([await find(segment, entry.key, 99, load)])).toEqual(shown([entry]))
      await segment.close()
    }
  })
})

/** Small and large, compressed to under a cache's frame and to over it, and some that do not compress. */
function mixedEntries(): PlainEntry[] {
  const random = new SeededRandom(11)
  return sortEntries(
    Array.from({ length: 400 }, (_, i) => {
      const length = [20, 100, 3000, 6000, 20_000, 90_000][random.upTo(random.chance(0.2) ? 5 : 3)] as number
      const isNoise = random.chance(0.2)
      const value = Uint8Array.from({ length }, (_, at) => (isNoise ? random.upTo(255) : (at * i) >>> 9))
      return { ...entryOf(i), value }
    }),
  )
}

describe('walks over blocks of all kinds', () => {
  const entries = mixedEntries()

  test.each([
    ['none', 0],
    ['of a few blocks', 5 * 4096],
    ['for all', 8 * 1024 * 1024],
  ])('give what is there in both directions, with a cache %s', async (_, cacheBytes) => {
    const written = await writeSegment(entries, settings)
    const kinds = (await partsOf(written)).map(({ kind, details }) => `${kind} ${details.compression ?? ''}`)
    for (const kind of ['columnar block ', 'columnar block lz4', 'large block ', 'large block lz4'])
      expect(kinds.filter((each) => each === kind).length, kind).toBeGreaterThan(5)
    const segment = openSegment(written, cachesFor('hash', cacheBytes))
    for (const load of [loadBlocking, loadWaiting]) {
      for (const access of [seekAccess, scanAccess]) {
        for (const reverse of [false, true]) {
          const cursor = segment.cursor({ ...forward, reverse }, access)
          const expected = reverse ? [...entries].reverse() : entries
          expect(shown(await collect(cursor, () => cursor.rewind(), load))).toEqual(shown(expected))
          for (const i of [3, 77, 250, 399]) {
            const { key } = entries[i] as PlainEntry
            const found = await collect(cursor, () => cursor.seek(key, false), load, 12)
            const rest = reverse ? entries.slice(0, i + 1).reverse() : entries.slice(i)
            expect(shown(found)).toEqual(shown(rest.slice(0, 12)))
          }
        }
      }
      for (const entry of entries)
        expect(shown([await find(segment, entry.key, sequenceNumberMax, load)])).toEqual(shown([entry]))
    }
    for (const _ of segment.verify());
    await segment.close()
  })

  test('are not needed for what the cache holds: it holds plain blocks', async () => {
    const caches = cachesFor('hash', 8 * 1024 * 1024)
    const segment = openSegment(await writeSegment(someEntries, settings), caches)
    for (const { key } of someEntries) await find(segment, key, sequenceNumberMax, loadBlocking)
    const { missCount } = caches.blocks
    expect(missCount).toBe(segment.meta.blockCount)
    for (const entry of someEntries)
      expect(await find(segment, entry.key, sequenceNumberMax, loadBlocking)).toEqual(entry)
    expect(caches.blocks.missCount).toBe(missCount)
    expect(caches.blocks.sizeBytes).toBeGreaterThan(segment.meta.sizeBytes)
  })
})

describe('a compressed block with a valid checksum', () => {
  const entries = Array.from({ length: 200 }, (_, i) => entryOf(i, i === 100 ? 9000 : 100))

  /** Changes a compressed block and gives it a new checksum. */
  async function patched(kind: string, change: (block: BlockMemory) => void) {
    const written = await writeSegment(entries, settings)
    const part = (await partsOf(written)).find(
      (each) => each.kind === kind && each.details.compression === 'lz4',
    )
    if (part === undefined) throw new Error(`there is no compressed ${kind}`)
    const { offset, length } = part
    const memory = new BlockMemory(length)
    const file = written.fs.openSync(segmentPath, 'update')
    file.readSync(memory.bytes, offset)
    change(memory)
    hashBlock(memory, 0, length, segmentNumber, offset)
    memory.words.set([hashResult.low, hashResult.high])
    file.writeSync(memory.bytes, offset)
    file.closeSync()
    return { written, offset, key: kind === 'large block' ? entries[100]!.key : entries[0]!.key }
  }

  test.each(['columnar block', 'large block'])('that is whole passes: %s', async (kind) => {
    const { written, key } = await patched(kind, () => {})
    const segment = openSegment(written, cachesFor('hash', 4096))
    expect(await find(segment, key, sequenceNumberMax, loadBlocking)).toBeDefined()
    for (const _ of segment.verify());
  })

  test.each<[string, string, (block: BlockMemory) => void]>([
    ['is said to be longer', 'columnar block', ({ words }) => (words[6]! += 8)],
    ['is said to be shorter', 'columnar block', ({ words }) => (words[6]! -= 8)],
    ['is said to be longer than blocks are', 'columnar block', ({ words }) => (words[6] = 4104)],
    ['is said to be of no even length', 'columnar block', ({ words }) => (words[6]! -= 1)],
    ['is said to be of no length', 'columnar block', ({ words }) => (words[6] = 0)],
    ['is said to be endless', 'large block', ({ words }) => (words[6] = 0xffff_fff8)],
    ['is said to be longer than the longest value', 'large block', ({ words }) => (words[6] = 0x0410_0000)],
    ['holds more bytes than it has', 'large block', ({ words }) => (words[7] = 0xffff_ffff)],
    ['holds fewer bytes than it has', 'columnar block', ({ words }) => (words[7]! -= 16)],
    ['holds a byte less', 'columnar block', ({ words }) => (words[7]! -= 1)],
    ['begins with an offset to nowhere', 'columnar block', ({ bytes }) => bytes.fill(0, 32, 40)],
    ['is noise', 'large block', ({ bytes }) => bytes.fill(0xff, 32)],
    ['claims to be large', 'columnar block', ({ bytes }) => (bytes[8] = BlockKind.compressedLarge)],
    ['claims to be columnar', 'large block', ({ bytes }) => (bytes[8] = BlockKind.compressedColumnar)],
    ['has another number of entries', 'columnar block', ({ bytes }) => (bytes[9]! += 1)],
  ])('that %s is damaged, for everybody', async (_, kind, change) => {
    const { written, offset, key } = await patched(kind, change)
    const damage = expect.objectContaining({ path: segmentPath, offset })
    for (const cacheBytes of [0, 64 * 1024]) {
      for (const load of [loadBlocking, loadWaiting]) {
        const segment = openSegment(written, cachesFor('hash', cacheBytes))
        await expect(find(segment, key, sequenceNumberMax, load)).rejects.toEqual(damage)
        await expect(find(segment, key, sequenceNumberMax, load)).rejects.toThrow(CorruptionError)
        for (const reverse of [false, true]) {
          const cursor = segment.cursor({ ...forward, reverse }, scanAccess)
          await expect(collect(cursor, () => cursor.rewind(), load)).rejects.toEqual(damage)
        }
        expect(() => {
          for (const _ of segment.verify());
        }).toThrow(CorruptionError)
        await segment.close()
      }
    }
    const parts = await partsOf(written)
    expect(parts.find((part) => part.offset === offset)).toMatchObject({ kind: 'damaged' })
    expect(parts.filter((part) => part.kind === 'damaged').length).toBe(1)
    expect(() => runWhole(compactionJob([[written.meta]]), written.fs)).toThrow(CorruptionError)
  })
})

test('a merge brings plain blocks into a store of compressed ones, and back', async () => {
  const entries = mixedEntries()
  const { fs, meta } = await writeSegment(entries, plainSettings)
  const rest = { liveSequences: [1, 10_000], deeperIntervals: [] }
  const small = runWhole(
    compactionJob([[meta]], { ...rest, segmentSettings: settings, outputNumbers: { first: 50, count: 10 } }),
    fs,
  )
  expect(small.bytesWritten).toBeLessThan(meta.sizeBytes * 0.6)
  expect(shown(await entriesIn(fs, small.added))).toEqual(shown(entries))
  const again = runWhole(
    compactionJob([small.added], {
      ...rest,
      segmentSettings: plainSettings,
      outputNumbers: { first: 90, count: 10 },
    }),
    fs,
  )
  expect(shown(await entriesIn(fs, again.added))).toEqual(shown(entries))
  expect(again.bytesWritten).toBe(meta.sizeBytes)
})
