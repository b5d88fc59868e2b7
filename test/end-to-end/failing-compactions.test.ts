/** Compactions that fail again and again while level 0 is full: flushes wait for them, and writes for the flushes. */
import { expect, test } from 'vitest'
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

/** Segments can be made by flushes only. */
class FlushesOnly extends MemoryFileSystem {
  isFlushing = false

  override openSync(path: string, mode: OpenMode): File {
    if (!this.isFlushing && mode === 'create' && path.endsWith('.seg')) {
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE', syscall: 'open' })
    }
    return super.openSync(path, mode)
  }
}

async function stalledStore(): Promise<{ store: LogStructuredStore; waiting: Promise<void> }> {
  const fileSystem = new FlushesOnly()
  const store = await LogStructuredStore.open('/store', {
    fileSystem,
    tuning: { arenaSizeBytes: 65_536, arenaCountMax: 2, level0RunCount: 2, level0RunCountMax: 3 },
  })
  store.on('flushBegin', () => {
    fileSystem.isFlushing = true
  })
  store.on('flushEnd', () => {
    fileSystem.isFlushing = false
  })
  for (let i = 0; i < 1000; i++) {
    let isWaiting = true
    const waiting = store.put(`filling ${i % 30}`, 'x'.repeat(3_000)).finally(() => {
      isWaiting = false
    })
    waiting.catch(() => undefined)
    while (isWaiting) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (store.status().stalls.cause === 'level0') return { store, waiting }
    }
  }
  throw new Error('no write had to wait')
}

test('a store can be closed, and refuses what waits', async () => {
  const { store, waiting } = await stalledStore()
  // Closing flushes too, which may fail; it has to end, and to say so.
  await store.close().catch((error: unknown) => expect(error).toMatchObject({ code: 'STORE_STORAGE' }))
  await expect(waiting).rejects.toMatchObject({ code: 'STORE_STORAGE', cause: { code: 'EMFILE' } })
})

test('a blocking write says why there is no room', async () => {
  const { store } = await stalledStore()
  expect(() => store.putSync('key', 'x')).toThrow('too many open files')
  await store.close().catch(() => undefined)
})
