import { describe, expect, test } from 'vitest'
import { replaceFile } from '../../test/damage/damages.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { InvalidArgumentError, LockedError, UnsupportedFormatError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { LogStructuredStore } from '../store/log-structured-store.ts'
import type { StoreOptions } from '../store/settings.ts'
import { type RepairOptions, repair } from './repair.ts'
import type { LostRange, RepairProgress } from './repair-report.ts'

const path = '/store'
const target = '/repaired'
const small: StoreOptions = {
  memoryBudgetBytes: 16 * 1024 * 1024,
  tuning: { arenaSizeBytes: 64 * 1024, blockSizeBytes: 512 },
}

function keyOf(index: number): string {
  return `k${String(index).padStart(4, '0')}`
}

/** 200 keys in one segment; then every tenth key deleted and every tenth written anew, in another. */
async function closedStore(fileSystem: MemoryFileSystem): Promise<void> {
  const store = await LogStructuredStore.open(path, {
    ...small,
    fileSystem,
    tuning: { ...small.tuning, level0RunCount: 9 },
  })
  for (let i = 0; i < 200; i++) await store.put(keyOf(i), `old ${i}`)
  await store.flush()
  for (let i = 0; i < 200; i += 10) await store.delete(keyOf(i))
  for (let i = 5; i < 200; i += 10) await store.put(keyOf(i), `new ${i}`)
  await store.close()
}

/** `file`: CURRENT, CLOSED, or which segment. */
async function damaged(
  file: string | number,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  await closedStore(fileSystem)
  const damagedPath = typeof file === 'string' ? `${path}/${file}` : await segmentPath(fileSystem, file)
  await replaceFile(fileSystem, damagedPath, change(await bytesOf(fileSystem, damagedPath)))
  return fileSystem
}

const older = 0
const newer = 1

async function segmentPath(fileSystem: MemoryFileSystem, which: number): Promise<string> {
  const names = (await fileSystem.list(path)).map(({ name }) => name).filter((name) => name.endsWith('.seg'))
  return `${path}/${names.sort()[which]}`
}

async function bytesOf(fileSystem: MemoryFileSystem, file: string): Promise<Uint8Array> {
  const opened = await fileSystem.open(file, 'read')
  const bytes = new Uint8Array(await opened.size())
  await opened.read(bytes, 0)
  await opened.close()
  return bytes
}

function flipped(offset: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const changed = Uint8Array.from(bytes)
    changed[offset] = (changed[offset] as number) ^ 1
    return changed
  }
}

async function contentOf(fileSystem: MemoryFileSystem): Promise<Map<string, string>> {
  const store = await LogStructuredStore.open(target, { ...small, fileSystem })
  const content = new Map(await store.entries().nextMany(1000))
  await store.close()
  return content
}

describe('a damaged block', () => {
  test('costs its keys and no others, and the report says which', async () => {
    const fileSystem = await damaged(older, flipped(1200))
    const report = await repair(path, { ...small, fileSystem, target })
    expect(report).toMatchObject({
      ok: false,
      target,
      lost: [{ path: await segmentPath(fileSystem, older) }],
    })
    const { keys, offset, length } = report.lost[0] as LostRange
    expect(offset).toBeLessThanOrEqual(1200)
    expect(offset + length).toBeGreaterThan(1200)
    expect(length).toBeLessThanOrEqual(512)
    const [first, end] = [Buffer.from(keys.gt ?? []).toString(), Buffer.from(keys.lt ?? []).toString()]
    const content = await contentOf(fileSystem)
    for (let i = 0; i < 200; i++) {
      const key = keyOf(i)
      const isLost = key > first && key < end && i % 10 !== 5
      expect(content.get(key)).toBe(
        isLost || i % 10 === 0 ? undefined : i % 10 === 5 ? `new ${i}` : `old ${i}`,
      )
    }
    expect(content.size).toBe(report.entryCount)
  })

  test('of the newer segment brings back what it had deleted, and the report says so', async () => {
    const fileSystem = await damaged(newer, flipped(40))
    const report = await repair(path, { ...small, fileSystem, target })
    const { keys } = report.lost[0] as LostRange
    const content = await contentOf(fileSystem)
    const doubtful = [...content.keys()].filter(
      (key) =>
        (keys.gte === undefined || key >= Buffer.from(keys.gte).toString()) &&
        (keys.lt === undefined || key < Buffer.from(keys.lt).toString()),
    )
    expect(content.get(keyOf(0))).toBe('old 0')
    expect(doubtful).toContain(keyOf(0))
    expect(report.doubtfulCount).toBe(doubtful.length)
    expect(content.get(keyOf(195))).toBe('new 195')
  })
})

