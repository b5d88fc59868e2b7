import { describe, expect, it } from 'vitest'
import { LogFile } from '../../test/support/log-files.ts'
import { StillTime } from '../../test/support/still-time.ts'
import { CorruptionError, InvalidArgumentError, LockedError, StorageError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { createSystemError } from '../fs/system-error.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { readCloseProof, writeCloseProof } from '../manifest/close-proof.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { LogStructuredStore } from './log-structured-store.ts'
import type { StoreOptions } from './settings.ts'
import type { Logger } from './store-events.ts'

const path = '/store'

function open(
  fileSystem: MemoryFileSystem,
  options: StoreOptions<string, string> = {},
): Promise<LogStructuredStore> {
  return LogStructuredStore.open(path, { fileSystem, maintenance: 'inline', ...options })
}

async function contentOf(store: LogStructuredStore): Promise<Record<string, string>> {
  return Object.fromEntries(await store.entries().nextMany(1000))
}

/** The names of the files, or of those that contain `part`. */
async function namesIn(fs: MemoryFileSystem, part = ''): Promise<string[]> {
  const names = (await fs.list(path)).map(({ name }) => name)
  return names.filter((name) => name.includes(part)).sort()
}

function bytesIn(fs: MemoryFileSystem, name: string): Uint8Array {
  const file = fs.openSync(`${path}/${name}`, 'read')
  const bytes = new Uint8Array(file.sizeSync())
  file.readSync(bytes, 0)
  file.closeSync()
  return bytes
}

function place(fs: MemoryFileSystem, name: string, bytes: Uint8Array): void {
  const file = fs.openSync(`${path}/${name}`, 'create')
  file.writeSync(bytes, 0)
  file.closeSync()
}

function replace(fs: MemoryFileSystem, name: string, bytes: Uint8Array): void {
  fs.unlinkSync(`${path}/${name}`)
  place(fs, name, bytes)
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A store with a segment (a, b) and a log (b, c), killed. */
async function killedStore(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  await store.put('a', '1')
  await store.put('b', '2')
  await store.flush()
  await turns()
  await store.put('b', '3', { durability: 'disk' })
  await store.put('c', '4', { durability: 'disk' })
  const killed = fs.killed()
  await store.close()
  return killed
}

const killedContent = { a: '1', b: '3', c: '4' }

async function closedStore(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  const store = await open(fs)
  await store.put('a', '1')
  await store.close()
  return fs
}

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
      .map((name) => bytesIn(fs, name).length)
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
    replace(fs, name, bytes.subarray(0, bytes.length - 8))
    const logger = new NotingLogger()
    const store = await open(fs, { logger })
    const messages = JSON.stringify(logger.told)
    expect(messages).toMatch(new RegExp(`${path}/${name} ended at byte \\d+ .*ends inside a record`))
    expect(await contentOf(store)).toEqual({ a: '1', b: '3' })
    await store.close()
  })
})

