import { describe, expect, test } from 'vitest'
import { InvalidArgumentError, LockedError, StorageError } from '../errors.ts'
import type { FileOperation } from '../fs/file-operation.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { createSystemError } from '../fs/system-error.ts'
import { LogStructuredStore } from './log-structured-store.ts'

async function writtenStore(fileSystem: MemoryFileSystem): Promise<LogStructuredStore> {
  const store = await LogStructuredStore.open('/store', { fileSystem })
  await store.put('flushed', '1')
  await store.flush()
  await store.put('logged', '2')
  return store
}

async function namesIn(fileSystem: MemoryFileSystem): Promise<string[]> {
  return (await fileSystem.list('/store')).map(({ name }) => name)
}

describe('destroy()', () => {
  test('removes every file of the store, so that opening makes an empty one', async () => {
    const fileSystem = new MemoryFileSystem()
    await (await writtenStore(fileSystem)).close()
    expect((await namesIn(fileSystem)).length).toBeGreaterThan(2)
    await LogStructuredStore.destroy('/store', { fileSystem })
    expect(await namesIn(fileSystem)).toEqual([])
    const store = await LogStructuredStore.open('/store', { fileSystem, errorIfExists: true })
    expect(await store.keys().nextMany(1)).toEqual([])
    await store.close()
  })

  test('leaves the files of others in the folder', async () => {
    const fileSystem = new MemoryFileSystem()
    await (await writtenStore(fileSystem)).close()
    await (await fileSystem.open('/store/notes.txt', 'create')).close()
    await LogStructuredStore.destroy('/store', { fileSystem })
    expect(await namesIn(fileSystem)).toEqual(['notes.txt'])
  })

  test('has nothing to do where there is no folder, or an empty one', async () => {
    const fileSystem = new MemoryFileSystem()
    await LogStructuredStore.destroy('/store', { fileSystem })
    await fileSystem.makeDirectory('/store')
    await LogStructuredStore.destroy('/store', { fileSystem })
    expect(await namesIn(fileSystem)).toEqual([])
  })

  test('refuses a store that is open, which goes on', async () => {
    const fileSystem = new MemoryFileSystem()
    const store = await writtenStore(fileSystem)
    await expect(LogStructuredStore.destroy('/store', { fileSystem })).rejects.toThrow(LockedError)
    expect(await store.get('flushed')).toBe('1')
    await store.close()
  })

  test('refuses a folder of others, a file, and wrong arguments', async () => {
    const fileSystem = new MemoryFileSystem()
    await fileSystem.makeDirectory('/other')
    await (await fileSystem.open('/other/notes.txt', 'create')).close()
    const destroy = (path: string): Promise<void> => LogStructuredStore.destroy(path, { fileSystem })
    await expect(destroy('/other')).rejects.toThrow(InvalidArgumentError)
    await expect(destroy('/other/notes.txt')).rejects.toThrow('/other/notes.txt is a file')
    await expect(destroy('')).rejects.toThrow('path must be the name of a folder')
    const misspelt = { filesystem: fileSystem } as object
    await expect(LogStructuredStore.destroy('/other', misspelt)).rejects.toThrow('did you mean fileSystem?')
  })

  test('cut short at any removal, it leaves no store that opens with a part, and can be done again', async () => {
    let removalsLeft = Number.POSITIVE_INFINITY
    const onOperation = ({ name }: FileOperation): void => {
      if (name !== 'unlink') return
      if (removalsLeft === 0) throw createSystemError('EIO', 'unlink', '/store')
      removalsLeft--
    }
    const original = new MemoryFileSystem()
    await (await writtenStore(original)).close()
    for (let allowed = 0; ; allowed++) {
      const fileSystem = original.killed({ onOperation })
      removalsLeft = allowed
      const failure = await LogStructuredStore.destroy('/store', { fileSystem }).catch((error) => error)
      removalsLeft = Number.POSITIVE_INFINITY
      if (failure === undefined) {
        expect(allowed).toBeGreaterThan(2)
        return
      }
      expect(failure).toBeInstanceOf(StorageError)
      if (allowed > 0) await expectNoPart(fileSystem.killed())
      await LogStructuredStore.destroy('/store', { fileSystem })
      expect(await namesIn(fileSystem)).toEqual([])
    }
  })
})

/** Opening fails, or everything is there (only the proof of a clean close was removed), or nothing. */
async function expectNoPart(fileSystem: MemoryFileSystem): Promise<void> {
  const store = await LogStructuredStore.open('/store', { fileSystem }).catch(() => undefined)
  if (store === undefined) return
  const values = await store.getMany(['flushed', 'logged']).catch(() => [])
  expect([[], ['1', '2'], [undefined, undefined]]).toContainEqual(values)
  await store.close()
}
