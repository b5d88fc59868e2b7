import { describe, expect, test } from 'vitest'
import type { CrashProfile } from './crash-image.ts'
import type { FileOperation } from './file-operation.ts'
import type { FileSystem } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import type { CrashOptions } from './memory-tree.ts'

const profiles: readonly CrashProfile[] = ['ordered', 'posix']
const seeds = Array.from({ length: 300 }, (_, seed) => seed)

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function write(fs: FileSystem, path: string, bytes: Uint8Array | string, position = 0): void {
  const file = fs.openSync(path, position === 0 ? 'create' : 'update')
  file.writeSync(typeof bytes === 'string' ? bytesOf(bytes) : bytes, position)
  file.closeSync()
}

function overwrite(fs: FileSystem, path: string, bytes: Uint8Array | string, position = 0): void {
  const file = fs.openSync(path, 'update')
  file.writeSync(typeof bytes === 'string' ? bytesOf(bytes) : bytes, position)
  file.closeSync()
}

function sync(fs: FileSystem, path: string): void {
  const file = fs.openSync(path, 'update')
  file.syncSync()
  file.closeSync()
}

function readBytes(fs: FileSystem, path: string): Uint8Array {
  const file = fs.openSync(path, 'read')
  const target = new Uint8Array(file.sizeSync())
  file.readSync(target, 0)
  file.closeSync()
  return target
}

function read(fs: FileSystem, path: string): string {
  return new TextDecoder().decode(readBytes(fs, path))
}

async function names(fs: FileSystem, path = '/'): Promise<string> {
  return (await fs.list(path))
    .map((entry) => entry.name)
    .sort()
    .join(' ')
}

/** What `look` sees after crashes of either profile with many seeds: each distinct sight once, sorted. */
async function sights(
  fs: MemoryFileSystem,
  profile: CrashProfile,
  look: (crashed: MemoryFileSystem) => string | Promise<string>,
): Promise<string[]> {
  const seen = new Set<string>()
  for (const seed of seeds) seen.add(await look(fs.crashed({ seed, profile })))
  return [...seen].sort()
}

