/** Blocking writes, alone and among others, on a disk that takes its time. */
import { describe, expect, test } from 'vitest'
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { StillTime } from '../support/still-time.ts'

const KiB = 1024

function openSmallStore(seed: number): Promise<LogStructuredStore> {
  return LogStructuredStore.open('/store', {
    fileSystem: new SlowFileSystem(new MemoryFileSystem(), new SeededRandom(seed)),
    tuning: { arenaSizeBytes: 64 * KiB, arenaCountMax: 2, level0RunCount: 2 },
  })
}

/** Ends a loop that asks for the time again and again. */
class ImpatientTime extends StillTime {
  #questionsLeft = 100_000

  override monotonicMs(): number {
    if (--this.#questionsLeft < 0) throw new Error('no end of questions for the time')
    return super.monotonicMs()
  }
}

/** Non-blocking syncs of logs are not answered while `isHanging`. */
class HangingSyncs extends MemoryFileSystem {
  isHanging = false
  readonly #hanging: (() => void)[] = []

  override async open(path: string, mode: OpenMode): Promise<File> {
    return this.#hung(await super.open(path, mode))
  }

  override openSync(path: string, mode: OpenMode): File {
    return this.#hung(super.openSync(path, mode))
  }

  answer(): void {
    this.isHanging = false
    for (const resolve of this.#hanging.splice(0)) resolve()
  }

  #hung(file: File): File {
    if (!file.path.endsWith('.log')) return file
    const sync = file.sync.bind(file)
    file.sync = async () => {
      if (this.isHanging) await new Promise<void>((resolve) => this.#hanging.push(resolve))
      await sync()
    }
    return file
  }
}

describe('LogStructuredStore', () => {
  test('a blocking write goes on when one that is not waits for syncs that are far behind', async () => {
    const fileSystem = new HangingSyncs()
    const time = new ImpatientTime()
    const store = await LogStructuredStore.open('/store', { fileSystem, clock: time, scheduler: time })
    fileSystem.isHanging = true
    let waiting = Promise.resolve()
    for (let second = 0; second < 20 && store.status().stalls.cause === undefined; second++) {
      time.pass(1000)
      waiting = store.put('b', String(second))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(store.status().stalls.cause).toBe('sync')
    store.putSync('c', '3')
    await waiting
    expect(await store.get('c')).toBe('3')
    expect(store.status().stalls.cause).toBeUndefined()
    fileSystem.answer()
    await store.close()
  })

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
