import { describe, expect, test } from 'vitest'
import {
  adding,
  bytesOf,
  directory,
  failing,
  ManifestBench,
  numbersOf,
  systemError,
  tornBench,
} from '../../test/support/manifest-bench.ts'
import { CorruptionError, StorageError } from '../errors.ts'
import { joinPath, manifestFileName } from '../fs/file-names.ts'
import type { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { readCurrent } from './current-file.ts'

describe('Manifest.append()', () => {
  test('installs an edit once it is on stable storage', async () => {
    const bench = await ManifestBench.create()
    let isSynced = false
    bench.meanwhile = ({ name }) => {
      if (name === 'sync') isSynced = true
    }
    await bench.manifest.append(adding(7), () => expect(isSynced).toBe(true))
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([7])
  })

  test('takes one edit after the other, from one caller or several', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    await bench.add(2)
    await Promise.all([bench.add(3), bench.add(4)])
    expect(bench.installed.map(numbersOf)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    expect(await bench.segmentsIn()).toEqual([1, 2, 3, 4])
  })

  test('is overtaken by a blocking edit, which takes it along, in order', async () => {
    for (const moment of ['write', 'sync'] as const) {
      const bench = await ManifestBench.create()
      let isDone = false
      bench.meanwhile = ({ name }) => {
        if (name !== moment || isDone) return
        isDone = true
        // Not inside the operation: blocking calls come from code of its own.
        queueMicrotask(() => bench.addSync(9))
      }
      await Promise.all([bench.add(1), bench.add(2)])
      expect(bench.installed.map(numbersOf).at(-1)).toEqual([1, 2, 9])
      expect(await bench.segmentsIn()).toEqual([1, 2, 9])
    }
  })

  test('is finished by finishPendingSync()', async () => {
    const bench = await ManifestBench.create()
    const first = bench.add(1)
    const second = bench.add(2)
    bench.manifest.finishPendingSync()
    expect(bench.installed.map(numbersOf)).toEqual([[1], [1, 2]])
    await Promise.all([first, second])
    bench.manifest.finishPendingSync()
    expect((await bench.read()).edits).toHaveLength(3)
  })
})

describe('a full disk', () => {
  test('leaves everything as it was, and the next edit goes to a new manifest', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    await expect(bench.add(2)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(numbersOf(bench.manifest.state)).toEqual([1])
    expect(bench.manifest.isWhole).toBe(false)
    expect((await bench.read()).isTorn).toBe(true)
    const before = bench.manifest.number
    bench.fs.capacityBytes = Infinity
    await bench.add(3)
    expect(bench.manifest.number).toBeGreaterThan(before)
    expect(bench.manifest.isWhole).toBe(true)
    expect(await bench.segmentsIn()).toEqual([1, 3])
  })

  test('in a blocking edit too', async () => {
    const bench = await ManifestBench.create()
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    expect(() => bench.addSync(1)).toThrow(/ENOSPC/)
    bench.fs.capacityBytes = Infinity
    await bench.add(2)
    expect(await bench.segmentsIn()).toEqual([2])
  })

  test('takes no room for manifests that did not come to count', async () => {
    const bench = await ManifestBench.create()
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    await expect(bench.add(1)).rejects.toMatchObject({ code: 'ENOSPC' })
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(bench.add(1)).rejects.toMatchObject({ code: 'ENOSPC' })
    }
    const names = (await bench.fs.list(directory)).map(({ name }) => name).sort()
    expect(names).toEqual(['CURRENT', 'MANIFEST-000001'])
  })

  test('at the sync of an edit leaves it open what is on the disk: nothing more is taken', async () => {
    const bench = await ManifestBench.create()
    bench.fail = failing('sync', 'ENOSPC')
    await expect(bench.add(1)).rejects.toBeInstanceOf(StorageError)
    await expect(bench.add(2)).rejects.toBeInstanceOf(StorageError)
    expect(() => bench.addSync(3)).toThrow(StorageError)
    await expect(bench.manifest.proveSynced()).rejects.toBeInstanceOf(StorageError)
    expect(bench.installed).toEqual([])
    expect(bench.manifest.isWhole).toBe(false)
  })
})

