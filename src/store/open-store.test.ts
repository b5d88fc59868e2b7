import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import {
  bytesIn,
  closedStore,
  contentOf,
  FailingDisk,
  killedContent,
  killedStore,
  namesIn,
  open,
  path,
  place,
  replace,
  turns,
} from '../../test/support/opened-stores.ts'
import { StillTime } from '../../test/support/still-time.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { CorruptionError, InvalidArgumentError, LockedError, StorageError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { withoutRoom } from '../log/log-room.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { LogStructuredStore } from './log-structured-store.ts'
import type { Logger } from './store-events.ts'

/** Notes what a logger is told, with the fields. */
class NotingLogger implements Logger {
  readonly told: [fields: object, message: string][] = []

  debug(fields: object, message: string): void {
    this.told.push([fields, message])
  }

  info(fields: object, message: string): void {
    this.told.push([fields, message])
  }

  warn(fields: object, message: string): void {
    this.told.push([fields, message])
  }

  error(fields: object, message: string): void {
    this.told.push([fields, message])
  }

  fieldsOf(message: string): object | undefined {
    return this.told.find(([, each]) => each === message)?.[0]
  }
}

/** A clock of which each look takes a second. */
class SlowClock extends StillTime {
  override monotonicMs(): number {
    this.pass(1000)
    return super.monotonicMs()
  }
}

/** Where its last record ends: there may be room behind it. */
function endOfLog(bytes: Uint8Array): number {
  const log = { number: 0, path, bytes, isNamed: true, provenLength: undefined }
  return withoutRoom(log).bytes.length
}

/** A store that was killed with an entry in its log, and its first log cut to nothing. */
async function folderWithEmptyLog(): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open('/store', { fileSystem })
  await store.put('a', '1', { durability: 'disk' })
  const killed = fileSystem.killed()
  await store.close()
  const names = (await killed.list('/store')).map(({ name }) => name).filter((name) => name.endsWith('.log'))
  const path = `/store/${names.sort()[0]}`
  await killed.unlink(path)
  await (await killed.open(path, 'create')).close()
  return killed
}

describe('opening', () => {
  it('that fails gives back all the memory that it took', async () => {
    const fileSystem = await folderWithEmptyLog()
    const before = memoryPool.takenBytes
    for (let i = 0; i < 3; i++) {
      await expect(LogStructuredStore.open('/store', { fileSystem })).rejects.toThrow(CorruptionError)
    }
    expect(memoryPool.takenBytes).toBe(before)
  })

  it('and closing a store gives back all its memory', async () => {
    const before = memoryPool.takenBytes
    const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    await store.put('a', '1')
    expect(memoryPool.takenBytes).toBeGreaterThan(before)
    await store.close()
    expect(memoryPool.takenBytes).toBe(before)
  })
})

describe('opening a folder that is no store yet', () => {
  it('makes one with the identity that it was given, above the numbers of leftovers, and removes these', async () => {
    const fs = new MemoryFileSystem()
    await fs.makeDirectory(path)
    place(fs, 'MANIFEST-000007', new Uint8Array(10))
    const numbers = [17, 34]
    const store = await open(fs, { random: () => numbers.shift() as number })
    await turns()
    expect(await namesIn(fs, 'MANIFEST')).toEqual(['MANIFEST-000008'])
    expect(await readCurrent(fs, path)).toMatchObject({ storeId: { high: 17, low: 34 }, manifestNumber: 8 })
    expect(store.status().sequenceNumber).toBe(0)
    await store.close()
  })

  it('proves its close though nothing was written, and gives out the first sequence number later', async () => {
    const fs = new MemoryFileSystem()
    await (await open(fs)).close()
    const before = await namesIn(fs)
    expect(before).toContain('CLOSED')
    const store = await open(fs)
    await turns()
    expect(await namesIn(fs)).toEqual(before)
    expect(store.status().sequenceNumber).toBe(0)
    await store.put('a', '1')
    expect(store.status().sequenceNumber).toBe(1)
    await store.close()
  })

  it('is refused where a store was expected, and leaves nothing', async () => {
    const fs = new MemoryFileSystem()
    await expect(open(fs, { createIfMissing: false })).rejects.toThrow(InvalidArgumentError)
    await fs.makeDirectory(path)
    await expect(open(fs, { createIfMissing: false })).rejects.toThrow(/does not exist/)
    expect(await namesIn(fs)).toEqual([])
  })

  it('is refused where the store went away while its lock was taken', async () => {
    class Vanishing extends MemoryFileSystem {
      override async lock(folder: string): ReturnType<MemoryFileSystem['lock']> {
        for (const name of await namesIn(this)) this.unlinkSync(`${path}/${name}`)
        return super.lock(folder)
      }
    }
    const fs = new Vanishing()
    await fs.makeDirectory(path)
    place(fs, 'CURRENT', new Uint8Array(0))
    await expect(open(fs, { createIfMissing: false })).rejects.toThrow(/does not exist/)
    expect(await namesIn(fs, 'MANIFEST')).toEqual([])
  })

  it('is refused when files of a store are there without CURRENT, whichever they are', async () => {
    for (const lost of ['000002.log', '000003.seg', 'CLOSED']) {
      const fs = new MemoryFileSystem()
      await fs.makeDirectory(path)
      place(fs, lost, new Uint8Array(0))
      const error = await open(fs).catch((told: unknown) => told)
      expect(error).toBeInstanceOf(CorruptionError)
      expect(error).toMatchObject({ path: `${path}/CURRENT`, offset: 0 })
      expect(String(error)).toContain(lost)
      expect(await namesIn(fs)).toEqual([lost])
    }
  })
})

