import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  collect,
  entriesFrom,
  entriesSeen,
  loadBlocking,
  loadWaiting,
  type PlainEntry,
  plainEntry,
  someEntries,
  someKey,
} from '../../test/support/entries.ts'
import {
  cachesFor,
  find,
  type IndexMode,
  openSegment,
  tinyBlocks,
  writeSegment,
} from '../../test/support/segments.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { sequenceNumberMax } from '../entry/entry.ts'
import { ClosedError, CorruptionError } from '../errors.ts'
import { scanAccess, seekAccess } from './segment-cursor.ts'
import { defaultSegmentSettings, type SegmentSettings } from './segment-settings.ts'

const someMode = fc.constantFrom<IndexMode>('hash', 'filter', 'blocks')
const someCacheBytes = fc.constantFrom(0, 4096, 3 * 4096, 1024 * 1024)
const someSettings: fc.Arbitrary<SegmentSettings> = fc
  .tuple(
    fc.constantFrom(tinyBlocks, { ...tinyBlocks, blockSizeBytes: 512 }, defaultSegmentSettings),
    fc.constantFrom('lz4' as const, 'none' as const),
  )
  .map(([settings, compression]) => ({ ...settings, compression }))
const someLoad = fc.constantFrom(loadBlocking, loadWaiting)
const someLimit = fc.oneof(fc.constant(sequenceNumberMax), fc.nat({ max: 100 }), fc.nat({ max: 2 ** 40 }))

/** What a lookup must find. */
function newest(entries: readonly PlainEntry[], key: Uint8Array, limit: number): PlainEntry | undefined {
  return entries.find((entry) => compareBytes(entry.key, key) === 0 && entry.sequenceNumber <= limit)
}

test('find() gives the newest entry at or below the limit, and nothing for other keys', async () => {
  await fc.assert(
    fc.asyncProperty(
      someEntries,
      someSettings,
      someMode,
      someCacheBytes,
      someLoad,
      fc.array(fc.tuple(someKey, someLimit), { maxLength: 30 }),
      async (entries, settings, mode, cacheBytes, load, questions) => {
        const segment = openSegment(await writeSegment(entries, settings), cachesFor(mode, cacheBytes))
        const own = entries.flatMap(({ key, sequenceNumber }): [Uint8Array, number][] => [
          [key, sequenceNumberMax],
          [key, sequenceNumber],
          [key, sequenceNumber - 1],
        ])
        for (const [key, limit] of [...own, ...questions]) {
          expect(await find(segment, key, limit, load)).toEqual(newest(entries, key, limit))
        }
        expect(segment.indexState).toBe(mode)
        await segment.close()
      },
    ),
  )
})

test('many lookups at once, loading without blocking, each find their own entry', async () => {
  await fc.assert(
    fc.asyncProperty(
      someEntries,
      someSettings,
      someMode,
      someCacheBytes,
      someLimit,
      async (entries, settings, mode, cacheBytes, limit) => {
        const segment = openSegment(await writeSegment(entries, settings), cachesFor(mode, cacheBytes))
        const found = await Promise.all(entries.map(({ key }) => find(segment, key, limit, loadWaiting)))
        expect(found).toEqual(entries.map(({ key }) => newest(entries, key, limit)))
      },
    ),
  )
})

test('a cursor walks the entries it should see, from every seek, in both directions', async () => {
  await fc.assert(
    fc.asyncProperty(
      someEntries,
      someSettings,
      someCacheBytes,
      someLoad,
      fc.constantFrom(seekAccess, scanAccess),
      fc.record({ reverse: fc.boolean(), allVersions: fc.boolean(), sequenceLimit: someLimit }),
      fc.array(fc.tuple(someKey, fc.boolean(), fc.nat({ max: 10 })), { maxLength: 10 }),
      async (entries, settings, cacheBytes, load, access, drawn, seeks) => {
        const options = { ...drawn, allVersions: drawn.allVersions && !drawn.reverse }
        const segment = openSegment(await writeSegment(entries, settings), cachesFor('blocks', cacheBytes))
        const cursor = segment.cursor(options, access)
        const seen = entriesSeen(entries, options)
        expect(await collect(cursor, () => cursor.rewind(), load)).toEqual(seen)
        const keys = entries
          .slice(0, 20)
          .map(({ key }): [Uint8Array, boolean, number] => [key, options.reverse, 3])
        for (const [key, strict, countMax] of [...seeks, ...keys]) {
          const expected = entriesFrom(seen, key, strict, options.reverse)
          const count = Math.max(countMax, 1)
          const found = await collect(cursor, () => cursor.seek(key, strict), load, count)
          expect(found).toEqual(expected.slice(0, count))
        }
        expect(await collect(cursor, () => cursor.rewind(), load)).toEqual(seen)
      },
    ),
  )
})

