/** Blocking writes, alone and among others, on a disk that takes its time. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../support/slow-file-system.ts'

const KiB = 1024

function openSmallStore(seed: number): Promise<LogStructuredStore> {
  return LogStructuredStore.open('/store', {
    fileSystem: new SlowFileSystem(new MemoryFileSystem(), new SeededRandom(seed)),
    tuning: { arenaSizeBytes: 64 * KiB, arenaCountMax: 2, level0RunCount: 2 },
  })
}

describe('LogStructuredStore', () => {
  test('blocking writes find room whatever a flush is waiting for', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const store = await openSmallStore(seed)
      const random = new SeededRandom(seed)
      for (let i = 0; i < 40; i++) {
        const value = String(i).repeat(7 * KiB)
        if (random.chance(0.3)) void store.put(`${i} later`, value)
        store.putSync(`${i}`, value)
        for (let turn = random.upTo(4); turn > 0; turn--)
          await new Promise((resolve) => setImmediate(resolve))
      }
      expect((await store.keys().nextMany(100)).length).toBeGreaterThanOrEqual(40)
      await store.close()
    }
  })

  test('blocking writes find room while a large one is on its way to the log', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const store = await openSmallStore(seed)
      const large = store.put('large', 'x'.repeat(1500 * KiB))
      for (let turn = seed; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
      for (let i = 0; i < 100; i++) store.putSync(`small ${i}`, String(i).repeat(3 * KiB))
      await large
      expect((await store.keys().nextMany(1000)).length).toBe(101)
      await store.close()
    }
  })
})
