import { describe, expect, it } from 'vitest'
import { LogFile } from '../../test/support/log-files.ts'
import {
  bytesIn,
  contentOf,
  FailingDisk,
  killedContent,
  killedStore,
  namesIn,
  open,
  path,
  replace,
  turns,
} from '../../test/support/opened-stores.ts'
import { StillTime } from '../../test/support/still-time.ts'
import { CorruptionError, StorageError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { readCurrent } from '../manifest/current-file.ts'
import { inspectFile } from './inspect-file.ts'

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

  it('reads at once, and lets writes wait until that is so', async () => {
    const store = await open(await killedStore())
    const causes: string[] = []
    store.on('stallBegin', ({ cause }) => causes.push(cause))
    expect(store.status().recovering).toBe(true)
    const written = store.put('d', '5').then(() => store.status().recovering)
    expect(await contentOf(store)).toEqual(killedContent)
    expect(await written).toBe(false)
    expect(causes).toEqual(['recovery'])
    expect(await contentOf(store)).toEqual({ ...killedContent, d: '5' })
    await store.close()
  })

  it('lets a blocking write do what it would wait for', async () => {
    const fs = await killedStore()
    const store = await open(fs)
    expect(store.status().recovering).toBe(true)
    store.putSync('d', '5', { durability: 'disk' })
    expect(store.status().recovering).toBe(false)
    const next = await open(fs.crashed({ seed: 1, profile: 'posix' }))
    expect(await contentOf(next)).toEqual({ ...killedContent, d: '5' })
    await next.close()
    await store.close()
  })

  it('waits for the end of it in flush() and close()', async () => {
    const fs = await killedStore()
    const store = await open(fs)
    await store.flush()
    expect(store.status().recovering).toBe(false)
    await store.close()
    const again = await killedStore()
    await (await open(again)).close()
    expect(await namesIn(again, '.log')).toEqual([])
    expect(await namesIn(again, 'CLOSED')).toEqual(['CLOSED'])
  })

  it('holds as much memory afterwards as a new store, and gives it back', async () => {
    const before = memoryPool.takenBytes
    const fresh = await open(new MemoryFileSystem())
    const taken = memoryPool.takenBytes - before
    await fresh.close()
    const store = await open(await killedStore())
    await turns()
    expect(memoryPool.takenBytes - before).toBe(taken)
    await store.close()
    expect(memoryPool.takenBytes).toBe(before)
  })

  it('goes on in memory of the usual size, though what logs hold needed more than there is of that', async () => {
    const fs = new MemoryFileSystem()
    const first = await open(fs)
    for (let i = 0; i < 20; i++) await first.put(`a${i}`, 'x'.repeat(10_000))
    const killed = fs.killed()
    await first.close()
    const store = await open(killed, { tuning: { arenaSizeBytes: 65_536, arenaCountMax: 2 } })
    await turns()
    expect(store.status()).toMatchObject({ recovering: false, memTables: { sealedCount: 0 } })
    const flushCount = store.status().flushes.count
    // A table in memory of its own would be left with the first large batch.
    await store.batch(
      Array.from({ length: 10 }, (_, i) => ({ type: 'put', key: `b${i}`, value: 'x'.repeat(1_000) })),
    )
    await turns()
    expect(store.status()).toMatchObject({
      memTables: { activeEntryCount: 10 },
      flushes: { count: flushCount },
    })
    await store.close()
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
    await turns()
    // Nor does the life after that, in which no log tells of it any more.
    const killed = fs.killed()
    expect(await namesIn(killed, '.log')).toEqual([])
    const next = await open(killed)
    await next.put('d', '5')
    expect(next.status().sequenceNumber).toBe(95)
    await next.close()
    await store.put('d', '5')
    expect(store.status().sequenceNumber).toBe(95)
    await store.close()
  })

  it('gives out no sequence number twice when what had it has left no trace in segments and logs', async () => {
    const fs = new MemoryFileSystem()
    const store = await open(fs)
    await store.put('a', '1')
    await store.delete('a')
    // The next log is ready by then.
    await turns()
    await store.compact()
    await turns()
    const killed = fs.killed()
    expect(await namesIn(killed, '.seg')).toEqual([])
    for (const name of await namesIn(killed, '.log')) {
      const { properties } = await inspectFile(`${path}/${name}`, killed)
      expect(properties).toMatchObject({ groupCount: 0 })
    }
    await store.close()
    const next = await open(killed)
    await next.put('b', '2')
    expect(next.status().sequenceNumber).toBe(3)
    await next.close()
  })

  it('takes what it put in segments for synced, and nothing that is written after it', async () => {
    const time = new StillTime()
    const store = await open(await killedStore(), { clock: time, scheduler: time })
    await turns()
    expect(store.status()).toMatchObject({ sequenceNumber: 4, sync: { syncedSequence: 4, ageMs: 0 } })
    await store.put('d', '5')
    time.pass(20)
    expect(store.status()).toMatchObject({ sequenceNumber: 5, sync: { syncedSequence: 4, ageMs: 20 } })
    await store.put('e', '6', { durability: 'disk' })
    expect(store.status()).toMatchObject({ sequenceNumber: 6, sync: { syncedSequence: 6, ageMs: 0 } })
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
    // What to do about it, too.
    await expect(open(missing)).rejects.toThrow(/from a backup, or .* `varve repair`$/)
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
    expect(await contentOf(store)).toEqual(killedContent)
    await turns()
    expect(store.status()).toMatchObject({ state: 'full', recovering: true })
    expect(store.status().error).toMatch(/full|ENOSPC/)
    expect(await contentOf(store)).toEqual(killedContent)
    expect(await namesIn(fs)).toEqual(before)
    await expect(store.put('d', '5')).rejects.toMatchObject({ code: 'STORE_DISK_FULL' })
    fs.capacityBytes = Number.POSITIVE_INFINITY
    for (let i = 0; i < 10 && store.status().state === 'full'; i++) {
      time.pass(5000)
      await turns()
    }
    expect(store.status()).toMatchObject({ state: 'open', recovering: false })
    await turns()
    // Nobody knows whether the last edits of the old manifest were on stable storage: nothing is written behind them.
    const manifests = await namesIn(fs, 'MANIFEST')
    expect(manifests).toHaveLength(1)
    expect(before).not.toContain(manifests[0])
    const logs = before.filter((name) => name.endsWith('.log'))
    expect((await namesIn(fs, '.log')).filter((name) => logs.includes(name))).toEqual([])
    await store.put('d', '5')
    const next = await open(fs.killed())
    expect(await contentOf(next)).toEqual({ ...killedContent, d: '5' })
    await next.close()
    await store.close()
  })

  it('when the disk fails meanwhile still reads, refuses writes with the cause, and can be repeated', async () => {
    const sound = await killedStore()
    for (const part of ['MANIFEST', '.seg', 'CURRENT']) {
      let isFailing = true
      const failing = new FailingDisk(sound, ({ name, path: file }) =>
        isFailing && (name === 'write' || name === 'rename') && file.includes(part) ? 'EIO' : undefined,
      )
      const store = await failing.open()
      await expect(store.put('d', '5')).rejects.toBeInstanceOf(StorageError)
      expect(store.status()).toMatchObject({ state: 'failed', recovering: true })
      expect(await contentOf(store)).toEqual(killedContent)
      await store.close()
      isFailing = false
      const next = await failing.open()
      await next.put('d', '5')
      expect(await contentOf(next)).toEqual({ ...killedContent, d: '5' })
      await next.close()
    }
  })

  it('tells that a file cannot be read as what it is, not as damage', async () => {
    for (const part of ['MANIFEST', '.log']) {
      const failing = new FailingDisk(await killedStore(), ({ name, path: file }) =>
        name === 'read' && file.includes(part) ? 'EIO' : undefined,
      )
      const error = await failing.open().catch((told: unknown) => told)
      expect(error).toBeInstanceOf(StorageError)
      expect(error).not.toBeInstanceOf(CorruptionError)
      expect(error).toMatchObject({ cause: { code: 'EIO' } })
    }
  })

  it('without room for the manifest removes the segment that it wrote, and can be repeated', async () => {
    const fs = await killedStore()
    const before = await namesIn(fs)
    const failing = new FailingDisk(fs, ({ name, path: file }) =>
      name === 'write' && file.includes('MANIFEST') ? 'ENOSPC' : undefined,
    )
    const store = await failing.open()
    await turns()
    expect(store.status()).toMatchObject({ state: 'full', recovering: true })
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
