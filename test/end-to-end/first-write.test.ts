/** The first write after opening, when there is no log yet. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

const tuning = { arenaSizeBytes: 65_536 }

describe('LogStructuredStore', () => {
  test('a first write that needs memory of its own is followed by others in the logs', async () => {
    const disk = new MemoryFileSystem()
    const store = await LogStructuredStore.open('/store', { fileSystem: disk, tuning })
    await store.put('large', 'x'.repeat(100_000))
    await store.flush()
    await store.put('small', '1')
    await store.flush()
    await store.put('last', '2')
    const killed = disk.killed()
    await store.close()

    const reopened = await LogStructuredStore.open('/store', { fileSystem: killed, tuning })
    expect(await reopened.keys().nextMany(9)).toEqual(['large', 'last', 'small'])
    await reopened.close()
  })

  test('logs are numbered in the order in which they are written', async () => {
    const disk = new MemoryFileSystem()
    const store = await LogStructuredStore.open('/store', { fileSystem: disk, tuning })
    await store.put('large', 'x'.repeat(100_000))
    await store.put('small', '1')
    const names = (await disk.list('/store')).map(({ name }) => name).filter((name) => name.endsWith('.log'))
    const [first = 0, ...others] = names.sort().map((name) => sizeOf(disk, name))
    expect(first).toBeGreaterThan(100_000)
    // Made ready for later: nothing but a header.
    expect(Math.max(...others)).toBeLessThan(100)
    await store.close()
  })
})

function sizeOf(disk: MemoryFileSystem, name: string): number {
  const file = disk.openSync(`/store/${name}`, 'read')
  try {
    return file.sizeSync()
  } finally {
    file.closeSync()
  }
}
