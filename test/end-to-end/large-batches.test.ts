/** Batches so large that they are brought in over several turns: what happens to the store meanwhile. */
import { expect, test } from 'vitest'
import type { File, OpenMode } from '../../src/fs/file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { BatchOperation } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { Clock } from '../../src/time/clock.ts'

/** There is no room for segments while `isFull`. */
class DiskWithoutRoom extends MemoryFileSystem {
  isFull = false

  override async open(path: string, mode: OpenMode): Promise<File> {
    this.#refuse(path, mode)
    return super.open(path, mode)
  }

  override openSync(path: string, mode: OpenMode): File {
    this.#refuse(path, mode)
    return super.openSync(path, mode)
  }

  #refuse(path: string, mode: OpenMode): void {
    if (!this.isFull || mode !== 'create' || !path.endsWith('.seg')) return
    throw Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'open' })
  }
}

/** Each question for the time takes some, so that large batches need many slices. */
class TickingClock implements Clock {
  #nowMs = 0

  monotonicMs(): number {
    this.#nowMs += 0.2
    return this.#nowMs
  }

  wallTimeMs(): number {
    return 1_700_000_000_000 + this.#nowMs
  }
}

const entryCount = 20_000
const large: BatchOperation<string, string>[] = Array.from({ length: entryCount }, (_, i) => ({
  type: 'put',
  key: `large ${i}`,
  value: `value ${i}`,
}))

function openStore(fileSystem: MemoryFileSystem, arenaCountMax = 2): Promise<LogStructuredStore> {
  return LogStructuredStore.open('/store', {
    fileSystem,
    clock: new TickingClock(),
    tuning: { arenaSizeBytes: 65_536, arenaCountMax },
  })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function largeCount(store: LogStructuredStore): Promise<number> {
  return (await store.keys({ prefix: 'large ' }).nextMany(2 * entryCount)).length
}

/** Where in the batch the interruption comes, in turns. */
const moments = [1, 10, 100, 120, 150, 200, 250, 300, 400, 800]

test('a batch that is on its way when the disk gets full is there whole or not at all when writing resumes', async () => {
  for (const moment of moments) {
    const fileSystem = new DiskWithoutRoom()
    const store = await openStore(fileSystem)
    await store.put('before', '1')
    fileSystem.isFull = true
    const outcome = store.batch(large).then(
      () => entryCount,
      () => 0,
    )
    for (let turn = 0; turn < moment; turn++) await nextTurn()
    fileSystem.isFull = false
    await expect
      .poll(
        () =>
          store.put('after', '2').then(
            () => 'written',
            () => 'refused',
          ),
        { interval: 20 },
      )
      .toBe('written')
    const expected = await outcome
    expect(await largeCount(store), `after ${moment} turns`).toBe(expected)
    await store.close()
    const reopened = await openStore(fileSystem)
    expect(await largeCount(reopened), `after ${moment} turns, reopened`).toBe(expected)
    expect(await reopened.getMany(['before', 'after'])).toEqual(['1', '2'])
    await reopened.close()
  }
})

test('a batch that is on its way when a store closes whose flush failed is there whole or not at all', async () => {
  for (const moment of moments) {
    const fileSystem = new DiskWithoutRoom()
    const store = await openStore(fileSystem, 8)
    await store.put('before', '1')
    fileSystem.isFull = true
    const flushed = store.flush().catch(() => undefined)
    const outcome = store.batch(large).then(
      () => entryCount,
      () => 0,
    )
    await flushed
    for (let turn = 0; turn < moment; turn++) await nextTurn()
    fileSystem.isFull = false
    await store.close()
    const expected = await outcome
    const reopened = await openStore(fileSystem, 8)
    expect(await largeCount(reopened), `after ${moment} turns`).toBe(expected)
    await reopened.close()
  }
})
