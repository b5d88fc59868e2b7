import { chmod, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeFileSystem as fs } from './node-file-system.ts'

// What only a real file system has: permissions and links. The rest is in file-system.test.ts.
const isWindows = process.platform === 'win32'

let directory = ''
beforeEach(async () => {
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
