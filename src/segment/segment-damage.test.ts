import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  collect,
  entriesSeen,
  loadBlocking,
  type PlainEntry,
  plainEntry,
  sortEntries,
} from '../../test/support/entries.ts'
import {
  cachesFor,
  find,
  openSegment,
  segmentPath,
  tinyBlocks,
  type WrittenSegment,
  writeSegment,
} from '../../test/support/segments.ts'
import { hashResult } from '../bytes/xxh64.ts'
import { sequenceNumberMax } from '../entry/entry.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { hashAt } from './block-check.ts'
import { BlockMemory } from './block-memory.ts'
import type { Segment } from './segment.ts'
import { decodeFooter, encodeFooter, footerSizeBytes } from './segment-format.ts'
import type { SegmentSettings } from './segment-settings.ts'

const entries: readonly PlainEntry[] = sortEntries([
  plainEntry('', 1, 'the empty key'),
  ...Array.from({ length: 9 }, (_, i) => plainEntry(`key ${i}`, 10 + i, `value ${i}`)),
  ...Array.from({ length: 6 }, (_, i) => plainEntry('key 5', 30 + i, `version ${i}`)),
  plainEntry('key 7', 40),
  plainEntry('large', 50, 'x'.repeat(200)),
])

/** What the three ways of reading give: all lookups, and walks in both directions. */
async function readEverything(segment: Segment): Promise<unknown> {
  const read: unknown[] = []
  for (const { key } of entries) {
    read.push(await orCorruption(() => find(segment, key, sequenceNumberMax, loadBlocking)))
    read.push(await orCorruption(() => find(segment, key, 32, loadBlocking)))
  }
  for (const reverse of [false, true]) {
    const options = { reverse, allVersions: false, sequenceLimit: sequenceNumberMax }
    const cursor = segment.cursor(options)
    read.push(await orCorruption(() => collect(cursor, () => cursor.rewind(), loadBlocking)))
  }
  return read
}

async function orCorruption<T>(act: () => Promise<T>): Promise<T | 'corruption'> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error
    expect(error.path).toBe(segmentPath)
    return 'corruption'
  }
}

function verify(segment: Segment): void {
  for (const _ of segment.verify());
}

/** The file's bytes, and a way to put others in their place. */
async function openBytes({ fs, meta }: WrittenSegment) {
  const file = fs.openSync(segmentPath, 'update')
  const bytes = new Uint8Array(meta.sizeBytes)
  file.readSync(bytes, 0)
  return { bytes, put: (offset: number, byte: number) => file.writeSync(Uint8Array.of(byte), offset) }
}

const compressed: SegmentSettings = { ...tinyBlocks, blockSizeBytes: 320, compression: 'lz4' }

describe.each([
  ['hash', tinyBlocks],
  ['filter', tinyBlocks],
  ['blocks', tinyBlocks],
  ['hash', compressed],
  ['blocks', compressed],
] as const)('with the index in mode %s', (mode, settings) => {
  test(`and compression ${settings.compression}, with any byte flipped, reads give the truth or an error, and verify() finds it`, async () => {
    const written = await writeSegment(entries, settings)
    const { bytes, put } = await openBytes(written)
    const truth = (await readEverything(openSegment(written, cachesFor(mode, 0)))) as unknown[]
    expect(truth).not.toContain('corruption')
    let noticed = 0
    for (let offset = 0; offset < bytes.length; offset += 1) {
      put(offset, bytes[offset]! ^ (offset % 2 === 0 ? 0xff : 1 << (offset % 8)))
      const segment = openSegment(written, cachesFor(mode, offset % 3 === 0 ? 4096 : 0))
      const read = (await readEverything(segment)) as unknown[]
      read.forEach((answer, i) => {
        if (answer === 'corruption') noticed += 1
        else if (!isDeepStrictEqual(answer, truth[i])) expect(answer).toEqual(truth[i])
      })
      if (mode === 'hash') expect(() => verify(segment), `offset ${offset}`).toThrow(CorruptionError)
      await segment.close()
      put(offset, bytes[offset]!)
    }
    expect(noticed).toBeGreaterThan(bytes.length)
    verify(openSegment(written, cachesFor(mode, 0)))
  })
})

describe('a file that is not the one in the manifest', () => {
  async function expectRefused(written: WrittenSegment): Promise<void> {
    const segment = openSegment(written, cachesFor('hash', 4096))
    const key = entries[3]!.key
    await expect(find(segment, key, sequenceNumberMax, loadBlocking)).rejects.toThrow(CorruptionError)
    await expect(segment.open()).rejects.toThrow(CorruptionError)
    expect(() => verify(segment)).toThrow(CorruptionError)
  }

  test('is refused when it was cut at any length', async () => {
    const written = await writeSegment(entries)
    const { bytes } = await openBytes(written)
    for (let length = 0; length < bytes.length; length += 13) {
      written.fs.unlinkSync(segmentPath)
      written.fs.openSync(segmentPath, 'create').writeSync(bytes.subarray(0, length), 0)
      await expectRefused(written)
    }
  })

  test('is refused when it grew', async () => {
    const written = await writeSegment(entries)
    written.fs.openSync(segmentPath, 'update').writeSync(Uint8Array.of(0), written.meta.sizeBytes)
    await expectRefused(written)
  })

  test('is refused when it is another segment of the same size', async () => {
    const written = await writeSegment(entries)
    const changed = entries.map((entry) => ({ ...entry, value: entry.value.map((byte) => byte ^ 1) }))
    const other = await writeSegment(changed)
    expect(other.meta.sizeBytes).toBe(written.meta.sizeBytes)
    await expectRefused({ fs: other.fs, meta: written.meta })
    await expectRefused({ fs: written.fs, meta: { ...written.meta, number: 8 } })
  })

  test('is refused when the manifest counts otherwise', async () => {
    const written = await writeSegment(entries)
    const { meta } = written
    await expectRefused({ ...written, meta: { ...meta, entryCount: meta.entryCount + 1 } })
    await expectRefused({ ...written, meta: { ...meta, largestSequence: meta.largestSequence + 1 } })
  })
})