describe('opening a store that is there', () => {
  it('is refused with errorIfExists, and not without', async () => {
    const fs = await closedStore()
    await expect(open(fs, { errorIfExists: true })).rejects.toThrow(/exists already/)
    await expect(open(fs, { errorIfExists: true })).rejects.toBeInstanceOf(InvalidArgumentError)
    const store = await open(fs)
    expect(await contentOf(store)).toEqual({ a: '1' })
    await store.close()
  })

  it('takes a file that nothing names for removed when it is gone right after it was listed', async () => {
    const fs = await closedStore()
    const list = fs.list.bind(fs)
    fs.list = async (folder) => [...(await list(folder)), { name: '000900.seg', kind: 'file' }]
    const logger = new NotingLogger()
    const store = await open(fs, { logger })
    expect(store.status().disk.obsoleteBytes).toBe(0)
    await turns()
    expect(logger.told.map(([, message]) => message)).toEqual(['open'])
    expect(await contentOf(store)).toEqual({ a: '1' })
    await store.close()
  })

  it('is refused while it is open, takes no memory then, and leaves the other alone', async () => {
    const fs = await closedStore()
    const store = await open(fs)
    const before = memoryPool.takenBytes
    await expect(open(fs)).rejects.toBeInstanceOf(LockedError)
    expect(memoryPool.takenBytes).toBe(before)
    await store.put('b', '2')
    expect(await contentOf(store)).toEqual({ a: '1', b: '2' })
    await store.close()
  })

  it('tells of a lock that could not be taken for want of rights', async () => {
    class Forbidding extends MemoryFileSystem {
      override lock(): ReturnType<MemoryFileSystem['lock']> {
        return Promise.reject(Object.assign(new Error('not yours'), { code: 'EACCES' }))
      }
    }
    const before = memoryPool.takenBytes
    const error = await open(new Forbidding()).catch((told: unknown) => told)
    expect(error).toBeInstanceOf(StorageError)
    expect(String(error)).toMatch(/cannot open the store \/store: permission is denied/)
    expect(memoryPool.takenBytes).toBe(before)
  })

  it('frees the lock when it fails, and tells what the system said', async () => {
    const fs = await killedStore()
    let isFailing = true
    const failing = new FailingDisk(fs, ({ name, path: file }) =>
      isFailing && name === 'open' && file.endsWith('.seg') ? 'EIO' : undefined,
    )
    const error = await failing.open().catch((told: unknown) => told)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ cause: { code: 'EIO' } })
    isFailing = false
    const store = await failing.open()
    expect(await contentOf(store)).toEqual(killedContent)
    await store.close()
  })

  it('says how long it took and what it found in logs', async () => {
    const fs = await killedStore()
    const logBytes = (await namesIn(fs, '.log'))
      .map((name) => endOfLog(bytesIn(fs, name)))
      .reduce((sum, each) => sum + each, 0)
    const logger = new NotingLogger()
    const time = new SlowClock()
    const store = await open(fs, { logger, clock: time, scheduler: time })
    expect(logger.fieldsOf('open')).toMatchObject({
      path,
      recoveredEntryCount: 2,
      recoveredLogBytes: logBytes,
    })
    const { durationMs } = logger.fieldsOf('open') as { durationMs: number }
    expect(durationMs).toBeGreaterThan(0)
    expect(durationMs).toBeLessThan(time.monotonicMs())
    await store.close()
    const second = new NotingLogger()
    await (await open(fs, { logger: second })).close()
    expect(second.fieldsOf('open')).toMatchObject({ recoveredEntryCount: 0, recoveredLogBytes: 0 })
    expect(second.told.map(([, message]) => message)).toEqual(['open', 'close'])
  })

  it('says where a log ended short of its last byte', async () => {
    const fs = await killedStore()
    const [name = ''] = await namesIn(fs, '.log')
    const bytes = bytesIn(fs, name)
    replace(fs, name, bytes.subarray(0, endOfLog(bytes) - 8))
    const logger = new NotingLogger()
    const store = await open(fs, { logger })
    const messages = JSON.stringify(logger.told)
    expect(messages).toMatch(new RegExp(`${path}/${name} ended at byte \\d+ .*ends inside a record`))
    expect(await contentOf(store)).toEqual({ a: '1', b: '3' })
    await store.close()
  })
})