describe('a failed sync', () => {
  test('stops edits that were waiting: no later sync counts', async () => {
    const bench = await ManifestBench.create()
    bench.fail = failing('sync', 'EIO')
    const outcomes = await Promise.allSettled([bench.add(1), bench.add(2), bench.add(3)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(bench.installed).toEqual([])
  })

  test('of a blocking edit is not made up for by one that was under way', async () => {
    const bench = await ManifestBench.create()
    let isDone = false
    bench.meanwhile = ({ name }) => {
      if (name !== 'sync' || isDone) return
      isDone = true
      queueMicrotask(() => {
        bench.fail = failing('sync', 'EIO')
        expect(() => bench.addSync(9)).toThrow(StorageError)
      })
    }
    await expect(bench.add(1)).rejects.toBeInstanceOf(StorageError)
    expect(bench.installed).toEqual([])
  })

  test('of the directory, once CURRENT was replaced, leaves open which manifest counts', async () => {
    const bench = await tornBench()
    let syncCount = 0
    bench.fail = ({ name }) =>
      name === 'syncDirectory' && ++syncCount === 2 ? systemError('ENOSPC') : undefined
    await expect(bench.add(2)).rejects.toBeInstanceOf(StorageError)
    bench.fail = undefined
    await expect(bench.add(3)).rejects.toBeInstanceOf(StorageError)
    for (let seed = 1; seed < 30; seed++) {
      const found = await bench.segmentsIn(bench.fs.crashed({ seed, profile: 'posix' }))
      expect([[1], [1, 2]]).toContainEqual(found)
    }
  })
})

describe('Manifest.proveSynced()', () => {
  test('writes a synced record behind the last edit, once', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    const before = bench.manifest.sizeBytes
    await bench.manifest.proveSynced()
    const after = bench.manifest.sizeBytes
    expect(after).toBeGreaterThan(before)
    await bench.manifest.proveSynced()
    expect(bench.manifest.sizeBytes).toBe(after)
  })

  test('makes damage of the edit known for damage', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    const offset = bench.manifest.sizeBytes - 16
    const path = joinPath(directory, manifestFileName(bench.manifest.number))
    const flip = async (disk: MemoryFileSystem): Promise<void> => {
      const file = await disk.open(path, 'update')
      await file.write(Uint8Array.of(0xee), offset)
      await file.close()
    }
    const unproven = bench.fs.killed()
    await flip(unproven)
    expect(await bench.segmentsIn(unproven)).toEqual([])
    await bench.manifest.proveSynced()
    const proven = bench.fs.killed()
    await flip(proven)
    await expect(bench.read(proven)).rejects.toBeInstanceOf(CorruptionError)
  })

  test('makes damage known that took the end of the manifest, the record behind the edit included', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    const before = bench.manifest.sizeBytes
    await bench.manifest.proveSynced()
    const disk = bench.fs.killed()
    const bytes = await bytesOf(bench)
    const path = joinPath(directory, manifestFileName(bench.manifest.number))
    await disk.unlink(path)
    const file = await disk.open(path, 'create')
    await file.write(bytes.subarray(0, before), 0)
    await file.close()
    await expect(bench.read(disk)).rejects.toThrow(/ends before .* bytes that were synced/)
  })

  test('does without CURRENT where there is no room for another one, and takes edits', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    const { manifestSyncedLength } = await readCurrent(bench.fs, directory)
    bench.fail = ({ name, path }) =>
      name === 'write' && path.endsWith('CURRENT.tmp') ? systemError('ENOSPC') : undefined
    await bench.manifest.proveSynced()
    expect(await readCurrent(bench.fs, directory)).toMatchObject({ manifestSyncedLength })
    await bench.add(2)
    bench.fail = undefined
    await bench.manifest.proveSynced()
    const current = await readCurrent(bench.fs, directory)
    expect(current.manifestSyncedLength).toBe(bench.manifest.sizeBytes)
    expect(await bench.segmentsIn()).toEqual([1, 2])
  })

  test('takes nothing more once the folder could not be synced', async () => {
    const bench = await ManifestBench.create()
    await bench.add(1)
    bench.fail = failing('syncDirectory', 'EIO')
    await expect(bench.manifest.proveSynced()).rejects.toBeInstanceOf(StorageError)
    await expect(bench.add(2)).rejects.toBeInstanceOf(StorageError)
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([1])
  })
})
