/** Listeners are code of the caller's own: whatever they do with the store must be safe. */
import { expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { StoreEventName } from '../../src/store/store-events.ts'

const names: readonly StoreEventName[] = [
  'flushBegin',
  'flushEnd',
  'compactionBegin',
  'compactionEnd',
  'stallBegin',
]

for (const how of ['put', 'putSync'] as const) {
  test(`a listener may write to the store by ${how}, and nothing is lost or mixed up`, async () => {
    const fileSystem = new MemoryFileSystem()
    const tuning = { arenaSizeBytes: 65_536, arenaCountMax: 3, level0RunCount: 2 }
    const store = await LogStructuredStore.open('/store', { fileSystem, tuning })
    const expected = new Map<string, string>()
    const writes: Promise<void>[] = []
    const write = (key: string, value: string): void => {
      expected.set(key, value)
      if (how === 'putSync') store.putSync(key, value)
      else writes.push(store.put(key, value))
    }
    let toldCount = 0
    let isListening = true
    for (const name of names) {
      store.on(name, () => {
        if (!isListening) return
        toldCount++
        write(`told ${toldCount}`, `${name} ${'t'.repeat(toldCount % 100)}`)
      })
    }
    for (let i = 0; i < 300; i++) {
      write(`key ${i}`, `${i} `.repeat(500 + 40 * (i % 50)))
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    while (writes.length > 0) await Promise.all(writes.splice(0))
    isListening = false
    await store.close()

    expect(toldCount).toBeGreaterThan(10)
    const reopened = await LogStructuredStore.open('/store', { fileSystem, tuning })
    expect(new Map(await reopened.entries().nextMany(100_000))).toEqual(expected)
    await reopened.close()
  })
}
