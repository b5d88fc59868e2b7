import { describe, expect, test } from 'vitest'
import { segmentMeta } from '../../test/support/segment-metas.ts'
import { CorruptionError, StorageError, UnsupportedFormatError } from '../errors.ts'
import { joinPath, manifestFileName } from '../fs/file-names.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { readCurrent } from './current-file.ts'
import { Manifest, type ManifestParts } from './manifest.ts'
import { emptyManifestState, type ManifestState } from './manifest-state.ts'
import { type ReadManifest, readManifest } from './read-manifest.ts'
import type { VersionEdit } from './version-edit.ts'

const directory = '/store'
const storeId = { high: 0x1234_5678, low: 0x9abc_def0 }

/** A manifest on a disk on which the next operation of some kind can be made to fail. */
class Bench {
  readonly installed: ManifestState[] = []
  fail: ((operation: FileOperation) => Error | undefined) | undefined
  /** Called before each operation, once. */
  meanwhile: ((operation: FileOperation) => void) | undefined
  readonly fs: MemoryFileSystem = new MemoryFileSystem({
    onOperation: (operation) => {
      this.meanwhile?.(operation)
      const error = this.fail?.(operation)
      if (error !== undefined) throw error
    },
  })
  #lastNumber = 0
  #manifest: Manifest | undefined

  get manifest(): Manifest {
    return this.#manifest as Manifest
  }

  static async create(): Promise<Bench> {
    const bench = new Bench()
    await bench.fs.makeDirectory(directory)
    bench.#manifest = await Manifest.create(await bench.parts(), emptyManifestState)
    return bench
  }

  async parts(): Promise<ManifestParts> {
    const lock = await this.fs.lock(directory)
    return { fs: this.fs, directory, storeId, lock, nextFileNumber: () => ++this.#lastNumber }
  }

  add(number: number): Promise<void> {
    return this.manifest.append(adding(number), (state) => this.installed.push(state))
  }

  addSync(number: number): void {
    this.manifest.appendSync(adding(number), (state) => this.installed.push(state))
  }

  /** What an opening of that disk would read. */
  async read(disk: MemoryFileSystem = this.fs.killed()): Promise<ReadManifest> {
    const current = await readCurrent(disk, directory)
    const path = joinPath(directory, manifestFileName(current.manifestNumber))
    const file = await disk.open(path, 'read')
    const bytes = new Uint8Array(await file.size())
    await file.read(bytes, 0)
    return readManifest(bytes, path, current.manifestNumber, storeId, current.manifestSyncedLength)
  }

  async segmentsIn(disk?: MemoryFileSystem): Promise<number[]> {
    return numbersOf((await this.read(disk)).state)
  }
}

async function bytesOf(bench: Bench): Promise<Uint8Array> {
  const file = await bench.fs.open(joinPath(directory, manifestFileName(bench.manifest.number)), 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  return bytes
}

function adding(number: number): VersionEdit {
  const name = `k${number}`
  return { added: [{ level: 0, run: number, meta: segmentMeta(number, name, name) }], removed: [] }
}

function numbersOf(state: ManifestState): number[] {
  return state.version.segments.map(({ number }) => number).sort((a, b) => a - b)
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code })
}

/** Fails operations of one name on manifests, the first `count` of them. */
function failing(
  name: FileOperation['name'],
  code: string,
  count = 1,
): (operation: FileOperation) => Error | undefined {
  return (operation) => {
    if (operation.name !== name || count === 0) return undefined
    count--
    return systemError(code)
  }
}

