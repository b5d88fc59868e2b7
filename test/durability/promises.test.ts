/**
 * The sentences of docs/durability.md, each as one plain example. What shows that they hold everywhere and always
 * are the random tests: test/crash, test/model, test/damage.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hexOf64 } from '../../src/bytes/hex-of-64.ts'
import { hashResult, xxh64 } from '../../src/bytes/xxh64.ts'
import {
  ClosedError,
  CorruptionError,
  DiskFullError,
  LockedError,
  StorageError,
  UnsupportedFormatError,
} from '../../src/errors.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { createSystemError } from '../../src/fs/system-error.ts'
import type { Durability } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { StillTime } from '../support/still-time.ts'

const path = '/store'
const profiles = ['ordered', 'posix'] as const
/** What the disk may hold after power loss: so many of all the possibilities. */
const crashSeeds = Array.from({ length: 40 }, (_, seed) => seed + 1)

function open(fileSystem: MemoryFileSystem): Promise<LogStructuredStore> {
  return LogStructuredStore.open(path, { fileSystem })
}

/** Keys and values of the store that the next life finds. */
async function contentAfter(fileSystem: MemoryFileSystem): Promise<Record<string, string>> {
  const store = await open(fileSystem)
  const content = Object.fromEntries(await store.entries().nextMany(10_000))
  await store.close()
  return content
}

function* powerLosses(fs: MemoryFileSystem): Generator<MemoryFileSystem> {
  for (const profile of profiles) for (const seed of crashSeeds) yield fs.crashed({ seed, profile })
}

/** A file system that can be told to fail. */
class TroubledDisk {
  readonly fileSystem: MemoryFileSystem
  failing: 'sync' | 'write' | undefined

  constructor() {
    this.fileSystem = new MemoryFileSystem({
      onOperation: (operation) => {
        if (operation.name === this.failing) throw createSystemError('EIO', operation.name, operation.path)
      },
    })
  }
}

async function fileNames(fs: MemoryFileSystem, part: string): Promise<string[]> {
  const names = (await fs.list(path)).map(({ name }) => name)
  return names.filter((name) => name.includes(part)).sort()
}

/** Changes one byte. */
function damage(fs: MemoryFileSystem, name: string, at: number): void {
  const file = fs.openSync(`${path}/${name}`, 'update')
  const byte = new Uint8Array(1)
  file.readSync(byte, at)
  file.writeSync(Uint8Array.of((byte[0] as number) ^ 1), at)
  file.closeSync()
}

describe('durable', () => {
  test('a `disk` write and everything acknowledged before it survive power loss', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1', { durability: 'memory' })
    await store.put('b', '2', { durability: 'os' })
    await store.put('c', '3', { durability: 'disk' })
    for (const disk of powerLosses(fs)) expect(await contentAfter(disk)).toEqual({ a: '1', b: '2', c: '3' })
    await store.close()
  })

  test('an `os` write survives the end of the process', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    expect(await contentAfter(fs.killed())).toEqual({ a: '1' })
    await store.close()
  })

  test('an `os` write survives kill -9 of a real process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-killed-'))
    const store = join(folder, 'store')
    const library = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href
    const program = `
      import { open } from '${library}'
      const store = await open(${JSON.stringify(store)})
      for (let i = 0; i < 1000; i += 1) await store.put(String(i), 'x'.repeat(100))
      process.kill(process.pid, 'SIGKILL')`
    try {
      spawnSync(process.execPath, ['--input-type=module', '-e', program])
      const reopened = await LogStructuredStore.open(store, { createIfMissing: false, maintenance: 'inline' })
      expect(await reopened.keys().nextMany(2000)).toHaveLength(1000)
      await reopened.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('after power loss, what is left of `os` writes is the first so many of them', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    for (let i = 0; i < 20; i += 1) await store.put(String(i).padStart(2, '0'), `${i}`)
    const lengths = new Set<number>()
    for (const disk of powerLosses(fs)) {
      const keys = Object.keys(await contentAfter(disk)).sort()
      expect(keys).toEqual(Array.from(keys, (_, i) => String(i).padStart(2, '0')))
      lengths.add(keys.length)
    }
    expect(lengths.size).toBeGreaterThan(3)
    await store.close()
  })

  test('power loss takes nothing that a completed background sync began after', async () => {
    const fs = new MemoryFileSystem()
    const time = new StillTime()
    const store = await LogStructuredStore.open(path, { fileSystem: fs, clock: time, scheduler: time })
    await store.put('a', '1')
    await store.put('b', '2', { durability: 'memory' })
    expect(store.status().sync.syncedSequence).toBe(0)
    time.pass(1000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.status().sync).toMatchObject({ syncedSequence: 2, ageMs: 0 })
    for (const disk of powerLosses(fs)) expect(await contentAfter(disk)).toEqual({ a: '1', b: '2' })
    await store.close()
  })

  test('blocking calls promise the same when they return', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    store.putSync('a', '1')
    expect(await contentAfter(fs.killed())).toEqual({ a: '1' })
    store.batchSync([{ type: 'put', key: 'b', value: '2' }], { durability: 'disk' })
    for (const disk of powerLosses(fs)) expect(await contentAfter(disk)).toEqual({ a: '1', b: '2' })
    await store.close()
  })

  test('a `memory` write goes to the log with the next one that does', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1', { durability: 'memory' })
    expect(await contentAfter(fs.killed())).toEqual({})
    await store.put('b', '2')
    expect(await contentAfter(fs.killed())).toEqual({ a: '1', b: '2' })
    await store.close()
  })

  test.each<Durability>(['memory', 'os', 'disk'])(
    'a clean close makes every write durable: `%s`',
    async (durability) => {
      const fs = new MemoryFileSystem()
      const store = await open(fs)
      await store.put('a', '1', { durability })
      await store.close()
      for (const disk of powerLosses(fs)) expect(await contentAfter(disk)).toEqual({ a: '1' })
    },
  )
})