test('a key whose newest version was in a lost block, and whose older ones are in the next, is reported', async () => {
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open(path, { ...small, fileSystem })
  const snapshots = []
  for (let i = 0; i < 20; i++) {
    await store.put('k', `${i}`.padEnd(100, 'x'))
    snapshots.push(store.snapshot())
  }
  await store.flush()
  for (const snapshot of snapshots) snapshot.close()
  const killed = fileSystem.killed()
  await store.close()
  const segment = await segmentPath(killed, 0)
  await replaceFile(killed, segment, flipped(100)(await bytesOf(killed, segment)))
  const report = await repair(path, { ...small, fileSystem: killed, target })
  expect(report).toMatchObject({ ok: false, entryCount: 1, doubtfulCount: 1 })
  expect(Buffer.from(report.lost[0]?.keys.lte ?? []).toString()).toBe('k')
  expect((await contentOf(killed)).get('k')).not.toContain('19')
})

test('a missing segment is reported with the keys that the manifest says it had', async () => {
  const fileSystem = await damaged(newer, () => undefined)
  const { lost, ok } = await repair(path, { ...small, fileSystem, target })
  expect(ok).toBe(false)
  expect(lost).toMatchObject([
    {
      offset: 0,
      length: 0,
      keys: { gte: new TextEncoder().encode('k0000'), lte: new TextEncoder().encode('k0195') },
    },
  ])
})

test.each(['CURRENT', 'CLOSED'])('without %s nothing is lost', async (name) => {
  const fileSystem = await damaged(name, () => undefined)
  const report = await repair(path, { ...small, fileSystem, target })
  expect(report).toMatchObject({ ok: true, lost: [], entryCount: 180, doubtfulCount: 0 })
})

test('segments that were merged away stay away, where a manifest says so', async () => {
  const fileSystem = new MemoryFileSystem()
  await closedStore(fileSystem)
  const merged = await segmentPath(fileSystem, older)
  const old = await bytesOf(fileSystem, merged)
  const store = await LogStructuredStore.open(path, { ...small, fileSystem })
  await store.compact()
  await store.close()
  const file = await fileSystem.open(merged, 'create')
  await file.write(old, 0)
  await file.close()
  const manifest = (await fileSystem.list(path)).find(({ name }) => name.startsWith('MANIFEST'))?.name
  const bytes = await bytesOf(fileSystem, `/store/${manifest}`)
  // The first edit is damaged; a later one, which names what was merged, is whole.
  await replaceFile(fileSystem, `/store/${manifest}`, flipped(100)(bytes))
  const report = await repair(path, { ...small, fileSystem, target })
  expect(report).toMatchObject({ ok: false, entryCount: 180, unusedFiles: [merged] })
})

test('a log with a bad record gives all others, and everything is in doubt', async () => {
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open(path, { ...small, fileSystem })
  for (let i = 0; i < 10; i++) await store.put(keyOf(i), 'x'.repeat(100), { durability: 'disk' })
  const killed = fileSystem.killed()
  await store.close()
  const bytes = await bytesOf(killed, '/store/000002.log')
  await replaceFile(killed, '/store/000002.log', flipped(900)(bytes))
  const report = await repair(path, { ...small, fileSystem: killed, target })
  expect(report).toMatchObject({ ok: false, entryCount: 9, lost: [{ path: '/store/000002.log', keys: {} }] })
  // The lost write is one in the middle: those behind it are surely the newest of their keys.
  expect(report.doubtfulCount).toBe(
    report.lost[0]?.newestSequence === undefined ? 9 : report.lost[0].newestSequence - 1,
  )
  expect(report.doubtfulCount).toBeLessThan(9)
})

