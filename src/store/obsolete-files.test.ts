import { describe, expect, test } from 'vitest'
import { ManualScheduler } from '../../test/support/manual-scheduler.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
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
})
