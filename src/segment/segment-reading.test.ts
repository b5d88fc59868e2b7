import { describe, expect, test } from 'vitest'
import {
  collect,
  loadBlocking,
  loadWaiting,
  type PlainEntry,
  plainEntry,
  settle,
} from '../../test/support/entries.ts'
import {
  cachesFor,
  find,
  openSegment,
  segmentPath,
  tinyBlocks,
  writeSegment,
} from '../../test/support/segments.ts'
import { hashResult } from '../bytes/xxh64.ts'
import { sequenceNumberMax } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import { ClosedError, UnsupportedFormatError } from '../errors.ts'
import type { File, FileSystem } from '../fs/file-system.ts'
import { BlockCache } from './block-cache.ts'
import { hashBlock } from './block-check.ts'
import { BlockMemory } from './block-memory.ts'
import { IndexBudget } from './index-budget.ts'
import { Segment } from './segment.ts'
import { scanAccess, seekAccess } from './segment-cursor.ts'
import { columnsSizeBytes } from './segment-format.ts'

const entries = Array.from({ length: 400 }, (_, i) =>
  plainEntry(String(i).padStart(4, '0'), i + 1, `value ${i % 10}`),
)

/** A file system over another whose reads are recorded and may be made to fail or to wait. */
function watching(fs: FileSystem): WatchedReads {
  const reads: number[] = []
  const gate = { wait: Promise.resolve() }
  let readsLeft = -1
  let failure: Error | undefined
  const onRead = (length: number): void => {
    readsLeft -= 1
    if (readsLeft === -1) throw failure
    reads.push(length)
  }
  const watch = (file: File): File =>
    Object.assign(Object.create(file) as File, {
      closeSync: () => file.closeSync(),
      close: () => file.close(),
      sizeSync: () => file.sizeSync(),
      size: () => file.size(),
      path: file.path,
      readSync: (target: Uint8Array, position: number) => {
        onRead(target.length)
        return file.readSync(target, position)
      },
      read: async (target: Uint8Array, position: number) => {
        onRead(target.length)
        await gate.wait
        return file.read(target, position)
      },
    })
  const watched: FileSystem = Object.assign(Object.create(fs) as FileSystem, {
    openSync: (path: string, mode: 'read') => watch(fs.openSync(path, mode)),
    open: async (path: string, mode: 'read') => watch(await fs.open(path, mode)),
  })
  return {
    fs: watched,
    reads,
    gate,
    failAfter: (readCount, error) => {
      readsLeft = readCount
      failure = error
    },
  }
}

interface WatchedReads {
  readonly fs: FileSystem
  /** Lengths of the reads that were let through. */
  readonly reads: number[]
  /** Asynchronous reads wait for it. */
  readonly gate: { wait: Promise<void> }
  /** The read after so many fails once. */
  readonly failAfter: (readCount: number, error: Error) => void
}

async function openWatched(cacheBytes: number, mode: 'hash' | 'filter' | 'blocks' = 'hash') {
  const written = await writeSegment(entries)
  const caches = cachesFor(mode, cacheBytes)
  const watched = watching(written.fs)
  return { ...watched, caches, segment: Segment.open(watched.fs, segmentPath, written.meta, caches) }
}

const forward = { reverse: false, sequenceLimit: sequenceNumberMax, allVersions: false }