describe('a crash', () => {
  for (const profile of profiles) {
    describe(`(${profile})`, () => {
      test('keeps what was synced, file and name', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', 'synced')
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        expect(await sights(fs, profile, (crashed) => read(crashed, '/file'))).toEqual(['synced'])
      })

      test('keeps, loses or tears what was not', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', new Uint8Array(10_000).fill(1))
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        overwrite(fs, '/file', new Uint8Array(10_000).fill(2))
        const shares = new Set<string>()
        await sights(fs, profile, (crashed) => {
          const bytes = readBytes(crashed, '/file')
          expect(bytes.length).toBe(10_000)
          const kept = bytes.filter((byte) => byte === 2).length
          expect(kept + bytes.filter((byte) => byte === 1).length).toBe(10_000)
          shares.add(kept === 0 ? 'lost' : kept === 10_000 ? 'kept' : 'torn')
          // Torn between sectors, never inside one.
          for (let start = 0; start < bytes.length; start += 512) {
            const sector = bytes.subarray(start, start + 512)
            if (sector.some((byte) => byte !== sector[0]))
              throw new Error(`torn inside the sector at ${start}`)
          }
          return ''
        })
        expect([...shares].sort()).toEqual(['kept', 'lost', 'torn'])
      })

      test('may find a sector as it was between two writes', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', 'aaaa')
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        overwrite(fs, '/file', 'bb', 0)
        overwrite(fs, '/file', 'cc', 1)
        expect(await sights(fs, profile, (crashed) => read(crashed, '/file'))).toEqual([
          'aaaa',
          'bbaa',
          'bcca',
        ])
      })

      test('never loses what was synced in front of an append', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', new Uint8Array(700).fill(1))
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        overwrite(fs, '/file', new Uint8Array(9_000).fill(2), 700)
        await sights(fs, profile, (crashed) => {
          const bytes = readBytes(crashed, '/file')
          expect(bytes.length).toBeGreaterThanOrEqual(700)
          expect(bytes.length).toBeLessThanOrEqual(9_700)
          expect(bytes.subarray(0, 700).every((byte) => byte === 1)).toBe(true)
          return ''
        })
      })

      test('may cut an append at its old end, inside and at its new end', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', 'x')
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        overwrite(fs, '/file', new Uint8Array(20_000).fill(2), 1)
        const lengths = await sights(fs, profile, (crashed) => String(readBytes(crashed, '/file').length))
        expect(lengths).toContain('1')
        expect(lengths).toContain('20001')
        expect(lengths.length).toBeGreaterThan(5)
      })

      test('may lose the name of a synced file until its directory is synced', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/other', 'x')
        fs.syncDirectorySync('/')
        write(fs, '/file', 'synced')
        const atRisk = await sights(fs, profile, (crashed) => names(crashed))
        expect(atRisk).toEqual(['file other', 'other'])
        fs.syncDirectorySync('/')
        expect(await sights(fs, profile, (crashed) => names(crashed))).toEqual(['file other'])
      })

      test('may bring back a removed file with its content, until the directory is synced', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', 'synced')
        sync(fs, '/file')
        fs.syncDirectorySync('/')
        fs.unlinkSync('/file')
        const look = async (crashed: MemoryFileSystem): Promise<string> =>
          (await names(crashed)) === '' ? 'gone' : read(crashed, '/file')
        expect(await sights(fs, profile, look)).toEqual(['gone', 'synced'])
        fs.syncDirectorySync('/')
        expect(await sights(fs, profile, look)).toEqual(['gone'])
      })

      test('leaves the old or the new file under a replaced name, never none', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/CURRENT', 'old')
        sync(fs, '/CURRENT')
        fs.syncDirectorySync('/')
        write(fs, '/CURRENT.tmp', 'new')
        sync(fs, '/CURRENT.tmp')
        fs.renameSync('/CURRENT.tmp', '/CURRENT')
        expect(await sights(fs, profile, (crashed) => read(crashed, '/CURRENT'))).toEqual(['new', 'old'])
        fs.syncDirectorySync('/')
        expect(await sights(fs, profile, (crashed) => read(crashed, '/CURRENT'))).toEqual(['new'])
        expect(await sights(fs, profile, (crashed) => names(crashed))).toEqual(['CURRENT'])
      })

      test('keeps directories that makeDirectory made', async () => {
        const fs = new MemoryFileSystem()
        await fs.makeDirectory('/a/b/c')
        expect(await sights(fs, profile, (crashed) => names(crashed, '/a/b'))).toEqual(['c'])
      })

      test('after a failed sync may lose what a later sync claims to have kept', async () => {
        let failing = true
        const fs = new MemoryFileSystem({
          onOperation: ({ name }) => {
            if (name === 'sync' && failing) throw Object.assign(new Error('EIO'), { code: 'EIO' })
          },
        })
        write(fs, '/file', 'data')
        expect(() => sync(fs, '/file')).toThrow('EIO')
        failing = false
        fs.syncDirectorySync('/')
        sync(fs, '/file')
        expect(await sights(fs, profile, (crashed) => read(crashed, '/file'))).toContain('')
      })

      test('is the same for the same seed, and leaves the original alone', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', new Uint8Array(50_000).fill(1))
        const before = readBytes(fs, '/file')
        for (const seed of seeds.slice(0, 20)) {
          const options: CrashOptions = { seed, profile }
          const [first, second] = [fs.crashed(options), fs.crashed(options)]
          expect(await names(first)).toBe(await names(second))
          if ((await names(first)) === '') continue
          expect(Buffer.compare(readBytes(first, '/file'), readBytes(second, '/file'))).toBe(0)
          overwrite(first, '/file', 'changed')
          sync(first, '/file')
        }
        expect(Buffer.compare(readBytes(fs, '/file'), before)).toBe(0)
      })

      test('of a crashed disk changes nothing more', async () => {
        const fs = new MemoryFileSystem()
        write(fs, '/file', new Uint8Array(50_000).fill(1))
        for (const seed of seeds.slice(0, 20)) {
          const crashed = fs.crashed({ seed, profile })
          const again = crashed.crashed({ seed: seed + 1, profile })
          expect(await names(again)).toBe(await names(crashed))
          if ((await names(crashed)) !== '')
            expect(readBytes(again, '/file')).toEqual(readBytes(crashed, '/file'))
        }
      })
    })
  }

  test('(ordered) keeps a prefix of the changes of names, over all directories', async () => {
    const fs = new MemoryFileSystem()
    await fs.makeDirectory('/a')
    await fs.makeDirectory('/b')
    write(fs, '/a/1', '')
    write(fs, '/b/2', '')
    write(fs, '/a/3', '')
    const look = async (crashed: MemoryFileSystem): Promise<string> =>
      `${await names(crashed, '/a')} ${await names(crashed, '/b')}`.trim()
    expect(await sights(fs, 'ordered', look)).toEqual(['', '1', '1 2', '1 3 2'])
    // A sync of anything writes out the journal, with what is in it so far.
    fs.syncDirectorySync('/b')
    expect(await sights(fs, 'ordered', look)).toEqual(['1 3 2'])
  })

  test('(posix) keeps changes of names independently of each other', async () => {
    const fs = new MemoryFileSystem()
    write(fs, '/1', '')
    write(fs, '/2', '')
    expect(await sights(fs, 'posix', (crashed) => names(crashed))).toEqual(['', '1', '1 2', '2'])
    // Syncing a file promises nothing about its name.
    sync(fs, '/1')
    expect(await sights(fs, 'posix', (crashed) => names(crashed))).toEqual(['', '1', '1 2', '2'])
  })

  test('(ordered) shows no new block without its content; (posix) may show zeros or garbage', async () => {
    const fs = new MemoryFileSystem()
    write(fs, '/file', new Uint8Array(20_000).fill(2))
    fs.syncDirectorySync('/')
    const others = (profile: CrashProfile): Promise<string[]> =>
      sights(fs, profile, (crashed) => {
        const rest = readBytes(crashed, '/file').filter((byte) => byte !== 2)
        return rest.length === 0 ? 'content' : rest.every((byte) => byte === 0) ? 'zeros' : 'garbage'
      })
    expect(await others('ordered')).toEqual(['content'])
    expect(await others('posix')).toEqual(['content', 'garbage', 'zeros'])
  })
})

