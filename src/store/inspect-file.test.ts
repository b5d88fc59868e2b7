import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { InvalidArgumentError, StorageError } from '../errors.ts'
import type { FileInspection, FilePart, InspectedFileKind } from '../fs/file-inspection.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { createSystemError } from '../fs/system-error.ts'
import { inspectFile } from './inspect-file.ts'
import { LogStructuredStore } from './log-structured-store.ts'

const utf8 = new TextEncoder()
const isIntact = ({ kind }: FilePart): boolean => kind !== 'damaged' && kind !== 'unknown'

/** The folder of a store that wrote three batches, and of the same store flushed, written to again and closed. */
let running: MemoryFileSystem
let closed: MemoryFileSystem

beforeEach(async () => {
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open('/store', {
    fileSystem,
    tuning: { blockSizeBytes: 128 },
  })
  await store.put('user:1', 'Ada')
  // It sees what a flush would otherwise drop.
  const snapshot = store.snapshot()
  await store.batch([
    { type: 'put', key: 'a', value: '1' },
    { type: 'delete', key: 'b' },
  ])
  await store.put('user:1', 'Grace', { durability: 'disk' })
  await store.put('c', 'x'.repeat(300))
  running = fileSystem.killed()
  await store.flush()
  await store.put('user:2', 'Edsger')
  snapshot.close()
  await store.close()
  closed = fileSystem
})

function inspect(name: string, fs: MemoryFileSystem): Promise<FileInspection> {
  return inspectFile(`/store/${name}`, fs)
}

async function nameOf(kind: InspectedFileKind, fs: MemoryFileSystem): Promise<string> {
  const endings = {
    segment: '.seg',
    log: '.log',
    manifest: 'MANIFEST-',
    current: 'CURRENT',
    closed: 'CLOSED',
  }
  const names = (await fs.list('/store')).map(({ name }) => name).sort()
  return names.find((name) => name.includes(endings[kind])) as string
}

function bytesOf(name: string, fs: MemoryFileSystem): Uint8Array {
  const file = fs.openSync(`/store/${name}`, 'read')
  const bytes = new Uint8Array(file.sizeSync())
  file.readSync(bytes, 0)
  return bytes
}

/** A file system that has one file, under that name in `/store`. */
async function withFile(name: string, bytes: Uint8Array): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  await fs.makeDirectory('/store')
  fs.openSync(`/store/${name}`, 'create').writeSync(bytes, 0)
  return fs
}

/** Parts lie one behind the other and cover the file. */
function expectCovered({ parts }: FileInspection, sizeBytes: number): void {
  let end = 0
  for (const part of parts) {
    expect(part.offset).toBe(end)
    end += part.length
  }
  expect(end).toBe(sizeBytes)
}