describe('an error of the disk', () => {
  const eio = Object.assign(new Error('i/o error'), { code: 'EIO' })

  test.each([
    ['blocking', loadBlocking],
    ['waiting', loadWaiting],
  ])('passes through a %s lookup, and the next lookup succeeds', async (_, load) => {
    const { segment, caches, failAfter } = await openWatched(4096)
    // The first failure is in opening, the second in reading a block.
    failAfter(0, eio)
    await expect(find(segment, entries[5]!.key, 9, load)).rejects.toBe(eio)
    expect(caches.indexes.usedBytes).toBe(0)
    segment.openSync()
    failAfter(0, eio)
    await expect(find(segment, entries[5]!.key, 9, load)).rejects.toBe(eio)
    expect(await find(segment, entries[5]!.key, 9, load)).toEqual(entries[5])
  })

  test('at any read of a first lookup gives the index memory back, and the next succeeds', async () => {
    const whole = await openWatched(4096)
    const { key } = entries[5]!
    await find(whole.segment, key, 9, loadBlocking)
    expect(whole.reads.length).toBe(6)
    for (let readCount = 0; readCount < whole.reads.length; readCount += 1) {
      const { segment, caches, failAfter } = await openWatched(4096)
      failAfter(readCount, eio)
      await expect(find(segment, key, 9, readCount % 2 === 0 ? loadBlocking : loadWaiting)).rejects.toBe(eio)
      if (readCount < 4) expect(caches.indexes.usedBytes).toBe(0)
      expect(await find(segment, key, 9, loadBlocking)).toEqual(entries[5])
      expect(caches.indexes.usedBytes).toBe(whole.caches.indexes.usedBytes)
    }
  })

  test('in a walk passes through, and the walk goes on where it was', async () => {
    const { segment, failAfter } = await openWatched(0)
    const cursor = segment.cursor(forward)
    const walked = await collect(cursor, () => cursor.rewind(), loadBlocking, 3)
    let count = walked.length
    while (cursor.advance() === CursorState.entry) count += 1
    failAfter(0, eio)
    expect(() => cursor.loadSync()).toThrow(eio)
    expect(cursor.advance()).toBe(CursorState.pending)
    failAfter(0, eio)
    await expect(cursor.load()).rejects.toBe(eio)
    while ((await settle(cursor, () => cursor.advance(), loadWaiting)) === CursorState.entry) count += 1
    expect(count).toBe(entries.length)
  })
})

describe('a walk', () => {
  test('reads ahead more and more, past the cache but for its first blocks', async () => {
    const { segment, reads, caches } = await openWatched(1024 * 1024)
    const cursor = segment.cursor(forward, seekAccess)
    segment.openSync()
    reads.length = 0
    await collect(cursor, () => cursor.rewind(), loadBlocking)
    const blockLength = segment.opened!.blockIndex.lengthOf(0)
    expect(reads.slice(0, 6).map((length) => Math.round(length / blockLength))).toEqual([1, 1, 2, 4, 8, 16])
    expect(caches.blocks.missCount).toBeLessThanOrEqual(2)
    const second = segment.cursor(forward, seekAccess)
    await collect(second, () => second.rewind(), loadBlocking, 3)
    expect(caches.blocks.hitCount).toBe(1)
  })

  test.each([false, true])(
    'that is the second of its kind leaves its blocks in spare memory (reverse: %s)',
    async (reverse) => {
      const { segment, reads } = await openWatched(1024 * 1024)
      const walk = async () => {
        reads.length = 0
        const cursor = segment.cursor({ ...forward, reverse }, seekAccess)
        return collect(cursor, () => cursor.rewind(), loadBlocking)
      }
      const first = await walk()
      expect(await walk()).toEqual(first)
      expect(reads.length).toBeGreaterThan(2)
      // The few blocks that came through the cache in the first walk were not counted as walked.
      expect(await walk()).toEqual(first)
      expect(await walk()).toEqual(first)
      expect(reads).toEqual([])
      expect(await find(segment, entries[200]!.key, sequenceNumberMax, loadBlocking)).toEqual(entries[200])
    },
  )

  test('leaves nothing where the cache has no memory to spare', async () => {
    const { segment, caches } = await openWatched(3 * 4096)
    for (let i = 0; i < 3; i += 1) await find(segment, entries[i * 130]!.key, sequenceNumberMax, loadBlocking)
    const { hitCount } = caches.blocks
    for (let i = 0; i < 4; i += 1) {
      const cursor = segment.cursor(forward, { fillsCache: true, readsAheadAtOnce: true })
      await collect(cursor, () => cursor.rewind(), loadBlocking)
    }
    expect(caches.blocks.sizeBytes).toBe(3 * 4096)
    const afterWalks = caches.blocks.hitCount
    for (let i = 0; i < 3; i += 1) await find(segment, entries[i * 130]!.key, sequenceNumberMax, loadBlocking)
    expect(caches.blocks.hitCount - afterWalks, `before: ${hitCount}`).toBe(3)
  })

  test('that is known to be long reads sixteen blocks at once and leaves the cache alone', async () => {
    const { segment, reads, caches } = await openWatched(1024 * 1024)
    segment.openSync()
    reads.length = 0
    for (const reverse of [false, true]) {
      const cursor = segment.cursor({ ...forward, reverse }, scanAccess)
      await collect(cursor, () => cursor.rewind(), loadBlocking)
    }
    const { blockCount } = segment.opened!.blockIndex
    expect(reads.length).toBe(2 * Math.ceil(blockCount / 16))
    expect(caches.blocks.sizeBytes).toBe(0)
  })

  test('keeps its entry while others take all frames of the cache', async () => {
    const { segment } = await openWatched(4096)
    const cursor = segment.cursor(forward)
    const [first] = await collect(cursor, () => cursor.seek(entries[7]!.key, false), loadBlocking, 1)
    for (const { key } of entries) await find(segment, key, sequenceNumberMax, loadBlocking)
    expect(first).toEqual(entries[7])
    expect(await collect(cursor, () => cursor.advance(), loadBlocking, 1)).toEqual([entries[8]])
  })
})