describe('opening after a clean close', () => {
  it('changes no file before the first write, and goes on with the same manifest', async () => {
    const fs = await closedStore()
    const before = await namesIn(fs)
    const store = await open(fs)
    await turns()
    expect(await namesIn(fs)).toEqual(before)
    expect(store.status().sequenceNumber).toBe(1)
    await store.put('b', '2', { durability: 'disk' })
    expect(await namesIn(fs, 'CLOSED')).toEqual([])
    expect(await namesIn(fs, 'MANIFEST')).toEqual(before.filter((name) => name.includes('MANIFEST')))
    const killed = await open(fs.killed())
    expect(await contentOf(killed)).toEqual({ a: '1', b: '2' })
    await killed.close()
    await store.close()
  })

  it('gives out no sequence number that the proof says was given out', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    expect(proof.lastSequence).toBe(1)
    await writeCloseProof(fs, path, { ...proof, lastSequence: 70 })
    const store = await open(fs)
    await store.put('b', '2')
    expect(store.status().sequenceNumber).toBe(71)
    await store.close()
  })

  it('is refused when the proof is that of another manifest, or of another length', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    const { manifestNumber, manifestLength } = proof
    const manifest = (await namesIn(fs, 'MANIFEST'))[0]
    for (const [other, offset] of [
      [{ manifestNumber: manifestNumber + 1 }, manifestLength],
      [{ manifestLength: manifestLength + 8 }, manifestLength],
      [{ manifestLength: manifestLength - 8 }, manifestLength - 8],
    ] as const) {
      await writeCloseProof(fs, path, { ...proof, ...other })
      await expect(open(fs)).rejects.toMatchObject({ path: `${path}/${manifest}`, offset })
      await expect(open(fs)).rejects.toThrow(/the store was closed with/)
    }
    await writeCloseProof(fs, path, proof)
    await (await open(fs)).close()
  })

  it('is refused when a log is missing that the proof names', async () => {
    const fs = await closedStore()
    const proof = await readCloseProof(fs, path)
    if (proof === undefined) throw new Error('the store was not closed')
    await writeCloseProof(fs, path, { ...proof, logs: [{ number: 99, length: 40 }] })
    await expect(open(fs)).rejects.toMatchObject({ path: `${path}/000099.log`, offset: 0 })
    await expect(open(fs)).rejects.toThrow(/the log is missing/)
  })

  it('removes what nothing names: segments, manifests, and logs below the lowest live one', async () => {
    const fs = await closedStore()
    const before = await namesIn(fs)
    place(fs, '000900.seg', new Uint8Array(5))
    place(fs, 'MANIFEST-000901', new Uint8Array(5))
    place(fs, '000001.log', new Uint8Array(5))
    place(fs, 'CLOSED.tmp', new Uint8Array(5))
    const store = await open(fs)
    await turns()
    const isProof = (name: string): boolean => name === 'CLOSED'
    expect((await namesIn(fs)).filter((name) => !isProof(name))).toEqual(
      [...before, 'CLOSED.tmp'].filter((name) => !isProof(name)).sort(),
    )
    await store.put('b', '2')
    await store.flush()
    const numbers = store.status().levels.flatMap(({ segments }) => segments.map(({ number }) => number))
    expect(Math.max(...numbers)).toBeGreaterThan(901)
    await store.close()
  })
})