test.each([
  ['a new store', async () => new MemoryFileSystem()],
  ['a closed store', closedStore],
  ['a killed store', killedStore],
  ['a killed store with a long log', () => longKilledStore('log')],
  ['a killed store with a long manifest', () => longKilledStore('manifest')],
])('opening and closing %s leaves no handle open', async (_name, make) => {
  const fs = new CountingDisk(await make())
  await (await open(fs.disk)).close()
  expect(fs.openCount).toBe(0)
  expect(fs.openedCount).toBeGreaterThan(2)
})

test('upkeep runs in the worker where it can, and in this thread when that is wanted', async () => {
  const folder = temporaryFolder()
  for (const maintenance of ['worker', 'inline'] as const) {
    const store = await LogStructuredStore.open(`${folder}/${maintenance}`, { maintenance })
    expect(store.status().maintenance).toBe(maintenance)
    await store.close()
  }
  const store = await open(new MemoryFileSystem(), { maintenance: 'worker' })
  expect(store.status().maintenance).toBe('inline')
  await store.close()
})

test.each([
  ['a little', 'no thread', 1_000, 0],
  ['much', 'the thread', 1_000_000, 1],
])('logs with %s in them start %s while they are read', async (_much, _threads, sizeBytes, threadCount) => {
  const folder = await killedOnDisk(sizeBytes)
  const threads = noteThreads()
  const next = await LogStructuredStore.open(folder)
  expect(threads).toHaveLength(threadCount)
  await next.flush()
  expect(threads).toHaveLength(threadCount)
  expect(next.getSync('a')).toHaveLength(sizeBytes)
  await next.close()
})

test('opening that fails ends the thread that it started', async () => {
  const folder = await killedOnDisk(1_000_000, (name, bytes) => {
    // What the log holds is damaged where it was synced.
    if (name.endsWith('.log') && bytes.length > 1_000) bytes.fill(7, 500, 600)
  })
  const threads = noteThreads()
  await expect(LogStructuredStore.open(folder)).rejects.toBeInstanceOf(CorruptionError)
  // That is the number of a thread that has ended.
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1])
})

/** The folder, on the real disk, of a killed store with so much in its log; `damage` may change the files. */
async function killedOnDisk(
  sizeBytes: number,
  damage: (name: string, bytes: Uint8Array) => void = () => undefined,
): Promise<string> {
  const folder = temporaryFolder()
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  await store.put('a', 'x'.repeat(sizeBytes), { durability: 'disk' })
  await store.put('b', 'x', { durability: 'disk' })
  for (const name of await namesIn(fs)) {
    const bytes = bytesIn(fs, name)
    damage(name, bytes)
    writeFileSync(join(folder, name), bytes)
  }
  await store.close()
  return folder
}

/** The worker threads that this process starts until the running test is over; Node tells of each. */
function noteThreads(): Worker[] {
  const threads: Worker[] = []
  const note = (thread: Worker): void => {
    threads.push(thread)
  }
  process.on('worker', note)
  onTestFinished(() => {
    process.off('worker', note)
  })
  return threads
}

/** A killed store of which a file is too long to be read in one go. */
async function longKilledStore(file: 'log' | 'manifest'): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  for (let i = 0; i < 5; i++) {
    await store.put(`${i}${'k'.repeat(60_000)}`, 'x'.repeat(60_000))
    // A manifest names the first and the last key of each segment.
    if (file === 'manifest') await store.flush()
  }
  const killed = fs.killed()
  await store.close()
  const sizes = (await namesIn(killed, file === 'log' ? '.log' : 'MANIFEST')).map(
    (name) => bytesIn(killed, name).length,
  )
  expect(Math.max(...sizes)).toBeGreaterThan(400_000)
  return killed
}

/** A copy of a disk that counts the handles of its files. */
class CountingDisk {
  readonly disk: MemoryFileSystem
  openedCount = 0
  openCount = 0

  constructor(of: MemoryFileSystem) {
    this.disk = of.killed({
      onOperation: ({ name }) => {
        if (name === 'close') this.openCount--
      },
    })
    const openSync = this.disk.openSync.bind(this.disk)
    // Opening without blocking goes this way, too.
    this.disk.openSync = (...args) => {
      const file = openSync(...args)
      this.openCount++
      this.openedCount++
      return file
    }
  }
}
