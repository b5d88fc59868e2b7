import { describe, expect, it } from 'vitest'
import { CorruptionError } from '../errors.ts'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { memoryPool } from '../kernel/memory-pool.ts'
import { LogStructuredStore } from './log-structured-store.ts'

/** A store that was killed with an entry in its log, and its first log cut to nothing. */
async function folderWithEmptyLog(): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem()
  const store = await LogStructuredStore.open('/store', { fileSystem })
  await store.put('a', '1', { durability: 'disk' })
  const killed = fileSystem.killed()
  await store.close()
  const names = (await killed.list('/store')).map(({ name }) => name).filter((name) => name.endsWith('.log'))
  const path = `/store/${names.sort()[0]}`
  await killed.unlink(path)
  await (await killed.open(path, 'create')).close()
  return killed
}

describe('opening', () => {
  it('that fails gives back all the memory that it took', async () => {
    const fileSystem = await folderWithEmptyLog()
    const before = memoryPool.takenBytes
    for (let i = 0; i < 3; i++) {
      await expect(LogStructuredStore.open('/store', { fileSystem })).rejects.toThrow(CorruptionError)
    }
    expect(memoryPool.takenBytes).toBe(before)
  })

  it('and closing a store gives back all its memory', async () => {
    const before = memoryPool.takenBytes
    const store = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    await store.put('a', '1')
    expect(memoryPool.takenBytes).toBeGreaterThan(before)
    await store.close()
    expect(memoryPool.takenBytes).toBe(before)
  })
})