describe('opening after a crash', () => {
  it('puts what logs hold in a segment, once, and removes the logs', async () => {
    const fs = await killedStore()
    const logsBefore = await namesIn(fs, '.log')
    const store = await open(fs)
    await turns()
    expect(await contentOf(store)).toEqual(killedContent)
    const { levels, sequenceNumber } = store.status()
    const segments = levels.flatMap((level) => level.segments)
    expect(
      segments.map(({ smallestSequence, largestSequence }) => [smallestSequence, largestSequence]),
    ).toEqual([
      [3, 4],
      [1, 2],
    ])
    expect(sequenceNumber).toBe(4)
    expect((await namesIn(fs, '.log')).filter((name) => logsBefore.includes(name))).toEqual([])
    expect(await namesIn(fs, 'MANIFEST')).toHaveLength(1)
    const { manifestNumber } = await readCurrent(fs, path)
    expect(await namesIn(fs, 'MANIFEST')).toEqual([`MANIFEST-${String(manifestNumber).padStart(6, '0')}`])
    await store.close()
  })

  it('holds as much memory afterwards as a new store, and gives it back', async () => {
    const before = memoryPool.takenBytes
    const fresh = await open(new MemoryFileSystem())
    const taken = memoryPool.takenBytes - before
    await fresh.close()
    const store = await open(await killedStore())
    expect(memoryPool.takenBytes - before).toBe(taken)
    await store.close()
    expect(memoryPool.takenBytes).toBe(before)
  })

  it('gives out no sequence number that lies behind the end of a log', async () => {
    const fs = await killedStore()
    const name = (await namesIn(fs, '.log')).find((each) => bytesIn(fs, each).length > 40) ?? ''
    const { storeId } = await readCurrent(fs, path)
    // Behind a tear lies a record of many entries that was never synced.
    const torn = new LogFile(Number.parseInt(name, 10), storeId)
    torn.bytes = bytesIn(fs, name)
    torn.raw(new Uint8Array(16))
    torn.nextSequence = 90
    torn.group(5)
    replace(fs, name, torn.bytes)
    const store = await open(fs)
    expect(await contentOf(store)).toEqual(killedContent)
    await store.put('d', '5')
    expect(store.status().sequenceNumber).toBe(95)
    await store.close()
  })

  it('is refused when a segment is missing or has another size, with the place', async () => {
    const sound = await killedStore()
    const [segment = ''] = await namesIn(sound, '.seg')
    const bytes = bytesIn(sound, segment)
    const file = `${path}/${segment}`
    const missing = sound.killed()
    missing.unlinkSync(file)
    await expect(open(missing)).rejects.toMatchObject({ path: file, offset: 0 })
    await expect(open(missing)).rejects.toThrow(/the segment is missing/)
    const shorter = sound.killed()
    replace(shorter, segment, bytes.subarray(0, bytes.length - 3))
    await expect(open(shorter)).rejects.toMatchObject({ path: file, offset: bytes.length - 3 })
    const longer = sound.killed()
    replace(longer, segment, Uint8Array.from([...bytes, 0]))
    await expect(open(longer)).rejects.toMatchObject({ path: file, offset: bytes.length })
    await expect(open(longer)).rejects.toBeInstanceOf(CorruptionError)
  })

  it('is refused when the log or the manifest is missing that is named', async () => {
    const sound = await killedStore()
    for (const [part, problem] of [
      ['.log', /the log is missing/],
      ['MANIFEST', /missing although CURRENT names it/],
    ] as const) {
      const disk = sound.killed()
      const [name = ''] = await namesIn(disk, part)
      disk.unlinkSync(`${path}/${name}`)
      const error = await open(disk).catch((told: unknown) => told)
      expect(error).toBeInstanceOf(CorruptionError)
      expect(error).toMatchObject({ path: `${path}/${name}`, offset: 0 })
      expect(String(error)).toMatch(problem)
    }
  })

  it('on a full disk reads from memory, leaves the files as they are, and tidies up when there is room', async () => {
    const fs = await killedStore()
    const before = await namesIn(fs)
    const time = new StillTime()
    fs.capacityBytes = fs.usedBytes
    const store = await open(fs, { clock: time, scheduler: time })
    expect(store.status().state).toBe('full')
    expect(await contentOf(store)).toEqual(killedContent)
    await turns()
    expect(await namesIn(fs)).toEqual(before)
    await expect(store.put('d', '5')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    fs.capacityBytes = Number.POSITIVE_INFINITY
    for (let i = 0; i < 10 && store.status().state === 'full'; i++) {
      time.pass(5000)
      await turns()
    }
    expect(store.status().state).toBe('open')
    await turns()
    const logs = before.filter((name) => name.endsWith('.log'))
    expect((await namesIn(fs, '.log')).filter((name) => logs.includes(name))).toEqual([])
    await store.put('d', '5')
    const next = await open(fs.killed())
    expect(await contentOf(next)).toEqual({ ...killedContent, d: '5' })
    await next.close()
    await store.close()
  })

  it('without room for the manifest removes the segment that it wrote, and can be repeated', async () => {
    const fs = await killedStore()
    const before = await namesIn(fs)
    const failing = new FailingDisk(fs, ({ name, path: file }) =>
      name === 'write' && file.includes('MANIFEST') ? 'ENOSPC' : undefined,
    )
    const store = await failing.open()
    expect(store.status().state).toBe('full')
    expect((await namesIn(failing.fs)).filter((name) => name.endsWith('.seg'))).toEqual(
      before.filter((name) => name.endsWith('.seg')),
    )
    expect(await contentOf(store)).toEqual(killedContent)
    const next = await open(failing.fs.killed())
    expect(await contentOf(next)).toEqual(killedContent)
    await next.close()
    await store.close().catch(() => undefined)
  })
})

/** A copy of a disk of which operations fail with the code that `fail` gives. */
class FailingDisk {
  readonly fs: MemoryFileSystem

  constructor(
    of: MemoryFileSystem,
    fail: (operation: { readonly name: string; readonly path: string }) => 'EIO' | 'ENOSPC' | undefined,
  ) {
    this.fs = of.killed({
      onOperation: (operation) => {
        const code = fail(operation)
        if (code !== undefined) throw createSystemError(code, operation.name, operation.path)
      },
    })
  }

  open(): Promise<LogStructuredStore> {
    return open(this.fs)
  }
}