describe('is refused', () => {
  test.each<[string, Partial<RepairOptions>]>([
    ['there is no store', {}],
    ['target must be the path of a folder', { target: '' }],
    ['target must lie outside', { target: path }],
    ['target must lie outside', { target: `${path}/inside` }],
    ['is not empty', { target: '/full' }],
    ['has no option "tagret"', { tagret: 'x' } as Partial<RepairOptions>],
  ])('%s', async (message, options) => {
    const fileSystem = new MemoryFileSystem()
    if (message !== 'there is no store') await closedStore(fileSystem)
    await fileSystem.makeDirectory('/full')
    await (await fileSystem.open('/full/letter', 'create')).close()
    const refused = repair(path, { ...small, fileSystem, target, ...options })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toBeInstanceOf(InvalidArgumentError)
  })

  test('while the store is open', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await LogStructuredStore.open(path, { ...small, fileSystem })
    await store.put('a', 'b')
    await expect(repair(path, { ...small, fileSystem, target })).rejects.toBeInstanceOf(LockedError)
    await store.close()
    expect(await repair(path, { ...small, fileSystem, target })).toMatchObject({ ok: true, entryCount: 1 })
  })

  test('for files of a later release', async () => {
    const fileSystem = await damaged('CURRENT', () => undefined)
    const { hashResult, xxh64 } = await import('../bytes/xxh64.ts')
    const bytes = Uint8Array.from(await bytesOf(fileSystem, '/store/MANIFEST-000001'))
    bytes[8] = 2
    xxh64(bytes, 0, 32, 0, 0)
    new DataView(bytes.buffer).setUint32(32, hashResult.low, true)
    new DataView(bytes.buffer).setUint32(36, hashResult.high, true)
    await replaceFile(fileSystem, '/store/MANIFEST-000001', bytes)
    const refused = repair(path, { ...small, fileSystem, target })
    await expect(refused).rejects.toBeInstanceOf(UnsupportedFormatError)
  })
})

test('tells how far it is, and leaves nothing when it is aborted', async () => {
  const fileSystem = await damaged(older, flipped(1200))
  const told: RepairProgress[] = []
  await repair(path, { ...small, fileSystem, target, onProgress: (progress) => told.push(progress) })
  expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['reading', 'writing']))
  for (const { doneBytes, totalBytes } of told) expect(doneBytes).toBeLessThanOrEqual(totalBytes)
  const controller = new AbortController()
  const aborted = repair(path, {
    ...small,
    fileSystem,
    target: '/aborted',
    signal: controller.signal,
    onProgress: ({ phase }) => phase === 'writing' && controller.abort(),
  })
  await expect(aborted).rejects.toThrow('abort')
  expect(await fileSystem.list('/aborted')).toEqual([])
  await repair(path, { ...small, fileSystem, target: '/aborted' })
})

test('repairs a store on a real disk, with large entries, in the worker', async () => {
  const folder = temporaryFolder()
  const store = await LogStructuredStore.open(`${folder}/damaged`, { memoryBudgetBytes: 16 * 1024 * 1024 })
  const textOf = (i: number): string => `${i} `.repeat(i % 200 === 0 ? 50_000 : 20)
  for (let i = 0; i < 1000; i++) await store.put(keyOf(i), textOf(i))
  await store.close()
  const { nodeFileSystem } = await import('../fs/node-file-system.ts')
  await nodeFileSystem.unlink(`${folder}/damaged/CURRENT`)
  const report = await repair(`${folder}/damaged`, { target: `${folder}/repaired` })
  expect(report).toMatchObject({ ok: true, entryCount: 1000 })
  const repaired = await LogStructuredStore.open(`${folder}/repaired`)
  for (let i = 0; i < 1000; i++) expect(repaired.getSync(keyOf(i))).toBe(textOf(i))
  await repaired.close()
})