describe('a killed process', () => {
  test('leaves everything it wrote, and the power may still fail afterwards', async () => {
    const fs = new MemoryFileSystem()
    write(fs, '/file', 'synced')
    sync(fs, '/file')
    fs.syncDirectorySync('/')
    overwrite(fs, '/file', 'SYN')
    write(fs, '/new', 'new')
    const killed = fs.killed()
    expect(read(killed, '/file')).toBe('SYNced')
    expect(read(killed, '/new')).toBe('new')
    expect(await sights(killed, 'posix', (crashed) => read(crashed, '/file'))).toEqual(['SYNced', 'synced'])
    expect(await sights(killed, 'posix', (crashed) => names(crashed))).toEqual(['file', 'file new'])
    sync(killed, '/file')
    killed.syncDirectorySync('/')
    expect(await sights(killed, 'posix', (crashed) => read(crashed, '/file'))).toEqual(['SYNced'])
    expect(await sights(fs, 'posix', (crashed) => read(crashed, '/file'))).toEqual(['SYNced', 'synced'])
  })

  test('and its copy do not see what the other writes from then on', () => {
    const fs = new MemoryFileSystem()
    write(fs, '/file', 'both')
    const killed = fs.killed()
    const other = fs.killed()
    overwrite(killed, '/file', 'B')
    overwrite(killed, '/file', '-copy', 4)
    expect(read(fs, '/file')).toBe('both')
    overwrite(fs, '/file', 'bOth-original')
    overwrite(killed, '/file', 'C')
    expect(read(fs, '/file')).toBe('bOth-original')
    expect(read(killed, '/file')).toBe('Coth-copy')
    expect(read(other, '/file')).toBe('both')
  })

  test('lets go of its locks and of files without names', async () => {
    const fs = new MemoryFileSystem()
    write(fs, '/file', 'held')
    const open = fs.openSync('/file', 'read')
    fs.unlinkSync('/file')
    await fs.lock('/')
    const killed = fs.killed()
    expect(fs.usedBytes).toBe(4)
    expect(killed.usedBytes).toBe(0)
    await killed.lock('/')
    open.closeSync()
    expect(fs.usedBytes).toBe(0)
  })
})

