import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainEntry, plainOf, someEntries, viewOf } from '../../test/support/entries.ts'
import {
  createFolder,
  segmentNumber,
  segmentPath,
  tinyBlocks,
  writeSegment,
} from '../../test/support/segments.ts'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { createEntryView, EntryKind } from '../entry/entry.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import type { WriteBack } from '../fs/file-system.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { InvariantError } from '../invariant.ts'
import type { SegmentSettings } from './segment-settings.ts'
import { SegmentWriter } from './segment-writer.ts'

async function createWriter(settings: SegmentSettings = tinyBlocks): Promise<SegmentWriter> {
  const fs = await createFolder()
  return new SegmentWriter(fs.openSync(segmentPath, 'create'), segmentNumber, settings)
}

test('tells what it wrote', async () => {
  await fc.assert(
    fc.asyncProperty(someEntries, async (entries) => {
      const { fs, meta } = await writeSegment(entries)
      const sum = (lengths: number[]): number => lengths.reduce((a, b) => a + b, 0)
      const sequences = entries.map(({ sequenceNumber }) => sequenceNumber)
      expect(meta).toMatchObject({
        number: segmentNumber,
        sizeBytes: fs.openSync(segmentPath, 'read').sizeSync(),
        entryCount: entries.length,
        tombstoneCount: entries.filter(({ kind }) => kind === EntryKind.tombstone).length,
        keyCount: entries.filter((entry, i) => i === 0 || compareBytes(entries[i - 1]!.key, entry.key) !== 0)
          .length,
        keyBytes: sum(entries.map(({ key }) => key.length)),
        valueBytes: sum(entries.map(({ value }) => value.length)),
        smallestKey: entries[0]!.key,
        largestKey: entries.at(-1)!.key,
        smallestSequence: Math.min(...sequences),
        largestSequence: Math.max(...sequences),
      })
    }),
  )
})

describe('refuses', () => {
  test.each([
    ['a smaller key', plainEntry('a', 9, 'x')],
    ['the same entry', plainEntry('b', 5, 'x')],
    ['a newer version behind an older one', plainEntry('b', 6, 'x')],
  ])('%s', async (_, entry) => {
    const writer = await createWriter()
    writer.add(viewOf(plainEntry('b', 5, 'x')))
    expect(() => writer.add(viewOf(entry))).toThrow(InvariantError)
  })

  test('to end without entries, twice, or after it was given up, and entries behind the end', async () => {
    const empty = await createWriter()
    expect(() => empty.finish()).toThrow('at least one entry')
    expect(() => empty.finish()).toThrow(InvariantError)
    const finished = await createWriter()
    finished.add(viewOf(plainEntry('a', 1, 'x')))
    finished.finish()
    expect(() => finished.finish()).toThrow(InvariantError)
    expect(() => finished.add(viewOf(plainEntry('b', 1, 'x')))).toThrow(InvariantError)
    const aborted = await createWriter()
    aborted.add(viewOf(plainEntry('a', 1, 'x')))
    aborted.abort()
    expect(() => aborted.add(viewOf(plainEntry('b', 1, 'x')))).toThrow(InvariantError)
    expect(() => aborted.finish()).toThrow(InvariantError)
  })
})

describe('shouldClose()', () => {
  test('waits for the next key past the size, so that versions of a key stay together', async () => {
    const writer = await createWriter({ ...tinyBlocks, segmentSizeBytes: 500 })
    expect(writer.shouldClose(viewOf(plainEntry('a', 99, 'x')))).toBe(false)
    writer.add(viewOf(plainEntry('a', 99, 'x')))
    expect(writer.shouldClose(viewOf(plainEntry('b', 98, 'x')))).toBe(false)
    for (let i = 98; i > 50; i -= 1) writer.add(viewOf(plainEntry('a', i, 'x')))
    expect(writer.bytesWritten).toBeGreaterThan(500)
    expect(writer.shouldClose(viewOf(plainEntry('a', 50, 'x')))).toBe(false)
    expect(writer.shouldClose(viewOf(plainEntry('b', 50, 'x')))).toBe(true)
  })

  test('says so past the number of blocks, however small they are', async () => {
    const writer = await createWriter({ ...tinyBlocks, blockCountMax: 3 })
    const keys = Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + i))
    const written = keys.findIndex((key, i) => {
      const view = viewOf(plainEntry(key, 1, '12345678901234567890'))
      if (writer.shouldClose(view)) return true
      writer.add(view)
      return i === keys.length
    })
    // Two entries of 21 bytes fit a block of 128 bytes.
    expect(written).toBe(5)
  })
})