describe('recovered', () => {
  test('what is found after a crash is on stable storage when the recovery has ended, which flush() and writes wait for', async () => {
    const first = new MemoryFileSystem()
    const killed = await open(first)
    await killed.put('a', '1')
    for (const wait of [
      (store: LogStructuredStore) => store.flush(),
      (store: LogStructuredStore) => store.put('b', '2', { durability: 'disk' }),
    ]) {
      const fs = first.killed()
      const store = await open(fs)
      expect(store.status().recovering).toBe(true)
      expect(await store.get('a')).toBe('1')
      const lost = []
      for (const disk of powerLosses(fs)) lost.push((await contentAfter(disk)).a === undefined)
      expect(lost).toContain(true)
      await wait(store)
      expect(store.status().recovering).toBe(false)
      for (const disk of powerLosses(fs)) expect((await contentAfter(disk)).a).toBe('1')
      await store.close()
    }
    await killed.close()
  })
})

describe('atomic', () => {
  test('a batch is there whole or not at all, whatever the crash', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', 'old', { durability: 'disk' })
    await store.batch([
      { type: 'put', key: 'a', value: 'new' },
      { type: 'put', key: 'b', value: 'x'.repeat(2000) },
      { type: 'put', key: 'c', value: 'new' },
    ])
    const outcomes = new Set<string>()
    for (const disk of powerLosses(fs)) outcomes.add(Object.keys(await contentAfter(disk)).join())
    expect(outcomes).toEqual(new Set(['a', 'a,b,c']))
    await store.close()
  })
})

describe('honest about damage', () => {
  test('a read that meets damage throws with file and offset, and other reads succeed', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', 'x'.repeat(5000))
    await store.put('z', 'y'.repeat(5000))
    await store.close()
    const [segment = ''] = await fileNames(fs, '.seg')
    damage(fs, segment, 1000)
    const reopened = await open(fs)
    const error = await reopened.get('a').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CorruptionError)
    expect(error).toMatchObject({ path: `${path}/${segment}`, offset: 32 })
    expect(await reopened.get('z')).toBe('y'.repeat(5000))
    const { ok, problems } = await reopened.check()
    expect(ok).toBe(false)
    expect(problems).toMatchObject([{ path: `${path}/${segment}`, offset: 32 }])
    await reopened.close()
  })

  test('after a clean close, a file that is missing or shorter keeps the store from opening', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    await store.close()
    for (const part of ['.seg', 'MANIFEST', 'CURRENT']) {
      const [name = ''] = await fileNames(fs, part)
      const missing = fs.killed()
      await missing.unlink(`${path}/${name}`)
      await expect(open(missing)).rejects.toThrow(CorruptionError)
      const shorter = fs.killed()
      const file = shorter.openSync(`${path}/${name}`, 'read')
      const bytes = new Uint8Array(file.sizeSync() - 8)
      file.readSync(bytes, 0)
      file.closeSync()
      await shorter.unlink(`${path}/${name}`)
      shorter.openSync(`${path}/${name}`, 'create').writeSync(bytes, 0)
      await expect(open(shorter)).rejects.toThrow(CorruptionError)
    }
  })

  test('after an unclean stop, damage to what was proven to be synced keeps the store from opening', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1', { durability: 'disk' })
    await store.put('b', '2')
    const killed = fs.killed()
    const [log = ''] = await fileNames(killed, '.log')
    // Inside the first group; the second says that the first was synced.
    damage(killed, log, 40 + 80 + 60)
    await expect(open(killed)).rejects.toThrow(CorruptionError)
    await store.close()
  })
})