describe('Manifest.append()', () => {
  test('installs an edit once it is on stable storage', async () => {
    const bench = await Bench.create()
    let isSynced = false
    bench.meanwhile = ({ name }) => {
      if (name === 'sync') isSynced = true
    }
    await bench.manifest.append(adding(7), () => expect(isSynced).toBe(true))
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([7])
  })

  test('takes one edit after the other, from one caller or several', async () => {
    const bench = await Bench.create()
    await bench.add(1)
    await bench.add(2)
    await Promise.all([bench.add(3), bench.add(4)])
    expect(bench.installed.map(numbersOf)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]])
    expect(await bench.segmentsIn()).toEqual([1, 2, 3, 4])
  })

  test('is overtaken by a blocking edit, which takes it along, in order', async () => {
    for (const moment of ['write', 'sync'] as const) {
      const bench = await Bench.create()
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
    const bench = await Bench.create()
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
    const bench = await Bench.create()
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
    const bench = await Bench.create()
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    expect(() => bench.addSync(1)).toThrow(/ENOSPC/)
    bench.fs.capacityBytes = Infinity
    await bench.add(2)
    expect(await bench.segmentsIn()).toEqual([2])
  })

  test('takes no room for manifests that did not come to count', async () => {
    const bench = await Bench.create()
    bench.fs.capacityBytes = bench.fs.usedBytes + 20
    await expect(bench.add(1)).rejects.toMatchObject({ code: 'ENOSPC' })
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(bench.add(1)).rejects.toMatchObject({ code: 'ENOSPC' })
    }
    const names = (await bench.fs.list(directory)).map(({ name }) => name).sort()
    expect(names).toEqual(['CURRENT', 'MANIFEST-000001'])
  })

  test('at the sync of an edit leaves it open what is on the disk: nothing more is taken', async () => {
    const bench = await Bench.create()
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
    const bench = await Bench.create()
    bench.fail = failing('sync', 'EIO')
    const outcomes = await Promise.allSettled([bench.add(1), bench.add(2), bench.add(3)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(bench.installed).toEqual([])
  })

  test('of a blocking edit is not made up for by one that was under way', async () => {
    const bench = await Bench.create()
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

/** A manifest with segment 1 that ends in half a record. */
async function tornBench(): Promise<Bench> {
  const bench = await Bench.create()
  await bench.add(1)
  bench.fs.capacityBytes = bench.fs.usedBytes + 20
  await expect(bench.add(2)).rejects.toMatchObject({ code: 'ENOSPC' })
  bench.fs.capacityBytes = Infinity
  return bench
}

describe('replacing a manifest', () => {
  test('survives a crash at every operation with the old state or the new', async () => {
    const bench = await tornBench()
    const found = new Set<string>()
    const states: MemoryFileSystem[] = []
    bench.meanwhile = () => {
      for (let seed = 1; seed <= 8; seed++) states.push(bench.fs.crashed({ seed, profile: 'posix' }))
    }
    await bench.add(2)
    for (const state of states) found.add(String(await bench.segmentsIn(state)))
    expect([...found].sort()).toEqual(['1', '1,2'])
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([1, 2])
  })

  test('writes a blocking edit that comes meanwhile to both, so that every crash keeps it', async () => {
    const moments: FileOperation['name'][] = ['open', 'write', 'sync', 'syncDirectory', 'rename', 'close']
    for (const moment of moments) {
      const bench = await longBench()
      const before = bench.manifest.number
      let isDone = false
      const states: MemoryFileSystem[] = []
      bench.meanwhile = ({ name }) => {
        if (isDone)
          for (let seed = 1; seed <= 4; seed++) states.push(bench.fs.crashed({ seed, profile: 'posix' }))
        if (name !== moment || isDone) return
        queueMicrotask(() => {
          if (isDone) return
          bench.addSync(9001)
          isDone = true
        })
      }
      await bench.add(9000)
      bench.meanwhile = undefined
      expect(bench.manifest.number).toBeGreaterThan(before)
      expect(numbersOf(bench.manifest.state)).toEqual(expect.arrayContaining([9000, 9001]))
      for (const state of states) expect(await bench.segmentsIn(state)).toContain(9001)
      await bench.add(9002)
      expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
      await bench.manifest.close()
    }
  }, 60_000)

  test('that fails before CURRENT is replaced leaves the old one in force, and is tried again', async () => {
    for (const name of ['open', 'write', 'sync'] as const) {
      const bench = await tornBench()
      bench.fail = failing(name, 'ENOSPC')
      await expect(bench.add(2)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(await bench.segmentsIn()).toEqual([1])
      await bench.add(2)
      expect(await bench.segmentsIn()).toEqual([1, 2])
    }
  })
})

/** A manifest so long that the next edit replaces it. */
async function longBench(): Promise<Bench> {
  const bench = await Bench.create()
  const longKey = new Uint8Array(65_000)
  for (let number = 100; bench.manifest.sizeBytes <= 4 * 1024 * 1024; number++) {
    const key = Uint8Array.from(longKey)
    new DataView(key.buffer).setUint32(0, number)
    const meta = { ...segmentMeta(number, 'a', 'a'), smallestKey: key, largestKey: key }
    const name = number % 2 === 0 ? [] : [number - 1]
    await bench.manifest.append(
      { added: number % 2 === 0 ? [{ level: 0, run: number, meta }] : [], removed: name },
      () => {},
    )
  }
  return bench
}

describe('Manifest.proveSynced()', () => {
  test('writes a synced record behind the last edit, once', async () => {
    const bench = await Bench.create()
    await bench.add(1)
    const before = bench.manifest.sizeBytes
    await bench.manifest.proveSynced()
    const after = bench.manifest.sizeBytes
    expect(after).toBeGreaterThan(before)
    await bench.manifest.proveSynced()
    expect(bench.manifest.sizeBytes).toBe(after)
  })

  test('makes damage of the edit known for damage', async () => {
    const bench = await Bench.create()
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
    const bench = await Bench.create()
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
    const bench = await Bench.create()
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
    const bench = await Bench.create()
    await bench.add(1)
    bench.fail = failing('syncDirectory', 'EIO')
    await expect(bench.manifest.proveSynced()).rejects.toBeInstanceOf(StorageError)
    await expect(bench.add(2)).rejects.toBeInstanceOf(StorageError)
    expect(await bench.segmentsIn(bench.fs.crashed({ seed: 1, profile: 'posix' }))).toEqual([1])
  })

  test('gives way to a replacement, and edits go on during it', async () => {
    const bench = await longBench()
    await Promise.all([
      bench.manifest.proveSynced(),
      bench.add(9000),
      bench.manifest.proveSynced(),
      bench.add(9001),
    ])
    await bench.manifest.proveSynced()
    expect(await bench.segmentsIn()).toEqual(numbersOf(bench.manifest.state))
  })

  test('proves what a blocking edit put into a manifest that was just being made', async () => {
    const bench = await longBench()
    let isDone = false
    bench.meanwhile = ({ name, path }) => {
      if (name !== 'sync' || isDone || !path.includes('MANIFEST')) return
      isDone = true
      queueMicrotask(() => bench.addSync(9001))
    }
    await bench.add(9000)
    const { number, sizeBytes } = bench.manifest
    await bench.manifest.proveSynced()
    expect(bench.manifest.number).toBe(number)
    expect(bench.manifest.sizeBytes).toBeGreaterThan(sizeBytes)
  })

  test('replaces a torn manifest instead of writing behind the tear', async () => {
    const bench = await tornBench()
    const { number } = bench.manifest
    await bench.manifest.proveSynced()
    const read = await bench.read()
    expect(read.isTorn).toBe(false)
    expect(bench.manifest.number === number ? numbersOf(read.state) : [1]).toEqual([1])
  })
})

describe('readManifest()', () => {
  test('cuts off a torn last edit, at every length', async () => {
    const bench = await Bench.create()
    const synced = bench.manifest.sizeBytes
    await bench.add(1)
    const bytes = await bytesOf(bench)
    for (let length = synced; length < bytes.length; length++) {
      const read = readManifest(bytes.slice(0, length), 'm', 1, storeId, synced)
      expect(numbersOf(read.state)).toEqual([])
      expect(read.length).toBe(synced)
      expect(read.isTorn).toBe(length > synced)
    }
  })

  test('refuses anything bad below what was synced', async () => {
    const bench = await Bench.create()
    const synced = bench.manifest.sizeBytes
    await bench.add(1)
    const bytes = await bytesOf(bench)
    for (let length = 0; length < synced; length++) {
      expect(() => readManifest(bytes.slice(0, length), 'm', 1, storeId, synced)).toThrow(CorruptionError)
    }
    for (let offset = 0; offset < synced; offset++) {
      const flipped = Uint8Array.from(bytes)
      flipped[offset] = (flipped[offset] as number) ^ 0x10
      expect(() => readManifest(flipped, 'm', 1, storeId, synced)).toThrow(CorruptionError)
    }
  })

  test('refuses the manifest of another place or store', async () => {
    const bench = await Bench.create()
    const bytes = await bytesOf(bench)
    const { length } = bytes
    expect(() => readManifest(bytes, 'm', 2, storeId, length)).toThrow(/another place or store/)
    expect(() => readManifest(bytes, 'm', 1, { high: 1, low: 2 }, length)).toThrow(/another place or store/)
    expect(() => readManifest(bytes, 'm', 1, { ...storeId, low: 2 }, length)).toThrow(
      /another place or store/,
    )
  })

  test('refuses an edit that does not fit the edits before it', async () => {
    const bench = await Bench.create()
    await bench.add(1)
    const bytes = await bytesOf(bench)
    const head = bytes.length
    await bench.manifest.append({ added: [], removed: [1] }, () => {})
    const whole = await bytesOf(bench)
    const twice = new Uint8Array(whole.length + (whole.length - head))
    twice.set(whole)
    twice.set(whole.subarray(head), whole.length)
    expect(() => readManifest(twice, 'm', 1, storeId, head)).toThrow(/does not fit/)
  })

  test('refuses a format that it does not know', async () => {
    const { encodeFileHeader } = await import('../log/file-header.ts')
    const { hashResult, xxh64 } = await import('../bytes/xxh64.ts')
    const bytes = encodeFileHeader({ kind: 'manifest', number: 1, storeId })
    bytes[8] = 2
    xxh64(bytes, 0, 32, 0, 0)
    const view = new DataView(bytes.buffer)
    view.setUint32(32, hashResult.low, true)
    view.setUint32(36, hashResult.high, true)
    expect(() => readManifest(bytes, 'm', 1, storeId, 40)).toThrow(UnsupportedFormatError)
  })
})
