import type * as NodeFs from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

/** How the system behaves badly: what each read or write may do at most, or what it fails with, in turn. */
const moods: Array<number | string> = []

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof NodeFs>()
  /** The length that the next call is allowed. Throws what it is to fail with. */
  const nextLength = (length: number): number => {
    const mood = moods.shift()
    if (typeof mood === 'string') throw Object.assign(new Error(mood), { code: mood })
    return mood === undefined ? length : Math.min(mood, length)
  }
  type Callback = (error: Error | null, count?: number) => void
  const callingBack =
    (run: (fd: number, bytes: Uint8Array, start: number, length: number, position: number) => number) =>
    (
      ...[fd, bytes, start, length, position, callback]: [
        number,
        Uint8Array,
        number,
        number,
        number,
        Callback,
      ]
    ) => {
      let count = 0
      try {
        count = run(fd, bytes, start, length, position)
      } catch (error) {
        callback(error as Error)
        return
      }
      callback(null, count)
    }
  const readSync = (
    fd: number,
    target: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): number => fs.readSync(fd, target, start, nextLength(length), position)
  const writeSync = (
    fd: number,
    source: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): number => {
    const allowed = nextLength(length)
    return allowed === 0 ? 0 : fs.writeSync(fd, source, start, allowed, position)
  }
  return { ...fs, readSync, writeSync, read: callingBack(readSync), write: callingBack(writeSync) }
})

const { nodeFileSystem } = await import('./node-file-system.ts')

let directory = ''
let path = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'varve-node-file-'))
  path = join(directory, 'file')
})
afterAll(() => rm(directory, { recursive: true, force: true }))
beforeEach(() => rm(path, { force: true }))

const content = Uint8Array.from({ length: 100 }, (_, index) => index)

for (const manner of ['blocking', 'not blocking'] as const) {
  async function write(): Promise<void> {
    const file = await nodeFileSystem.open(path, 'create')
    try {
      if (manner === 'blocking') file.writeSync(content, 0)
      else await file.write(content, 0)
    } finally {
      await file.close()
    }
  }

  async function read(): Promise<Uint8Array> {
    await writeFile(path, content)
    const file = await nodeFileSystem.open(path, 'read')
    const target = new Uint8Array(120)
    try {
      return target.subarray(0, manner === 'blocking' ? file.readSync(target, 0) : await file.read(target, 0))
    } finally {
      await file.close()
    }
  }

  test(`short writes are continued where they stopped (${manner})`, async () => {
    moods.push(1, 30, 68)
    await write()
    expect(moods).toEqual([])
    expect(new Uint8Array(await readFile(path))).toEqual(content)
  })

  test(`short reads are continued until the file ends (${manner})`, async () => {
    moods.push(7, 1, 50)
    expect(await read()).toEqual(content)
    expect(moods).toEqual([])
  })

  test(`interrupted reads and writes are repeated (${manner})`, async () => {
    moods.push('EINTR', 10, 'EAGAIN', 'EINTR')
    await write()
    expect(new Uint8Array(await readFile(path))).toEqual(content)
    moods.push('EAGAIN', 10, 'EINTR')
    expect(await read()).toEqual(content)
    expect(moods).toEqual([])
  })

  test(`other errors are reported as they are, with what was written before (${manner})`, async () => {
    moods.push(10, 'ENOSPC')
    await expect(write()).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(new Uint8Array(await readFile(path))).toEqual(content.subarray(0, 10))
    moods.push(10, 'EIO')
    await expect(read()).rejects.toMatchObject({ code: 'EIO' })
  })

  test(`a write that makes no progress is an error, not a loop (${manner})`, async () => {
    moods.push(10, 0)
    await expect(write()).rejects.toMatchObject({ code: 'EIO', path })
  })
}