describe('honest about errors', () => {
  test('after a failed sync, writes are refused with the first cause, reads go on, and reopening helps', async () => {
    const disk = new TroubledDisk()
    const store = await open(disk.fileSystem)
    await store.put('a', '1', { durability: 'disk' })
    disk.failing = 'sync'
    const error = await store.put('b', '2', { durability: 'disk' }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ cause: { code: 'EIO', syscall: 'sync' } })
    disk.failing = undefined
    await expect(store.put('c', '3')).rejects.toBe(error)
    expect(await store.get('a')).toBe('1')
    expect(store.status().state).toBe('failed')
    await store.close()
    const content = await contentAfter(disk.fileSystem)
    expect(content.a).toBe('1')
    expect(content.c).toBeUndefined()
  })

  test('a write that is rejected is not visible', async () => {
    const disk = new TroubledDisk()
    const store = await open(disk.fileSystem)
    await store.put('a', '1')
    disk.failing = 'write'
    await expect(store.put('a', '2')).rejects.toThrow(StorageError)
    expect(await store.get('a')).toBe('1')
    disk.failing = undefined
    await store.close()
  })

  test('a full disk rejects writes, loses nothing, and writing resumes in the same process', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    const resumed = new Promise((resolve) => store.on('resumed', resolve))
    fs.capacityBytes = fs.usedBytes + 10
    await expect(store.put('b', 'x'.repeat(1000))).rejects.toThrow(DiskFullError)
    expect(store.status().state).toBe('full')
    expect(await store.get('a')).toBe('1')
    fs.capacityBytes = Number.POSITIVE_INFINITY
    // The refused write is what starts the attempt to resume.
    await expect(store.put('c', '3')).rejects.toThrow(DiskFullError)
    await resumed
    await store.put('d', '4')
    await store.close()
    expect(await contentAfter(fs)).toEqual({ a: '1', d: '4' })
  })

  test('nothing is left open: what waits when the store is closed is told', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    const written = store.put('a', '1')
    await store.close()
    await written
    await expect(store.put('b', '2')).rejects.toThrow(ClosedError)
    await expect(store.get('a')).rejects.toThrow(ClosedError)
  })
})

describe('one owner', () => {
  test('a store that is open cannot be opened a second time', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await expect(open(fs)).rejects.toThrow(LockedError)
    await store.close()
    await (await open(fs)).close()
  })
})

describe('nothing made up', () => {
  test('a store is never made anew over the rest of another', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    await store.close()
    await fs.unlink(`${path}/CURRENT`)
    await expect(open(fs)).rejects.toThrow(CorruptionError)
  })

  test('a format of a later release is refused by its number', async () => {
    const fs = new MemoryFileSystem()
    await (await open(fs)).close()
    const body = new TextEncoder().encode('varve current 2\n')
    xxh64(body, 0, body.length, 0, 0)
    const checksum = `xxh64 ${hexOf64(hashResult.high, hashResult.low)}\n`
    await fs.unlink(`${path}/CURRENT`)
    const file = fs.openSync(`${path}/CURRENT`, 'create')
    file.writeSync(body, 0)
    file.writeSync(new TextEncoder().encode(checksum), body.length)
    await expect(open(fs)).rejects.toThrow(UnsupportedFormatError)
  })
})