test('a lookup that waits for a segment that is closed meanwhile says so', async () => {
  const { segment, gate } = await openWatched(4096)
  let open = (): void => {}
  segment.openSync()
  gate.wait = new Promise((resolve) => {
    open = resolve
  })
  const lookup = find(segment, entries[5]!.key, 9, loadWaiting)
  const closed = segment.close()
  open()
  await expect(lookup).rejects.toThrow(ClosedError)
  await closed
})

test('a segment closed while it is being opened lets go of everything', async () => {
  const { segment, gate, caches } = await openWatched(4096)
  let open = (): void => {}
  gate.wait = new Promise((resolve) => {
    open = resolve
  })
  const lookup = find(segment, entries[5]!.key, 9, loadWaiting)
  const closed = segment.close()
  open()
  await expect(lookup).rejects.toThrow(ClosedError)
  await closed
  expect(caches.indexes.usedBytes).toBe(0)
})

describe('a block with a valid checksum', () => {
  /** Changes a byte of the first block and gives it a new checksum. */
  async function patched(offsetInBlock: number, byte: number): Promise<Segment> {
    const written = await writeSegment(entries, tinyBlocks)
    const segment = openSegment(written, cachesFor('blocks', 0))
    segment.openSync()
    const { blockIndex } = segment.opened!
    const [offset, length] = [blockIndex.offsetOf(0), blockIndex.lengthOf(0)]
    const memory = new BlockMemory(length)
    const file = written.fs.openSync(segmentPath, 'update')
    file.readSync(memory.bytes, offset)
    memory.bytes[offsetInBlock] = byte
    hashBlock(memory, 0, length, written.meta.number, offset)
    memory.words.set([hashResult.low, hashResult.high])
    file.writeSync(memory.bytes, offset)
    return segment
  }

  const read = (segment: Segment) => find(segment, entries[0]!.key, sequenceNumberMax, loadBlocking)

  test('but an unknown kind is refused by the number of its kind', async () => {
    await expect(read(await patched(8, 9))).rejects.toThrow(UnsupportedFormatError)
    await expect(read(await patched(8, 9))).rejects.toThrow('blocks of kind 9')
  })

  test('but an entry of unknown kind is refused by the number of its kind', async () => {
    // Of three entries, as all blocks here have.
    const flagsAt = columnsSizeBytes(3) - 3
    await expect(read(await patched(flagsAt, 0x0b))).rejects.toThrow('entries of kind 11')
  })

  test.each([
    [9, 0],
    [9, 200],
    [12, 8],
    [24 + 12 * 3, 255],
    [24 + 12 * 3 + 2, 255],
    [24 + 12 * 3 + 8, 255],
  ])('but no valid shape (byte %i is %i) is damaged', async (offset, byte) => {
    await expect(read(await patched(offset, byte))).rejects.toThrow(/offset 32/)
  })
})

