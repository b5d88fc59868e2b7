/** What every FileSystem does, as tests: run on the real one and on the one in memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { joinPath } from './file-names.ts'
import type { File, FileSystem } from './file-system.ts'
import { MemoryFileSystem } from './memory-file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'

let base = ''
let count = 0
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'varve-fs-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

testFileSystem('nodeFileSystem', nodeFileSystem, async () => {
  const directory = join(base, String(++count))
  await nodeFileSystem.makeDirectory(directory)
  return directory
})

const memoryFileSystem = new MemoryFileSystem()
testFileSystem('MemoryFileSystem', memoryFileSystem, async () => {
  const directory = `/memory/${++count}`
  await memoryFileSystem.makeDirectory(directory)
  return directory
})

/** Defines the suite. `createDirectory` makes an empty directory and gives its path. */
function testFileSystem(name: string, fs: FileSystem, createDirectory: () => Promise<string>): void {
  const inDirectory = (promise: string, run: (directory: string) => Promise<void>): void => {
    test(promise, async () => run(await createDirectory()))
  }

  async function write(path: string, text: string): Promise<void> {
    const file = await fs.open(path, 'create')
    await file.write(bytesOf(text), 0)
    await file.close()
  }

  async function read(path: string): Promise<string> {
    const file = await fs.open(path, 'read')
    try {
      const target = new Uint8Array(await file.size())
      expect(await file.read(target, 0)).toBe(target.length)
      return textOf(target)
    } finally {
      await file.close()
    }
  }

  describe(name, () => {
    describe('files', () => {
      inDirectory('a file holds what was written, whichever way it is read', async (directory) => {
        const path = joinPath(directory, 'file')
        const file = fs.openSync(path, 'create')
        file.writeSync(bytesOf('hello '), 0)
        await file.write(bytesOf('world'), 6)
        expect(file.path).toBe(path)
        expect(file.sizeSync()).toBe(11)
        expect(await file.size()).toBe(11)
        const blocking = new Uint8Array(5)
        expect(file.readSync(blocking, 6)).toBe(5)
        expect(textOf(blocking)).toBe('world')
        await file.close()
        expect(await read(path)).toBe('hello world')
      })

      inDirectory('reading stops at the end of the file and says how far it came', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, 'abcdef')
        const file = await fs.open(path, 'read')
        const target = new Uint8Array(10).fill(7)
        expect(file.readSync(target, 4)).toBe(2)
        expect([...target.subarray(0, 4)]).toEqual([101, 102, 7, 7])
        expect(await file.read(target, 4)).toBe(2)
        expect(await file.read(target, 6)).toBe(0)
        expect(await file.read(target, 1_000)).toBe(0)
        await file.close()
      })

      inDirectory('a write in the middle replaces only its own range', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, 'abcdefgh')
        const file = await fs.open(path, 'update')
        file.writeSync(bytesOf('XY'), 3)
        await file.close()
        expect(await read(path)).toBe('abcXYfgh')
      })

      inDirectory('a gap behind the old end reads as zeros', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        await file.write(bytesOf('ab'), 0)
        await file.write(bytesOf('cd'), 5)
        const target = new Uint8Array(7)
        expect(await file.read(target, 0)).toBe(7)
        expect([...target]).toEqual([97, 98, 0, 0, 0, 99, 100])
        await file.close()
      })

      inDirectory('an empty write changes nothing', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        file.writeSync(new Uint8Array(0), 100)
        await file.write(new Uint8Array(0), 100)
        expect(await file.size()).toBe(0)
        await file.close()
      })

      inDirectory('sources and targets may be parts of shared memory', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        const source = new Uint8Array(new SharedArrayBuffer(16), 4, 8)
        source.set([1, 2, 3, 4, 5, 6, 7, 8])
        file.writeSync(source, 0)
        await file.write(source, 8)
        for (const memory of [new SharedArrayBuffer(32), sharedWasmMemory()]) {
          const target = new Uint8Array(memory, 8, 16)
          expect(file.readSync(target, 0)).toBe(16)
          expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8])
          target.fill(0)
          expect(await file.read(target, 0)).toBe(16)
          expect([...target]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8])
        }
        await file.close()
      })

      inDirectory('the source may change after the call returns or resolves', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        const source = bytesOf('aa')
        file.writeSync(source, 0)
        source.fill(98)
        await file.write(source, 2)
        source.fill(99)
        const target = new Uint8Array(4)
        file.readSync(target, 0)
        expect(textOf(target)).toBe('aabb')
        await file.close()
      })

      inDirectory('a large write and read arrive whole', async (directory) => {
        const large = new Uint8Array(5_000_001).map((_, index) => index * 31)
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        await file.write(large, 3)
        const target = new Uint8Array(large.length)
        expect(await file.read(target, 3)).toBe(large.length)
        expect(Buffer.compare(target, large)).toBe(0)
        await file.close()
      })

      inDirectory('two open files on one path see the same content', async (directory) => {
        const path = joinPath(directory, 'file')
        const writer = await fs.open(path, 'create')
        const reader = await fs.open(path, 'read')
        writer.writeSync(bytesOf('seen'), 0)
        const target = new Uint8Array(4)
        expect(reader.readSync(target, 0)).toBe(4)
        expect(textOf(target)).toBe('seen')
        await writer.close()
        await reader.close()
      })

      inDirectory('syncing succeeds, both ways, on files opened in every mode', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, 'x')
        for (const mode of ['read', 'update'] as const) {
          const file = await fs.open(path, mode)
          file.syncSync()
          await file.sync()
          await file.close()
        }
      })
    })

    describe('beginning to write back', () => {
      inDirectory(
        'changes nothing, whenever it is done, and whatever is done meanwhile',
        async (directory) => {
          const path = joinPath(directory, 'file')
          const file = await fs.open(path, 'create')
          file.beginWriteBack()
          await file.write(bytesOf('one '), 0)
          file.beginWriteBack()
          file.beginWriteBack()
          file.writeSync(bytesOf('two'), 4)
          await file.sync()
          file.beginWriteBack()
          await file.close()
          expect(await read(path)).toBe('one two')
          expect(() => file.beginWriteBack()).toThrow(/closed/)
        },
      )

      inDirectory('is over before long, so that another can begin', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        const first = file.beginWriteBack()
        if (first !== 'none') {
          expect(first).toBe('begun')
          expect(file.beginWriteBack()).toBe('busy')
          await expect.poll(() => file.beginWriteBack(), { timeout: 10_000 }).toBe('begun')
        }
        file.closeSync()
      })

      inDirectory('is left out where the file has no name any more', async (directory) => {
        const path = joinPath(directory, 'file')
        const file = await fs.open(path, 'create')
        await fs.unlink(path)
        expect(file.beginWriteBack()).toBe('none')
        await file.close()
      })
    })

    describe('opening', () => {
      inDirectory('read and update need the file to be there', async (directory) => {
        const path = joinPath(directory, 'missing')
        for (const mode of ['read', 'update'] as const) {
          await expect(fs.open(path, mode)).rejects.toMatchObject({ code: 'ENOENT', path })
          expect(() => fs.openSync(path, mode)).toThrow(expect.objectContaining({ code: 'ENOENT', path }))
        }
      })

      inDirectory('create needs the name to be free', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, 'kept')
        await expect(fs.open(path, 'create')).rejects.toMatchObject({ code: 'EEXIST' })
        expect(() => fs.openSync(path, 'create')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
        await expect(fs.open(directory, 'create')).rejects.toMatchObject({ code: 'EEXIST' })
        expect(await read(path)).toBe('kept')
      })

      inDirectory('a missing folder is ENOENT, a file in its place ENOTDIR', async (directory) => {
        await write(joinPath(directory, 'file'), '')
        for (const mode of ['read', 'update', 'create'] as const) {
          await expect(fs.open(`${directory}/missing/file`, mode)).rejects.toMatchObject({ code: 'ENOENT' })
          await expect(fs.open(`${directory}/file/file`, mode)).rejects.toMatchObject({ code: 'ENOTDIR' })
        }
      })

      inDirectory('a directory is not a file', async (directory) => {
        await expect(fs.open(directory, 'update')).rejects.toMatchObject({ code: 'EISDIR' })
        // Some systems open it for reading and refuse to read.
        const reading = fs.open(directory, 'read').then((file) => readAndClose(file))
        await expect(reading).rejects.toMatchObject({ code: 'EISDIR' })
      })

      inDirectory('a file opened for reading refuses to be written', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, 'kept')
        const file = await fs.open(path, 'read')
        expect(() => file.writeSync(bytesOf('x'), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }))
        await expect(file.write(bytesOf('x'), 0)).rejects.toMatchObject({ code: 'EBADF' })
        await file.close()
        expect(await read(path)).toBe('kept')
      })
    })

    describe('closing', () => {
      inDirectory('a closed file refuses every use and says so', async (directory) => {
        const file = await fs.open(joinPath(directory, 'file'), 'create')
        await file.close()
        const closed = expect.objectContaining({ code: 'EBADF', message: expect.stringContaining('closed') })
        const bytes = new Uint8Array(1)
        expect(() => file.readSync(bytes, 0)).toThrow(closed)
        expect(() => file.writeSync(bytes, 0)).toThrow(closed)
        expect(() => file.syncSync()).toThrow(closed)
        expect(() => file.sizeSync()).toThrow(closed)
        await expect(file.read(bytes, 0)).rejects.toEqual(closed)
        await expect(file.write(bytes, 0)).rejects.toEqual(closed)
        await expect(file.sync()).rejects.toEqual(closed)
        await expect(file.size()).rejects.toEqual(closed)
      })

      inDirectory('closing twice is fine, in any mixture', async (directory) => {
        const path = joinPath(directory, 'file')
        const first = await fs.open(path, 'create')
        first.closeSync()
        first.closeSync()
        await first.close()
        const second = await fs.open(path, 'read')
        await Promise.all([second.close(), second.close()])
        second.closeSync()
      })

      inDirectory('operations under way finish before the file goes', async (directory) => {
        const path = joinPath(directory, 'file')
        const file = await fs.open(path, 'create')
        const part = new Uint8Array(300_000).fill(5)
        // More than the thread pool takes at once: most of them have not begun when the file is closed.
        const writing = Array.from({ length: 20 }, (_, index) => file.write(part, index * part.length))
        file.closeSync()
        // Would get the descriptor of `file`, were it free already.
        const other = fs.openSync(joinPath(directory, 'other'), 'create')
        await Promise.all(writing)
        await file.close()
        expect(await other.size()).toBe(0)
        await other.close()
        expect(Buffer.from(await read(path)).every((byte) => byte === 5)).toBe(true)
        expect((await read(path)).length).toBe(20 * part.length)
      })
    })

    describe('names', () => {
      inDirectory('list gives names and kinds', async (directory) => {
        await write(joinPath(directory, 'b'), '')
        await write(joinPath(directory, 'a'), '')
        await fs.makeDirectory(joinPath(directory, 'c'))
        const entries = await fs.list(directory)
        expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
          { name: 'a', kind: 'file' },
          { name: 'b', kind: 'file' },
          { name: 'c', kind: 'directory' },
        ])
      })

      inDirectory('list of nothing is ENOENT, of a file ENOTDIR', async (directory) => {
        await write(joinPath(directory, 'file'), '')
        await expect(fs.list(joinPath(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
        await expect(fs.list(joinPath(directory, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
      })

      inDirectory('makeDirectory makes missing parents and accepts what is there', async (directory) => {
        const deep = `${directory}/a/b/c`
        await fs.makeDirectory(deep)
        await fs.makeDirectory(deep)
        await fs.makeDirectory(`${directory}/a/d`)
        expect((await fs.list(`${directory}/a`)).map((entry) => entry.name).sort()).toEqual(['b', 'd'])
        expect(await fs.list(deep)).toEqual([])
      })

      inDirectory('makeDirectory refuses a file in the way', async (directory) => {
        await write(joinPath(directory, 'file'), '')
        await expect(fs.makeDirectory(joinPath(directory, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
        await expect(fs.makeDirectory(`${directory}/file/below`)).rejects.toMatchObject({ code: 'ENOTDIR' })
      })

      inDirectory('rename moves a file and replaces another', async (directory) => {
        const [from, to] = [joinPath(directory, 'from'), joinPath(directory, 'to')]
        await write(from, 'new')
        await write(to, 'old')
        await fs.rename(from, to)
        expect(await read(to)).toBe('new')
        expect((await fs.list(directory)).map((entry) => entry.name)).toEqual(['to'])
        fs.renameSync(to, from)
        expect(await read(from)).toBe('new')
      })

      inDirectory('rename of what is not there, or onto a directory, is refused', async (directory) => {
        const file = joinPath(directory, 'file')
        await write(file, '')
        await fs.makeDirectory(joinPath(directory, 'sub'))
        const missing = joinPath(directory, 'missing')
        await expect(fs.rename(missing, file)).rejects.toMatchObject({ code: 'ENOENT' })
        expect(() => fs.renameSync(missing, file)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
        await expect(fs.rename(file, joinPath(directory, 'sub'))).rejects.toMatchObject({ code: 'EISDIR' })
        await expect(fs.rename(file, `${directory}/missing/file`)).rejects.toMatchObject({ code: 'ENOENT' })
        expect(await read(file)).toBe('')
      })

      inDirectory('unlink removes the name, once', async (directory) => {
        const path = joinPath(directory, 'file')
        await write(path, '')
        await fs.unlink(path)
        await expect(fs.unlink(path)).rejects.toMatchObject({ code: 'ENOENT' })
        expect(() => fs.unlinkSync(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
        expect(await fs.list(directory)).toEqual([])
        await write(path, 'again')
        expect(await read(path)).toBe('again')
      })

      inDirectory(
        'a file whose name was removed or taken stays readable while it is open',
        async (directory) => {
          const path = joinPath(directory, 'file')
          await write(path, 'first')
          const first = await fs.open(path, 'update')
          await fs.unlink(path)
          await write(path, 'second')
          const second = await fs.open(path, 'read')
          await write(joinPath(directory, 'third'), 'third')
          await fs.rename(joinPath(directory, 'third'), path)
          expect(await readAndClose(second)).toBe('second')
          first.writeSync(bytesOf('FIRST'), 0)
          expect(await readAndClose(first)).toBe('FIRST')
          expect(await read(path)).toBe('third')
        },
      )

      inDirectory('syncing a directory needs it to be there', async (directory) => {
        await fs.syncDirectory(directory)
        fs.syncDirectorySync(directory)
        const missing = joinPath(directory, 'missing')
        await expect(fs.syncDirectory(missing)).rejects.toMatchObject({ code: 'ENOENT' })
        expect(() => fs.syncDirectorySync(missing)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      })
    })

    describe('the lock', () => {
      inDirectory('has one owner at a time', async (directory) => {
        const lock = await fs.lock(directory)
        await expect(fs.lock(directory)).rejects.toMatchObject({
          code: 'STORE_LOCKED',
          holder: { pid: process.pid },
          message: expect.stringContaining('in this process'),
        })
        await lock.verify()
        lock.verifySync()
        await lock.release()
        await lock.release()
        const next = await fs.lock(directory)
        await next.release()
      })

      inDirectory('is no longer valid after its release', async (directory) => {
        const lock = await fs.lock(directory)
        await lock.release()
        await expect(lock.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
        expect(() => lock.verifySync()).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }))
        const next = await fs.lock(directory)
        await lock.release()
        await next.verify()
        await expect(lock.verify()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
        await next.release()
      })

      inDirectory('leaves no file behind', async (directory) => {
        const lock = await fs.lock(directory)
        await lock.release()
        expect(await fs.list(directory)).toEqual([])
      })

      inDirectory('needs a directory', async (directory) => {
        await write(joinPath(directory, 'file'), '')
        await expect(fs.lock(joinPath(directory, 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
        await expect(fs.lock(joinPath(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
      })
    })
  })
}

async function readAndClose(file: File): Promise<string> {
  try {
    const target = new Uint8Array(100)
    return textOf(target.subarray(0, await file.read(target, 0)))
  } finally {
    await file.close()
  }
}

function sharedWasmMemory(): SharedArrayBuffer {
  // Not among the types of a library for Node alone.
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: { Memory: new (options: object) => { buffer: SharedArrayBuffer } }
  }
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.slice())
}
