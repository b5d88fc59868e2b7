/** Flush and compaction of large stores run in a thread of their own, one for the whole process. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const valueLength = 100_000
const valueCount = 300

let startedCount = 0

function noteStart(): void {
  startedCount++
}

/** Node tells of each worker thread that this process starts. */
beforeEach(() => {
  startedCount = 0
  process.on('worker', noteStart)
})

afterEach(() => {
  process.off('worker', noteStart)
})

describe('end to end', () => {
  test('stores on a real disk share one worker thread', async () => {
    const folder = temporaryFolder()
    const warnings: string[] = []
    const stores = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        LogStructuredStore.open(join(folder, name), { memoryBudgetBytes: 2 ** 26 }),
      ),
    )
    for (const store of stores) store.on('warning', ({ message }) => warnings.push(message))
    expect(startedCount).toBe(0)
    await Promise.all(stores.map(fill))
    await Promise.all(stores.map((store) => store.compact()))
    expect(startedCount).toBe(1)
    expect(warnings).toEqual([])
    for (const store of stores) {
      const { maintenance, flushes, compactions } = store.status()
      expect(maintenance).toBe('worker')
      expect(flushes.count).toBeGreaterThan(0)
      expect(flushes.failures + compactions.failures).toBe(0)
      expect(store.getSync('key 17')).toBe('17'.repeat(valueLength / 2))
    }
    await Promise.all(stores.map((store) => store.close()))
  })

  test('with inline maintenance, and over files in memory, there is no thread', async () => {
    const inline = await LogStructuredStore.open(temporaryFolder(), { maintenance: 'inline' })
    const inMemory = await LogStructuredStore.open('/store', { fileSystem: new MemoryFileSystem() })
    for (const store of [inline, inMemory]) {
      await fill(store)
      await store.compact()
      expect(store.status().maintenance).toBe('inline')
      expect(store.getSync('key 42')).toBe('42'.repeat(valueLength / 2))
      await store.close()
    }
    expect(startedCount).toBe(0)
  })
})

async function fill(store: LogStructuredStore): Promise<void> {
  for (let i = 0; i < valueCount; i++)
    await store.put(
      `key ${i % 100}`,
      String(i % 100)
        .padStart(2, '0')
        .repeat(valueLength / 2),
    )
}