test('a block from another place or another segment is not taken for the right one', async () => {
  const twins = ['a', 'b', 'c', 'd'].map((key, i) => plainEntry(key, i + 1, 'x'.repeat(60)))
  const written = await writeSegment(twins, { ...tinyBlocks, blockSizeBytes: 112 })
  const { bytes, put } = await openBytes(written)
  const segment = openSegment(written, cachesFor('blocks', 0))
  expect(await find(segment, twins[0]!.key, 9, loadBlocking)).toEqual(twins[0])
  const { blockIndex } = segment.opened!
  const [first, second] = [blockIndex.offsetOf(0), blockIndex.offsetOf(1)]
  for (let i = 0; i < blockIndex.lengthOf(0); i += 1) put(first + i, bytes[second + i]!)
  await expect(find(segment, twins[0]!.key, 9, loadBlocking)).rejects.toThrow(/checksum.*offset 32/)
  expect(await find(segment, twins[1]!.key, 9, loadBlocking)).toEqual(twins[1])
})

test('a segment of a later format is refused by its format number, not called damaged', async () => {
  const written = await writeSegment(entries)
  const { encodeHeader, headerSizeBytes } = await import('./segment-format.ts')
  const { hashAt } = await import('./block-check.ts')
  const { hashResult } = await import('../bytes/xxh64.ts')
  const header = new DataView(new ArrayBuffer(headerSizeBytes))
  encodeHeader(header, written.meta.number)
  header.setUint32(8, 2, true)
  hashAt(new Uint8Array(header.buffer), 0, 24, written.meta.number, 0)
  header.setUint32(24, hashResult.low, true)
  header.setUint32(28, hashResult.high, true)
  written.fs.openSync(segmentPath, 'update').writeSync(new Uint8Array(header.buffer), 0)
  const segment = openSegment(written, cachesFor('hash', 0))
  expect(() => segment.openSync()).toThrow(UnsupportedFormatError)
  expect(() => segment.openSync()).toThrow('segment format 2')
})

// Opening does not look at every block: what has the right checksum was written so. Reading such a block finds out, as checking does.
test.each([0, 4096])(
  'a block index with a valid checksum that is wrong about a block is damage, cache %i',
  async (cacheBytes) => {
    const written = await writeSegment(entries, tinyBlocks)
    await forgeIndex(written, (words) => {
      // Behind the four words of the header are the positions: block 0 has no bytes any more.
      words[5] = words[4]!
    })
    const segment = openSegment(written, cachesFor('hash', cacheBytes))
    const { key } = entries[0]!
    await expect(find(segment, key, sequenceNumberMax, loadBlocking)).rejects.toThrow(CorruptionError)
    const last = entries.at(-1)!
    expect(await find(segment, last.key, sequenceNumberMax, loadBlocking)).toEqual(last)
    expect(() => verify(segment)).toThrow(/block 0 of the index does not end after it starts/)
  },
)

/** Changes the block index and makes its checksum and the footer's right. */
async function forgeIndex({ fs, meta }: WrittenSegment, change: (words: Uint32Array) => void): Promise<void> {
  const file = fs.openSync(segmentPath, 'update')
  const bytes = new Uint8Array(footerSizeBytes)
  const footerAt = meta.sizeBytes - footerSizeBytes
  file.readSync(bytes, footerAt)
  const view = new DataView(bytes.buffer)
  const footer = decodeFooter(view)
  const { offset, length } = footer.blockIndex
  const index = new BlockMemory(length)
  file.readSync(index.bytes, offset)
  change(index.words)
  hashAt(index.bytes, 0, length, meta.number, offset)
  const blockIndex = { offset, length, checksumHigh: hashResult.high, checksumLow: hashResult.low }
  encodeFooter(view, { ...footer, blockIndex })
  hashAt(bytes, 8, bytes.length, meta.number, footerAt)
  view.setUint32(0, hashResult.low, true)
  view.setUint32(4, hashResult.high, true)
  file.writeSync(index.bytes, offset)
  file.writeSync(bytes, footerAt)
}

test('what a read of the whole gives is what was written', async () => {
  const written = await writeSegment(entries)
  const segment = openSegment(written, cachesFor('hash', 4096))
  const options = { reverse: false, allVersions: true, sequenceLimit: sequenceNumberMax }
  const cursor = segment.cursor(options)
  expect(await collect(cursor, () => cursor.rewind(), loadBlocking)).toEqual(entriesSeen(entries, options))
})