describe('inspectFile() shows', () => {
  test('the groups of a log with their sequence numbers and keys', async () => {
    const name = await nameOf('log', running)
    const { kind, properties, parts } = await inspect(name, running)
    expect(kind).toBe('log')
    expect(properties).toMatchObject({
      number: Number.parseInt(name, 10),
      format: 1,
      groupCount: 4,
      entryCount: 5,
      firstSequence: 1,
      lastSequence: 5,
    })
    expect(properties.intactBytes).toBe(properties.sizeBytes)
    expect(parts.map((part) => part.kind)).toEqual(['header', 'link', 'group', 'group', 'group', 'group'])
    expect(parts[3]?.details).toMatchObject({
      firstSequence: 2,
      lastSequence: 3,
      entryCount: 2,
      batchCount: 1,
      entries: [
        { sequenceNumber: 2, kind: 'put', key: utf8.encode('a'), valueLength: 1, endOfBatch: false },
        { sequenceNumber: 3, kind: 'tombstone', key: utf8.encode('b'), valueLength: 0, endOfBatch: true },
      ],
    })
  })

  test('how far the disk had confirmed a log', async () => {
    const name = await nameOf('log', running)
    const { properties, parts } = await inspect(name, running)
    const [last, synced] = [...parts].reverse()
    expect(last?.details).toMatchObject({ syncedFile: properties.number, syncedBytes: last?.offset })
    expect(synced?.details.syncedBytes).toBeLessThan(last?.offset as number)
    expect(properties.syncedBytes).toBe(last?.offset)
  })

  test('zeros at the end of a log as room, unless the disk had confirmed more, and of a manifest as damage', async () => {
    const name = await nameOf('log', running)
    const bytes = bytesOf(name, running)
    const zeros = new Uint8Array(512)
    const roomy = await inspect(name, await withFile(name, Uint8Array.of(...bytes, ...zeros)))
    expect(roomy.parts.at(-1)).toEqual({ offset: bytes.length, length: 512, kind: 'room', details: {} })
    expect(roomy.properties).toMatchObject({ sizeBytes: bytes.length + 512, intactBytes: bytes.length + 512 })
    const dirty = await inspect(name, await withFile(name, Uint8Array.of(...bytes, ...zeros, 1)))
    expect(dirty.parts.at(-1)).toMatchObject({ offset: bytes.length, length: 513, kind: 'damaged' })
    expect(dirty.properties).toMatchObject({ intactBytes: bytes.length })
    const manifest = await nameOf('manifest', closed)
    const longer = Uint8Array.of(...bytesOf(manifest, closed), ...zeros)
    const inspected = await inspect(manifest, await withFile(manifest, longer))
    expect(inspected.parts.at(-1)).toMatchObject({ length: 512, kind: 'damaged' })
  })

  test('at most a hundred entries of a group, and how many more there are', async () => {
    const store = await LogStructuredStore.open('/more', { fileSystem: running })
    const operations = Array.from(
      { length: 130 },
      (_, i) => ({ type: 'put', key: `${i}`, value: '' }) as const,
    )
    await store.batch(operations)
    const names = (await running.list('/more')).map(({ name }) => name)
    const log = names.filter((name) => name.endsWith('.log')).sort()[0]
    const { parts } = await inspectFile(`/more/${log}`, running)
    const details = parts.at(-1)?.details as { entries: unknown[] }
    expect(details).toMatchObject({ entryCount: 130, entriesNotShown: 30 })
    expect(details.entries).toHaveLength(100)
    await store.close()
  })

  test('the edits of a manifest in words, and what they add up to', async () => {
    const { kind, properties, parts } = await inspect(await nameOf('manifest', closed), closed)
    expect(kind).toBe('manifest')
    const words = parts.flatMap(({ details }) => (details.changes as string[] | undefined) ?? [])
    expect(words).toContainEqual(
      expect.stringMatching(
        /^adds segment \d+ to run \d+ of level 0: 5 entries in \d+ bytes from "a" to "user:1"$/,
      ),
    )
    expect(words).toContain('segments hold everything up to sequence number 5')
    expect(properties).toMatchObject({ flushedSequence: 6, restartSequence: 7, segmentCount: 2, logs: [] })
    expect(parts.at(-1)?.kind).toBe('sync mark')
    const segmentNumbers = (properties.levels as number[][]).flat()
    expect(properties.nextFileNumber).toBeGreaterThan(Math.max(...segmentNumbers))
  })

  test('the blocks and regions of a segment', async () => {
    const { kind, properties, parts } = await inspect(await nameOf('segment', closed), closed)
    expect(kind).toBe('segment')
    expect(properties).toMatchObject({
      format: 1,
      entryCount: 5,
      keyCount: 4,
      tombstoneCount: 1,
      blockCount: 3,
    })
    expect(parts.map((part) => part.kind)).toEqual([
      'header',
      'columnar block',
      'large block',
      'columnar block',
      'hash index',
      'filter',
      'block index',
      'properties',
      'footer',
    ])
    expect(parts[1]?.details).toEqual({
      entryCount: 2,
      tombstoneCount: 1,
      olderVersionCount: 0,
      firstKey: utf8.encode('a'),
      lastKey: utf8.encode('b'),
      smallestSequence: 2,
      largestSequence: 3,
    })
    expect(parts[3]?.details).toMatchObject({ olderVersionCount: 1, smallestSequence: 1, largestSequence: 4 })
    expect(parts[4]?.details).toMatchObject({ usedSlotCount: 4 })
    expect(parts[7]?.details).toMatchObject({ smallestKey: utf8.encode('a'), blockSizeBytes: 128 })
  })

  test('the lines of CURRENT and CLOSED', async () => {
    const current = await inspect('CURRENT', closed)
    expect(current.properties).toMatchObject({
      manifestNumber: 1,
      sizeBytes: bytesOf('CURRENT', closed).length,
    })
    expect(current.parts[2]).toEqual({
      offset: 39,
      length: 11,
      kind: 'line',
      details: { text: 'manifest 1' },
    })
    const proof = await inspect('CLOSED', closed)
    expect(proof.properties).toMatchObject({ logs: [], lastSequence: 6 })
    expect(proof.properties.manifestLength).toBe(bytesOf(await nameOf('manifest', closed), closed).length)
  })

  test('a file by its content, whatever its name', async () => {
    const fs = await withFile('saved', bytesOf(await nameOf('segment', closed), closed))
    const inspection = await inspect('saved', fs)
    expect(inspection.kind).toBe('segment')
    expect(inspection.parts.every(isIntact)).toBe(true)
  })

  test('that the number in the header is not that of the name', async () => {
    const name = await nameOf('segment', closed)
    const fs = await withFile('000099.seg', bytesOf(name, closed))
    const { parts } = await inspect('000099.seg', fs)
    const reason = `the header says number ${Number.parseInt(name, 10)}, the name 99`
    expect(parts[1]).toEqual({ offset: 16, length: 8, kind: 'damaged', details: { reason } })
  })
})