describe('index memory', () => {
  /** The budget has room for what every segment needs, and for one and a half hash indexes. */
  async function openTwo() {
    const [first, second] = [await writeSegment(entries), await writeSegment(entries)]
    const probe = openSegment(first, { blocks: new BlockCache(0), indexes: new IndexBudget(0) })
    probe.openSync()
    const { hashIndex, filter } = probe.opened!.footer
    const probeCaches = cachesFor('blocks', 0)
    openSegment(first, probeCaches).openSync()
    const limit = 2 * probeCaches.indexes.usedBytes + hashIndex.length + filter.length
    const caches = { blocks: new BlockCache(0), indexes: new IndexBudget(limit) }
    return { caches, hashIndex, filter, a: openSegment(first, caches), b: openSegment(second, caches) }
  }

  test.each([
    ['blocking', loadBlocking],
    ['waiting', loadWaiting],
  ])('given back by one segment is used by another at its next %s lookup', async (_, load) => {
    const { caches, a, b, filter, hashIndex } = await openTwo()
    const { key } = entries[5]!
    expect(await find(a, key, 9, load)).toEqual(entries[5])
    expect(await find(b, key, 9, load)).toEqual(entries[5])
    expect([a.indexState, b.indexState]).toEqual(['hash', 'filter'])
    expect(caches.indexes.usedBytes).toBeLessThanOrEqual(caches.indexes.limitBytes)
    const used = caches.indexes.usedBytes
    await a.close()
    expect(await Promise.all([find(b, key, 9, load), find(b, key, 8, load)])).toEqual([
      entries[5],
      entries[5],
    ])
    expect(b.indexState).toBe('hash')
    const heldByOne = (used - hashIndex.length - filter.length) / 2
    expect(caches.indexes.usedBytes).toBe(heldByOne + hashIndex.length)
    await b.close()
    expect(caches.indexes.usedBytes).toBe(0)
  })

  test('of a large index is taken once enough lookups came by, each answered without', async () => {
    const count = 40_000
    const large: PlainEntry[] = Array.from({ length: count }, (_, i) => ({
      ...(entries[0] as PlainEntry),
      key: Uint8Array.of(i >>> 16, i >>> 8, i),
      sequenceNumber: 1,
    }))
    const segment = openSegment(await writeSegment(large), cachesFor('hash', 65_536))
    segment.openSync()
    const patience = Math.floor((segment.opened?.footer.hashIndex.length ?? 0) / 65_536)
    expect(patience).toBeGreaterThanOrEqual(3)
    expect(await find(segment, (large[1] as PlainEntry).key, 9, loadBlocking)).toEqual(large[1])
    expect(segment.indexState).toBe('blocks')
    for (let lookup = 0; segment.indexState !== 'hash'; lookup += 1) {
      expect(lookup).toBeLessThanOrEqual(patience)
      const entry = large[(lookup * 7_001) % count] as PlainEntry
      expect(await find(segment, entry.key, 9, loadBlocking)).toEqual(entry)
      expect(await find(segment, Uint8Array.of(9, 9, 9), 9, loadBlocking)).toBeUndefined()
    }
    segment.closeSync()
  })

  test('is not taken by a walk, but for the block index', async () => {
    const { caches, a } = await openTwo()
    const cursor = a.cursor(forward)
    await collect(cursor, () => cursor.rewind(), loadBlocking)
    expect(a.indexState).toBe('blocks')
    await find(a, entries[5]!.key, 9, loadBlocking)
    expect(a.indexState).toBe('hash')
    a.closeSync()
    expect(caches.indexes.usedBytes).toBe(0)
  })
})