describe('the hook', () => {
  test('hears of every operation before it happens, in order', async () => {
    const heard: FileOperation[] = []
    const fs = new MemoryFileSystem({ onOperation: (operation) => heard.push(operation) })
    await fs.makeDirectory('/d')
    const file = await fs.open('/d/a', 'create')
    await file.write(bytesOf('abc'), 5)
    file.syncSync()
    await file.read(new Uint8Array(2), 1)
    await file.size()
    await file.close()
    await fs.rename('/d/a', '/d/b')
    await fs.syncDirectory('/d')
    await fs.list('/d')
    await fs.unlink('/d/b')
    expect(heard).toEqual([
      { name: 'makeDirectory', path: '/d', sequence: 1 },
      { name: 'open', path: '/d/a', mode: 'create', sequence: 2 },
      { name: 'write', path: '/d/a', position: 5, length: 3, sequence: 3 },
      { name: 'sync', path: '/d/a', sequence: 4 },
      { name: 'read', path: '/d/a', position: 1, length: 2, sequence: 5 },
      { name: 'size', path: '/d/a', sequence: 6 },
      { name: 'close', path: '/d/a', sequence: 7 },
      { name: 'rename', path: '/d/a', to: '/d/b', sequence: 8 },
      { name: 'syncDirectory', path: '/d', sequence: 9 },
      { name: 'list', path: '/d', sequence: 10 },
      { name: 'unlink', path: '/d/b', sequence: 11 },
    ])
  })

  test('stops an operation by throwing', async () => {
    let failing: FileOperation['name'] | undefined
    const fs = new MemoryFileSystem({
      onOperation: ({ name }) => {
        if (name === failing) throw new Error(`no ${name}`)
      },
    })
    write(fs, '/file', 'kept')
    const file = await fs.open('/file', 'update')
    failing = 'write'
    expect(() => file.writeSync(bytesOf('lost'), 0)).toThrow('no write')
    await expect(file.write(bytesOf('lost'), 0)).rejects.toThrow('no write')
    failing = 'unlink'
    await expect(fs.unlink('/file')).rejects.toThrow('no unlink')
    failing = 'open'
    await expect(fs.open('/new', 'create')).rejects.toThrow('no open')
    failing = undefined
    expect(read(fs, '/file')).toBe('kept')
    expect(await names(fs)).toBe('file')
  })

  test('may take a copy, which is from before the operation', () => {
    const copies: MemoryFileSystem[] = []
    const fs: MemoryFileSystem = new MemoryFileSystem({
      onOperation: ({ name }) => {
        if (name === 'write') copies.push(fs.killed())
      },
    })
    write(fs, '/file', 'one')
    overwrite(fs, '/file', 'two')
    expect(copies.map((copy) => read(copy, '/file'))).toEqual(['', 'one'])
  })
})

describe('a full disk', () => {
  test('takes what fits of a write and then says ENOSPC', async () => {
    const fs = new MemoryFileSystem({ capacityBytes: 6 })
    const file = await fs.open('/file', 'create')
    file.writeSync(bytesOf('abcd'), 0)
    expect(() => file.writeSync(bytesOf('efgh'), 4)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    expect(read(fs, '/file')).toBe('abcdef')
    await expect(file.write(bytesOf('x'), 6)).rejects.toMatchObject({ code: 'ENOSPC' })
    // What takes no room is still possible.
    file.writeSync(bytesOf('ABC'), 0)
    expect(read(fs, '/file')).toBe('ABCdef')
  })

  test('has room again after a removal, or when it grows', () => {
    const fs = new MemoryFileSystem({ capacityBytes: 6 })
    write(fs, '/a', 'abcdef')
    expect(() => write(fs, '/b', 'x')).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    fs.unlinkSync('/a')
    overwrite(fs, '/b', 'xyz')
    expect(fs.usedBytes).toBe(3)
    fs.capacityBytes = 2
    expect(() => overwrite(fs, '/b', '!', 3)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    fs.capacityBytes = 4
    overwrite(fs, '/b', '!', 3)
    expect(read(fs, '/b')).toBe('xyz!')
  })

  test('keeps the room of a replaced or removed file that is still open', () => {
    const fs = new MemoryFileSystem({ capacityBytes: 6 })
    write(fs, '/a', 'abc')
    write(fs, '/b', 'def')
    const open = fs.openSync('/b', 'read')
    fs.renameSync('/a', '/b')
    expect(() => write(fs, '/c', 'x')).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    open.closeSync()
    overwrite(fs, '/c', 'xyz')
    expect(fs.usedBytes).toBe(6)
  })
})

describe('paths', () => {
  test('lead to the same file however they are spelled', () => {
    const fs = new MemoryFileSystem()
    write(fs, 'file', 'x')
    for (const path of ['/file', './file', '//file', '/sub/../file', 'file/.'])
      expect(read(fs, path)).toBe('x')
  })
})

test('a large file written by appends is not copied at each', async () => {
  const fs = new MemoryFileSystem()
  const file = await fs.open('/file', 'create')
  const chunk = new Uint8Array(4_096).fill(1)
  // 64 MiB in 16,384 appends; copying everything at each would move half a terabyte and never end.
  for (let position = 0; position < 64 * 1024 * 1024; position += chunk.length)
    file.writeSync(chunk, position)
  expect(await file.size()).toBe(64 * 1024 * 1024)
})
