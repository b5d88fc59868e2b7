/** A manifest by itself, for tests of what a store does to it. */
import { expect } from 'vitest'
import { joinPath, manifestFileName } from '../../src/fs/file-names.ts'
import type { FileOperation } from '../../src/fs/file-operation.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { readCurrent } from '../../src/manifest/current-file.ts'
import { Manifest, rotationSizeBytes } from '../../src/manifest/manifest.ts'
import { emptyManifestState, type ManifestState } from '../../src/manifest/manifest-state.ts'
import { type ReadManifest, readManifest } from '../../src/manifest/read-manifest.ts'
import type { ManifestParts } from '../../src/manifest/successor.ts'
import type { VersionEdit } from '../../src/manifest/version-edit.ts'
import { segmentMeta } from './segment-metas.ts'

export const directory = '/store'
export const storeId = { high: 0x1234_5678, low: 0x9abc_def0 }

/** A manifest on a disk on which the next operation of some kind can be made to fail. */
export class ManifestBench {
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

  static async create(): Promise<ManifestBench> {
    const bench = new ManifestBench()
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

  async manifestNames(): Promise<string[]> {
    const entries = await this.fs.list(directory)
    return entries.map(({ name }) => name).filter((name) => name.startsWith('MANIFEST'))
  }

  async segmentsIn(disk?: MemoryFileSystem): Promise<number[]> {
    return numbersOf((await this.read(disk)).state)
  }
}

export async function bytesOf(bench: ManifestBench): Promise<Uint8Array> {
  const file = await bench.fs.open(joinPath(directory, manifestFileName(bench.manifest.number)), 'read')
  const bytes = new Uint8Array(await file.size())
  await file.read(bytes, 0)
  return bytes
}

export function adding(number: number): VersionEdit {
  const name = `k${number}`
  return { added: [{ level: 0, run: number, meta: segmentMeta(number, name, name) }], removed: [] }
}

export function numbersOf(state: ManifestState): number[] {
  return state.version.segments.map(({ number }) => number).sort((a, b) => a - b)
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code })
}

/** Fails operations of one name on manifests, the first `count` of them. */
export function failing(
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

/** A manifest with segment 1 that ends in half a record. */
export async function tornBench(): Promise<ManifestBench> {
  const bench = await ManifestBench.create()
  await bench.add(1)
  bench.fs.capacityBytes = bench.fs.usedBytes + 20
  await expect(bench.add(2)).rejects.toMatchObject({ code: 'ENOSPC' })
  bench.fs.capacityBytes = Infinity
  return bench
}

/** A manifest so long that the next edit replaces it. */
export async function longBench(): Promise<ManifestBench> {
  const bench = await ManifestBench.create()
  const longKey = new Uint8Array(1_000)
  for (let number = 100; bench.manifest.sizeBytes <= rotationSizeBytes; number++) {
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