describe('inspectFile() on damaged files', () => {
  const kinds: InspectedFileKind[] = ['segment', 'log', 'manifest', 'current', 'closed']

  test.each(kinds)('shows every flipped byte of a %s as part of something damaged', async (kind) => {
    const fs = kind === 'log' ? running : closed
    const name = await nameOf(kind, fs)
    const bytes = bytesOf(name, fs)
    const file = fs.openSync(`/store/${name}`, 'update')
    for (let at = 0; at < bytes.length; at += 1) {
      file.writeSync(Uint8Array.of((bytes[at] as number) ^ 0x20), at)
      const inspection = await inspect(name, fs)
      const bad = inspection.parts.filter((part) => !isIntact(part))
      expect(inspection.kind).toBe(kind)
      expect(bad.some(({ offset, length }) => offset <= at && at < offset + length)).toBe(true)
      expectCovered(inspection, bytes.length)
      file.writeSync(bytes.subarray(at, at + 1), at)
    }
  })

  test.each(kinds)('copes with every beginning of a %s', async (kind) => {
    const source = kind === 'log' ? running : closed
    const name = await nameOf(kind, source)
    const bytes = bytesOf(name, source)
    for (let length = 0; length < bytes.length; length += 1) {
      const inspection = await inspect(name, await withFile(name, bytes.subarray(0, length)))
      expect(inspection.kind).toBe(kind)
      expectCovered(inspection, length)
    }
  })

  test('covers a file exactly, whatever was written over it, cut off or put behind it', async () => {
    const edits = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ maxLength: 80 })),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    const cut = fc.double({ min: 0, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        edits,
        cut,
        fc.uint8Array(),
        async (kind, overwritten, kept, tail) => {
          const source = kind === 'log' ? running : closed
          const name = await nameOf(kind, source)
          const whole = bytesOf(name, source)
          for (const [place, bytes] of overwritten) {
            const at = Math.floor(place * whole.length)
            whole.set(bytes.subarray(0, whole.length - at), at)
          }
          const bytes = Uint8Array.of(...whole.subarray(0, Math.ceil(kept * whole.length)), ...tail)
          expectCovered(await inspect(name, await withFile(name, bytes)), bytes.length)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('finds the intact records and blocks behind a damage', async () => {
    for (const [kind, fs, count] of [
      ['log', running, 3],
      ['segment', closed, 2],
    ] as const) {
      const name = await nameOf(kind, fs)
      const { parts } = await inspect(name, fs)
      const hit = parts[2] as FilePart
      fs.openSync(`/store/${name}`, 'update').writeSync(new Uint8Array(24), hit.offset)
      const after = await inspect(name, fs)
      expect(after.parts[2]).toMatchObject({ offset: hit.offset, length: hit.length, kind: 'damaged' })
      expect(after.parts.filter(({ kind }) => kind === 'group' || kind.endsWith('block'))).toHaveLength(count)
    }
  })

  test('tells damage to what was synced from an end that may be torn', async () => {
    const name = await nameOf('log', running)
    const { parts } = await inspect(name, running)
    const file = running.openSync(`/store/${name}`, 'update')
    const [last, synced] = [...parts].reverse() as [FilePart, FilePart]
    file.writeSync(Uint8Array.of(0xff), synced.offset + 60)
    const damaged = (await inspect(name, running)).parts.filter(({ kind }) => kind === 'damaged')
    expect(damaged).toMatchObject([{ offset: synced.offset, details: { synced: true } }])
    file.writeSync(Uint8Array.of(0xff), last.offset + 60)
    // Now no record says any more that the one before was synced.
    const torn = (await inspect(name, running)).parts.filter(({ kind }) => kind === 'damaged')
    expect(torn).toMatchObject([{ offset: synced.offset, details: { synced: false } }])
  })

  test('knows from CURRENT how much of a manifest was synced', async () => {
    const name = await nameOf('manifest', running)
    const bytes = bytesOf(name, running)
    await running.unlink(`/store/${name}`)
    running.openSync(`/store/${name}`, 'create').writeSync(bytes.subarray(0, 40), 0)
    const { properties, parts } = await inspect(name, running)
    expect(parts.at(-1)).toEqual({
      offset: 40,
      length: 0,
      kind: 'damaged',
      details: {
        reason: `the file ends before ${properties.syncedBytes} bytes that were synced`,
        synced: true,
      },
    })
  })

  test('reads a log without its header by the number in its name and the store in CURRENT', async () => {
    const name = await nameOf('log', running)
    running.openSync(`/store/${name}`, 'update').writeSync(new Uint8Array(40), 0)
    const inspection = await inspect(name, running)
    expect(inspection.parts.map(({ kind }) => kind)).toEqual([
      'damaged',
      'link',
      'group',
      'group',
      'group',
      'group',
    ])
    const alone = await inspect(name, await withFile(name, bytesOf(name, running)))
    expect(alone.parts.map(({ kind }) => kind)).toEqual(['damaged', 'unknown'])
  })

  test('adds the edits of a manifest up to the first damage, and no further', async () => {
    const name = await nameOf('manifest', closed)
    const before = await inspect(name, closed)
    const edit = before.parts.find(({ details }) =>
      ((details.changes as string[] | undefined) ?? []).some((change) => change.startsWith('adds')),
    ) as FilePart
    closed.openSync(`/store/${name}`, 'update').writeSync(Uint8Array.of(0xff), edit.offset + 70)
    const { properties, parts } = await inspect(name, closed)
    expect(properties).toMatchObject({ intactBytes: edit.offset, segmentCount: 0 })
    expect(parts.filter(({ kind }) => kind === 'edit').length).toBeGreaterThan(2)
  })
})

test.each(['segment', 'log', 'manifest'] as const)(
  'inspectFile() shows a %s of a later format as unknown, with the number of the format',
  async (kind) => {
    const fs = kind === 'log' ? running : closed
    const name = await nameOf(kind, fs)
    const bytes = bytesOf(name, fs)
    const view = new DataView(bytes.buffer)
    const checksumAt = kind === 'segment' ? 24 : 32
    view.setUint32(8, 2, true)
    xxh64(bytes, 0, checksumAt, kind === 'segment' ? Number.parseInt(name, 10) : 0, 0)
    view.setUint32(checksumAt, hashResult.low, true)
    view.setUint32(checksumAt + 4, hashResult.high, true)
    const inspection = await inspect(name, await withFile(name, bytes))
    expect(inspection.properties.format).toBe(2)
    expect(inspection.parts.at(-1)?.kind).toBe('unknown')
    expect(inspection.parts.at(-1)?.details.reason).toContain('format 2')
    expectCovered(inspection, bytes.length)
  },
)

describe('inspectFile() refuses', () => {
  test('a file that is none of a store', async () => {
    const fs = await withFile('notes.txt', utf8.encode('varve is a word'))
    await expect(inspect('notes.txt', fs)).rejects.toThrow(InvalidArgumentError)
    await expect(inspect('notes.txt', fs)).rejects.toThrow('is no segment, log, manifest, CURRENT or CLOSED')
  })

  test('the files that have no format of their own', async () => {
    const fs = await withFile('LOCK', utf8.encode('{}'))
    await expect(inspect('LOCK', fs)).rejects.toThrow(InvalidArgumentError)
  })

  test('a missing file and a folder', async () => {
    await expect(inspect('000001.seg', new MemoryFileSystem())).rejects.toThrow(
      'there is no file /store/000001.seg',
    )
    await expect(inspectFile('/store', closed)).rejects.toThrow(InvalidArgumentError)
  })

  test('a file that the system does not give, with the cause', async () => {
    const fs = new MemoryFileSystem({
      onOperation: ({ name, path }) => {
        if (name === 'open' && path === '/store/CURRENT') throw createSystemError('EIO', 'open', path)
      },
    })
    await expect(inspect('CURRENT', fs)).rejects.toThrow(StorageError)
    await expect(inspect('CURRENT', fs)).rejects.toMatchObject({ cause: { code: 'EIO' } })
  })
})

test('inspectFile() changes nothing and takes no lock', async () => {
  const operations: FileOperation[] = []
  const fs = new MemoryFileSystem({ onOperation: (operation) => operations.push(operation) })
  const store = await LogStructuredStore.open('/store', { fileSystem: fs })
  await store.put('a', '1')
  await store.close()
  operations.length = 0
  for (const { name } of await fs.list('/store')) {
    if (name !== 'LOCK') await inspect(name, fs)
  }
  expect(operations.length).toBeGreaterThan(12)
  expect(new Set(operations.map(({ name }) => name))).toEqual(
    new Set(['list', 'open', 'size', 'read', 'close']),
  )
  expect(new Set(operations.map(({ mode }) => mode))).toEqual(new Set(['read', undefined]))
})
