import type * as NodeFs from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeFileSystem as fs } from './node-file-system.ts'

// What only a real file system has: permissions and links. The rest is in file-system.test.ts.
const isWindows = process.platform === 'win32'

/** The directories that were synced, in order. */
const synced: string[] = []
/** What syncing a directory fails with. */
let syncError: string | undefined

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof NodeFs>()
  const fail = (): void => {
    if (syncError !== undefined) throw Object.assign(new Error(syncError), { code: syncError })
  }
  const open = async (path: string, flags: number): Promise<NodeFs.promises.FileHandle> => {
    const handle = await fs.promises.open(path, flags)
    const sync = handle.sync.bind(handle)
    handle.sync = async () => {
      fail()
      await sync()
      synced.push(path)
    }
    return handle
  }
  const fsyncSync = (descriptor: number): void => {
    fail()
    fs.fsyncSync(descriptor)
  }
  return { ...fs, fsyncSync, promises: { ...fs.promises, open } }
})

let directory = ''
beforeEach(async () => {
  synced.length = 0
  syncError = undefined
  directory = await mkdtemp(join(tmpdir(), 'varve-node-fs-'))
})
afterEach(async () => {
  await chmod(directory, 0o700)
  await rm(directory, { recursive: true, force: true })
})

describe.skipIf(isWindows)('permissions', () => {
  test('new files and directories are for their owner alone', async () => {
    await fs.makeDirectory(join(directory, 'a', 'b'))
    const path = join(directory, 'a', 'b', 'file')
    await (await fs.open(path, 'create')).close()
    const modes = await Promise.all(
      [join(directory, 'a'), join(directory, 'a', 'b'), path].map((at) => lstat(at)),
    )
    expect(modes.map((stats) => (stats.mode & 0o777).toString(8))).toEqual(['700', '700', '600'])
  })
})

describe.skipIf(isWindows)('symbolic links', () => {
  test('in the place of a file are followed in no mode', async () => {
    await writeFile(join(directory, 'target'), 'untouched')
    await symlink(join(directory, 'target'), join(directory, 'link'))
    for (const mode of ['read', 'update'] as const) {
      await expect(fs.open(join(directory, 'link'), mode)).rejects.toMatchObject({ code: 'ELOOP' })
      expect(() => fs.openSync(join(directory, 'link'), mode)).toThrow(
        expect.objectContaining({ code: 'ELOOP' }),
      )
    }
    await expect(fs.open(join(directory, 'link'), 'create')).rejects.toMatchObject({ code: 'EEXIST' })
    expect(await readFile(join(directory, 'target'), 'utf8')).toBe('untouched')
  })

  test('that lead nowhere are not created through', async () => {
    await symlink(join(directory, 'nowhere'), join(directory, 'link'))
    await expect(fs.open(join(directory, 'link'), 'create')).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(lstat(join(directory, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('on the way to a folder are followed, and listed as neither file nor directory', async () => {
    await mkdir(join(directory, 'real'))
    await symlink(join(directory, 'real'), join(directory, 'link'))
    await (await fs.open(join(directory, 'link', 'file'), 'create')).close()
    expect(await fs.list(join(directory, 'link'))).toEqual([{ name: 'file', kind: 'file' }])
    const kinds = new Map((await fs.list(directory)).map(({ name, kind }) => [name, kind]))
    expect(kinds.get('link')).toBe('other')
    await fs.makeDirectory(join(directory, 'link'))
    await (await fs.lock(join(directory, 'link'))).release()
  })
})

test('makeDirectory takes relative paths', async () => {
  const before = process.cwd()
  process.chdir(directory)
  try {
    await fs.makeDirectory('a/b')
    await fs.makeDirectory('./a/c/')
    expect((await fs.list('a')).map((entry) => entry.name).sort()).toEqual(['b', 'c'])
  } finally {
    process.chdir(before)
  }
})

describe.skipIf(isWindows)('durability of directories', () => {
  test('makeDirectory syncs the parent of each directory that it made', async () => {
    await fs.makeDirectory(join(directory, 'a', 'b', 'c'))
    expect(synced).toEqual([directory, join(directory, 'a'), join(directory, 'a', 'b')])
  })

  test.skipIf(process.platform !== 'linux')(
    'makeDirectory fails where no directory can be made',
    async () => {
      await expect(fs.makeDirectory('/proc/varve/store')).rejects.toMatchObject({ code: 'ENOENT' })
    },
  )

  test('makeDirectory syncs the parent of one that was there: its maker may have died before', async () => {
    await mkdir(join(directory, 'a', 'b'), { recursive: true })
    await fs.makeDirectory(join(directory, 'a', 'b'))
    expect(synced).toEqual([join(directory, 'a')])
  })

  test('a failed sync of a directory is reported', async () => {
    syncError = 'EIO'
    await expect(fs.syncDirectory(directory)).rejects.toMatchObject({ code: 'EIO' })
    expect(() => fs.syncDirectorySync(directory)).toThrow(expect.objectContaining({ code: 'EIO' }))
    await expect(fs.makeDirectory(join(directory, 'a'))).rejects.toMatchObject({ code: 'EIO' })
  })

  test('a file system that cannot sync directories is not an error', async () => {
    syncError = 'EINVAL'
    await fs.syncDirectory(directory)
    fs.syncDirectorySync(directory)
    await fs.makeDirectory(join(directory, 'a'))
  })
})

describe('a folder with more names than are read at once', () => {
  test('is listed whole, and other work goes on meanwhile', async () => {
    const names = Array.from({ length: 2_500 }, (_, i) => `${i}`)
    for (const name of names) await writeFile(join(directory, name), '')
    let turnCount = 0
    const turn = setInterval(() => turnCount++, 0)
    const immediate = setImmediate(() => turnCount++)
    const entries = await fs.list(directory)
    clearInterval(turn)
    clearImmediate(immediate)
    expect(entries.map(({ name }) => name).sort()).toEqual([...names].sort())
    expect(turnCount).toBeGreaterThan(0)
  })
})