test('verify() agrees with every segment that was written', async () => {
  await fc.assert(
    fc.asyncProperty(someEntries, someSettings, async (entries, settings) => {
      const written = await writeSegment(entries, settings)
      const steps = openSegment(written, cachesFor('hash', 0)).verify()
      let step = steps.next()
      while (step.done !== true) step = steps.next()
      expect(step.value).toEqual({
        byteCount: written.meta.sizeBytes,
        blockCount: written.meta.blockCount,
        entryCount: entries.length,
      })
    }),
  )
})

describe('a segment', () => {
  test('does no I/O before its first use', async () => {
    const written = await writeSegment([plainEntry('a', 1, 'A')])
    await written.fs.unlink('/store/000007.seg')
    const segment = openSegment(written, cachesFor('hash', 0))
    expect(segment.indexState).toBe('not loaded')
    await expect(find(segment, new Uint8Array(0), 1, loadBlocking)).rejects.toThrow(CorruptionError)
    await expect(find(segment, new Uint8Array(0), 1, loadWaiting)).rejects.toThrow('missing')
  })

  test('gives its index memory and its frames back when it is closed', async () => {
    const caches = cachesFor('hash', 8 * 4096)
    const entries = Array.from({ length: 200 }, (_, i) =>
      plainEntry(String(i).padStart(4, '0'), i + 1, 'value'),
    )
    const segment = openSegment(await writeSegment(entries), caches)
    await find(segment, entries[3]!.key, sequenceNumberMax, loadBlocking)
    expect(caches.indexes.usedBytes).toBeGreaterThan(0)
    await segment.close()
    await segment.close()
    expect(caches.indexes.usedBytes).toBe(0)
    await expect(find(segment, entries[3]!.key, 9, loadBlocking)).rejects.toThrow(ClosedError)
    expect(() => segment.openSync()).toThrow(ClosedError)
  })

  test('opens once for many lookups that wait, and for a blocking one between them', async () => {
    const entries = [plainEntry('a', 1, 'A'), plainEntry('b', 2, 'B')]
    const written = await writeSegment(entries)
    const caches = cachesFor('hash', 4096)
    const segment = openSegment(written, caches)
    const waiting = [
      find(segment, entries[0]!.key, 9, loadWaiting),
      find(segment, entries[1]!.key, 9, loadWaiting),
    ]
    expect(await find(segment, entries[1]!.key, 9, loadBlocking)).toEqual(entries[1])
    const used = caches.indexes.usedBytes
    expect(await Promise.all(waiting)).toEqual(entries)
    expect(caches.indexes.usedBytes).toBe(used)
  })

  test('reads no block for a key that it does not hold, though many a tag agrees by chance', async () => {
    const nameOf = (number: number): string => String(number).padStart(8, '0')
    const count = 3000
    const entries = Array.from({ length: count }, (_, i) => plainEntry(nameOf(2 * i), i + 1, 'value'))
    const caches = cachesFor('hash', 1024 * 1024)
    const segment = openSegment(await writeSegment(entries), caches)
    for (let i = 0; i < 2 * count; i += 1) {
      const key = new TextEncoder().encode(i < count ? nameOf(2 * i + 1) : `missing ${i}`)
      expect(await find(segment, key, sequenceNumberMax, loadBlocking)).toBeUndefined()
    }
    expect(segment.indexState).toBe('hash')
    // Of some two hundred tags that agree, hardly one leads to the block where its key would be.
    expect(caches.blocks.missCount).toBeLessThan(5)
    for (const i of [0, 1, 1499, count - 1])
      expect(await find(segment, entries[i]!.key, sequenceNumberMax, loadBlocking)).toEqual(entries[i])
  })

  test('holds a value of 64 MiB and keys of 65,535 bytes', async () => {
    const huge = new Uint8Array(64 * 1024 * 1024).fill(7)
    for (let i = 0; i < huge.length; i += 4099) huge[i] = i >>> 7
    const longKey = new Uint8Array(65_535).fill(7)
    const entries: PlainEntry[] = [
      { key: new Uint8Array(0), sequenceNumber: 4, kind: 1, flags: 0, value: new Uint8Array(0) },
      { key: Uint8Array.of(1), sequenceNumber: 3, kind: 1, flags: 2, value: huge },
      { key: longKey, sequenceNumber: 2, kind: 1, flags: 0, value: new Uint8Array(0) },
      { key: longKey, sequenceNumber: 1, kind: 1, flags: 0, value: longKey },
    ]
    const written = await writeSegment(entries, defaultSegmentSettings)
    const segment = openSegment(written, cachesFor('hash', 4096))
    for (const entry of entries) {
      const found = await find(segment, entry.key, entry.sequenceNumber, loadBlocking)
      expect(found?.sequenceNumber).toBe(entry.sequenceNumber)
      expect(Buffer.compare(found!.value, entry.value)).toBe(0)
      expect(segment.foundDetached).toBe(entry.value === huge)
    }
    const cursor = segment.cursor({ reverse: true, sequenceLimit: 9, allVersions: false })
    const walked = await collect(cursor, () => cursor.rewind(), loadWaiting)
    expect(walked.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2, 3, 4])
    for (const _ of segment.verify());
  })
})
