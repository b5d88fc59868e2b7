import { describe, expect, test } from 'vitest'
import { ManualScheduler } from '../../test/support/manual-scheduler.ts'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { WriteAheadLog } from '../log/write-ahead-log.ts'
import type { Segment } from '../segment/segment.ts'
import { ObsoleteFiles, type ObsoleteFilesParts } from './obsolete-files.ts'

async function folderWith(names: readonly string[]): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  await fs.makeDirectory('/store')
  for (const name of names) fs.openSync(`/store/${name}`, 'create').closeSync()
  return fs
}

function obsoleteFiles(fs: MemoryFileSystem, parts: Partial<ObsoleteFilesParts> = {}): ObsoleteFiles {
  return new ObsoleteFiles({
    fs,
    scheduler: new ManualScheduler(),
    proveDropped: () => Promise.resolve(),
    logsIdle: () => Promise.resolve(),
    onFailed: () => {},
    onManifestFailed: () => {},
    ...parts,
  })
}

async function namesIn(fs: MemoryFileSystem): Promise<string[]> {
  return (await fs.list('/store')).map(({ name }) => name)
}

const file = (name: string) => ({ path: `/store/${name}`, sizeBytes: 10 })

describe('ObsoleteFiles', () => {
  test('removes files that come at any moment after others', async () => {
    for (let microtaskCount = 0; microtaskCount < 20; microtaskCount++) {
      const fs = await folderWith(['1.seg', '2.seg'])
      const obsolete = obsoleteFiles(fs)
      obsolete.addPaths([file('1.seg')])
      for (let i = 0; i < microtaskCount; i++) await undefined
      obsolete.addPaths([file('2.seg')])
      await new Promise((resolve) => setImmediate(resolve))
      expect(await namesIn(fs)).toEqual([])
      expect(obsolete.sizeBytes).toBe(0)
    }
  })

  test('removes nothing before it is proven that nothing names the files', async () => {
    const fs = await folderWith(['1.seg'])
    let prove = (): void => {}
    const proven = new Promise<void>((resolve) => {
      prove = resolve
    })
    const obsolete = obsoleteFiles(fs, { proveDropped: () => proven })
    obsolete.addPaths([file('1.seg')])
    await new Promise((resolve) => setImmediate(resolve))
    expect(await namesIn(fs)).toEqual(['1.seg'])
    prove()
    await obsolete.settled()
    expect(await namesIn(fs)).toEqual([])
  })

  test('proves anew what comes while others are removed', async () => {
    const fs = await folderWith(['1.seg', '2.seg'])
    const foundAtProof: string[][] = []
    let provenCount = 0
    const obsolete = obsoleteFiles(fs, {
      proveDropped: async () => {
        foundAtProof.push(await namesIn(fs))
        provenCount++
        // Comes when the proof is made, and so behind it.
        if (provenCount === 1) queueMicrotask(() => obsolete.addPaths([file('2.seg')]))
      },
    })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    expect(foundAtProof).toEqual([['1.seg', '2.seg'], ['2.seg']])
    expect(await namesIn(fs)).toEqual([])
  })

  test('tries again later what could not be removed, and tells', async () => {
    let isRefusing = true
    const fs = new MemoryFileSystem({
      onOperation: ({ name }) => {
        if (name === 'unlink' && isRefusing) throw Object.assign(new Error('busy'), { code: 'EBUSY' })
      },
    })
    await fs.makeDirectory('/store')
    fs.openSync('/store/1.seg', 'create').closeSync()
    const scheduler = new ManualScheduler()
    const told: string[] = []
    const obsolete = obsoleteFiles(fs, { scheduler, onFailed: (_, path) => told.push(path) })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    expect(told).toEqual(['/store/1.seg'])
    expect(obsolete.sizeBytes).toBe(10)
    isRefusing = false
    expect(scheduler.runTimer()).toBe(true)
    await obsolete.settled()
    expect(await namesIn(fs)).toEqual([])
  })

  test('takes a file that is gone already for removed', async () => {
    const fs = await folderWith([])
    const told: unknown[] = []
    const scheduler = new ManualScheduler()
    const obsolete = obsoleteFiles(fs, { scheduler, onFailed: (error) => told.push(error) })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    expect(told).toEqual([])
    expect(obsolete.sizeBytes).toBe(0)
    expect(scheduler.runTimer()).toBe(false)
  })

  test('removes nothing while the proof cannot be written, tells, and tries again later', async () => {
    const fs = await folderWith(['1.seg', '2.seg'])
    const scheduler = new ManualScheduler()
    const told: unknown[] = []
    const failure = new Error('made by a test')
    let isFailing = true
    const obsolete = obsoleteFiles(fs, {
      scheduler,
      proveDropped: () => (isFailing ? Promise.reject(failure) : Promise.resolve()),
      onManifestFailed: (error) => told.push(error),
    })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    expect(told).toEqual([failure])
    expect(await namesIn(fs)).toEqual(['1.seg', '2.seg'])
    expect(obsolete.sizeBytes).toBe(10)
    obsolete.addPaths([file('2.seg')])
    await obsolete.settled()
    expect(obsolete.sizeBytes).toBe(20)
    isFailing = false
    expect(scheduler.runTimer()).toBe(true)
    await obsolete.settled()
    expect(await namesIn(fs)).toEqual([])
  })

  test('keeps those that could not be removed when the proof for later ones fails', async () => {
    const fs = new MemoryFileSystem({
      onOperation: ({ name }) => {
        if (name === 'unlink') throw Object.assign(new Error('busy'), { code: 'EBUSY' })
      },
    })
    await fs.makeDirectory('/store')
    let proofCount = 0
    const obsolete = obsoleteFiles(fs, {
      proveDropped: async () => {
        if (++proofCount === 2) throw new Error('made by a test')
        queueMicrotask(() => obsolete.addPaths([file('2.seg')]))
      },
    })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    expect(proofCount).toBe(2)
    expect(obsolete.sizeBytes).toBe(20)
  })

  test('closes a segment before it removes the file', async () => {
    const fs = await folderWith(['7.seg'])
    const calls: string[] = []
    const segment = segmentAt('/store/7.seg', async () => {
      calls.push(`closed beside ${await namesIn(fs)}`)
    })
    const obsolete = obsoleteFiles(fs)
    obsolete.addSegments([segment])
    expect(obsolete.sizeBytes).toBe(segment.meta.sizeBytes)
    await obsolete.settled()
    expect(calls).toEqual(['closed beside 7.seg'])
    expect(await namesIn(fs)).toEqual([])
  })

  test('closes a log when no sync of it is under way any more, and removes it', async () => {
    const fs = await folderWith([])
    const log = await WriteAheadLog.create(fs, '/store', 7, { high: 1, low: 2 })
    let endSync = (): void => {}
    const idle = new Promise<void>((resolve) => {
      endSync = resolve
    })
    const obsolete = obsoleteFiles(fs, { logsIdle: () => idle })
    obsolete.addLogs([log])
    expect(obsolete.sizeBytes).toBe(log.file.position)
    await new Promise((resolve) => setImmediate(resolve))
    await log.file.sync()
    endSync()
    await obsolete.settled()
    await expect(log.file.sync()).rejects.toThrow(/closed/)
    expect(await namesIn(fs)).toEqual([])
  })

  test('that is closed tries once more, and from then on changes nothing in the folder', async () => {
    let isRefusing = true
    const fs = new MemoryFileSystem({
      onOperation: ({ name, path }) => {
        if (name === 'unlink' && (isRefusing || path.endsWith('2.seg')))
          throw Object.assign(new Error('busy'), { code: 'EBUSY' })
      },
    })
    await fs.makeDirectory('/store')
    for (const name of ['1.seg', '2.seg', '3.seg']) fs.openSync(`/store/${name}`, 'create').closeSync()
    const scheduler = new ManualScheduler()
    const obsolete = obsoleteFiles(fs, { scheduler })
    obsolete.addPaths([file('1.seg')])
    await obsolete.settled()
    let closeCount = 0
    obsolete.addSegments([segmentAt('/store/2.seg', async () => void closeCount++)])
    isRefusing = false
    await obsolete.close()
    expect(await namesIn(fs)).toEqual(['2.seg', '3.seg'])
    expect(scheduler.runTimer()).toBe(false)
    const closesBefore = closeCount
    obsolete.addSegments([segmentAt('/store/3.seg', async () => void closeCount++)])
    await obsolete.close()
    expect(closeCount).toBe(closesBefore + 1)
    expect(await namesIn(fs)).toEqual(['2.seg', '3.seg'])
  })

  test('asks for no proof when nothing waits', async () => {
    let proofCount = 0
    const obsolete = obsoleteFiles(await folderWith([]), {
      proveDropped: async () => {
        proofCount++
      },
    })
    obsolete.addPaths([])
    await obsolete.close()
    expect(proofCount).toBe(0)
  })

  test('that is closed waits for the removal that is under way', async () => {
    const fs = await folderWith(['1.seg'])
    let prove = (): void => {}
    const proven = new Promise<void>((resolve) => {
      prove = resolve
    })
    const obsolete = obsoleteFiles(fs, { proveDropped: () => proven })
    obsolete.addPaths([file('1.seg')])
    const closed = obsolete.close().then(() => namesIn(fs))
    setImmediate(prove)
    expect(await closed).toEqual([])
  })

  test('swallows that a file of a closed store cannot be closed', async () => {
    const obsolete = obsoleteFiles(await folderWith([]))
    await obsolete.close()
    obsolete.addSegments([segmentAt('/store/1.seg', () => Promise.reject(new Error('made by a test')))])
    await new Promise((resolve) => setImmediate(resolve))
    expect(obsolete.sizeBytes).toBe(0)
  })
})

function segmentAt(path: string, close: () => Promise<void>): Segment {
  const meta = segmentMeta(7, 'a', 'b')
  return { path, meta, close } as unknown as Segment
}
