/** What keeps the process alive: somebody's waiting does, the store's own plans do not. */
import { expect, test } from 'vitest'
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { type Scheduler, systemScheduler } from '../../src/time/scheduler.ts'

/** No segment can be made while there are too many open files. */
class TooManyFiles extends MemoryFileSystem {
  isRefusing = false

  override openSync(path: string, mode: OpenMode): File {
    if (this.isRefusing && mode === 'create' && path.endsWith('.seg')) {
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE', syscall: 'open' })
    }
    return super.openSync(path, mode)
  }
}

/** The system's, counting the timers that keep the process alive. */
class CountingScheduler implements Scheduler {
  keptAliveBy = 0

  microtask(run: () => void): void {
    systemScheduler.microtask(run)
  }

  immediate(run: () => void): void {
    systemScheduler.immediate(run)
  }

  timer(delayMs: number, run: () => void, keepsAlive = false): () => void {
    let count = keepsAlive ? 1 : 0
    const letGo = (): void => {
      this.keptAliveBy -= count
      count = 0
    }
    this.keptAliveBy += count
    const cancel = systemScheduler.timer(
      delayMs,
      () => {
        letGo()
        run()
      },
      keepsAlive,
    )
    return () => {
      letGo()
      cancel()
    }
  }
}

function fewTurns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

test('a flush that is tried again later keeps the process alive while a write waits for it, and only then', async () => {
  const fileSystem = new TooManyFiles()
  const scheduler = new CountingScheduler()
  const store = await LogStructuredStore.open('/store', {
    fileSystem,
    scheduler,
    tuning: { arenaSizeBytes: 65_536, arenaCountMax: 2 },
  })
  fileSystem.isRefusing = true
  await store.put('first', 'x'.repeat(8_000))
  await expect(store.flush()).rejects.toMatchObject({ cause: { code: 'EMFILE' } })
  await fewTurns()
  expect(scheduler.keptAliveBy).toBe(0)

  let waiting: Promise<void> = Promise.resolve()
  for (let i = 0; i < 100 && store.status().stalls.cause === undefined; i++) {
    waiting = store.put(`filling ${i}`, 'x'.repeat(3_000))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(store.status().stalls.cause).toBe('arenas')
  expect(scheduler.keptAliveBy).toBeGreaterThan(0)
  fileSystem.isRefusing = false
  await waiting
  await store.close()
  expect(scheduler.keptAliveBy).toBe(0)
})