test('writes the same file in steps and at once', async () => {
  const entries = Array.from({ length: 9000 }, (_, i) => plainEntry(String(i).padStart(6, '0'), i + 1, 'v'))
  const files: Uint8Array[] = []
  for (const inSteps of [false, true]) {
    const fs = await createFolder()
    const file = fs.openSync(segmentPath, 'create')
    const writer = new SegmentWriter(file, segmentNumber)
    for (const entry of entries) writer.add(viewOf(entry))
    let stepCount = 1
    if (inSteps) while (writer.finishStep() === undefined) stepCount += 1
    else writer.finish()
    if (inSteps) expect(stepCount).toBeGreaterThan(3)
    const bytes = new Uint8Array(file.sizeSync())
    file.readSync(bytes, 0)
    files.push(bytes)
  }
  expect(compareBytes(files[0]!, files[1]!)).toBe(0)
})

test('syncs as it goes and after the last byte', async () => {
  const operations: FileOperation[] = []
  const fs = new MemoryFileSystem({ onOperation: (operation) => operations.push(operation) })
  await fs.makeDirectory('/store')
  const writer = new SegmentWriter(fs.openSync(segmentPath, 'create'), 7, tinyBlocks)
  for (let i = 0; i < 500; i += 1)
    writer.add(viewOf(plainEntry(String(i).padStart(6, '0'), i + 1, 'some value')))
  const { sizeBytes } = writer.finish()
  const names = operations.map(({ name }) => name).filter((name) => name === 'write' || name === 'sync')
  expect(names.at(-1)).toBe('sync')
  expect(names.filter((name) => name === 'sync').length).toBeGreaterThan(
    sizeBytes / tinyBlocks.syncEveryBytes - 2,
  )
  for (const { name, length = 0 } of operations) if (name === 'write') expect(length).toBeLessThan(16_384)
})

test('writes back while it goes on, syncs where the disk falls behind, and after the last byte', async () => {
  const fs = await createFolder()
  const file = fs.openSync(segmentPath, 'create')
  let isDiskSlow = false
  const calls: string[] = []
  const beginWriteBack = (): WriteBack => {
    calls.push(isDiskSlow ? 'busy' : 'begun')
    return isDiskSlow ? 'busy' : 'begun'
  }
  const syncSync = (): void => {
    calls.push('sync')
    file.syncSync()
  }
  const watched = new Proxy(file, {
    get: (_, name) => {
      if (name === 'beginWriteBack') return beginWriteBack
      if (name === 'syncSync') return syncSync
      const member: unknown = Reflect.get(file, name)
      return typeof member === 'function' ? member.bind(file) : member
    },
  })
  const writer = new SegmentWriter(watched, segmentNumber, tinyBlocks)
  const fill = (from: number): void => {
    for (let i = from; i < from + 500; i += 1)
      writer.add(viewOf(plainEntry(String(i).padStart(6, '0'), i + 1, 'some value')))
  }
  fill(0)
  expect(calls.length).toBeGreaterThan(3)
  expect(new Set(calls)).toEqual(new Set(['begun']))
  calls.length = 0
  isDiskSlow = true
  fill(500)
  // Each time twice as much as is written back at a time is waiting.
  expect(calls.filter((call) => call === 'sync').length).toBeGreaterThan(1)
  expect(calls.filter((call) => call === 'busy').length).toBeGreaterThan(
    calls.filter((call) => call === 'sync').length,
  )
  writer.finish()
  expect(calls.at(-1)).toBe('sync')
})

test('passes errors of the disk on and does not pretend to have ended', async () => {
  const fs = await createFolder()
  fs.capacityBytes = 3000
  const writer = new SegmentWriter(fs.openSync(segmentPath, 'create'), 7, tinyBlocks)
  const fill = (): void => {
    for (let i = 0; i < 500; i += 1)
      writer.add(viewOf(plainEntry(String(i).padStart(6, '0'), i + 1, 'some value')))
  }
  expect(fill).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  const late = new SegmentWriter(fs.openSync('/store/8.seg', 'create'), 8)
  late.add(viewOf(plainEntry('a', 1, 'x')))
  expect(() => late.finish()).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  expect(() => late.finish()).toThrow(InvariantError)
})

test('keeps no bytes of its caller, whether they are shared or a Buffer', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(64))
  const buffer = Buffer.from('smallest')
  const writer = await createWriter()
  const view = createEntryView()
  Object.assign(view, {
    keyBytes: buffer,
    keyLength: 8,
    valueBytes: shared,
    valueLength: 64,
    sequenceNumber: 1,
  })
  expect(plainOf(view).key).toEqual(new Uint8Array(Buffer.from('smallest')))
  writer.add(view)
  buffer.fill(0xff)
  shared.fill(0xff)
  expect(writer.finish().smallestKey).toEqual(new TextEncoder().encode('smallest'))
})
