/**
 * A sync that fails, a kill, a second life that acknowledges writes, and then a power loss: what the second life saw
 * in the page cache must not be missing below what it made durable.
 */
import { CrashLaboratory } from '../../src/testing/laboratory/crash-laboratory.ts'
import type { Content } from './commit-history.ts'
import { settle } from './settling.ts'
import { contentOf, smallStoreOptions, storePath } from './small-stores.ts'

/** Lives twice; the sync of a log with this number fails. Whether one did. Throws when a promise is broken. */
export async function surviveFailedSync(failingSync: number, seed: number): Promise<boolean> {
  let syncCount = 0
  let isFirstLife = true
  const laboratory = new CrashLaboratory({
    seed,
    onOperation: ({ name, path }) => {
      if (isFirstLife && name === 'sync' && path.endsWith('.log') && syncCount++ === failingSync)
        throw Object.assign(new Error('EIO: made by a test, fdatasync'), { code: 'EIO' })
    },
  })
  await writeAndBeKilled(laboratory)
  isFirstLife = false
  const hasFailed = syncCount > failingSync
  const seen = await writeAndLosePower(laboratory)
  const { time } = laboratory
  const third = await settle(laboratory.open(storePath, smallStoreOptions()), time, 'the third open()')
  const found = new Map(await contentOf(third))
  await settle(third.close(), time, 'the third close()')
  laboratory.stop()
  for (const [key, value] of seen) {
    if (found.get(key) !== value)
      throw new Error(`${key} was seen before a disk write that is there, and is lost`)
  }
  return hasFailed
}

async function writeAndBeKilled(laboratory: CrashLaboratory): Promise<void> {
  const { time } = laboratory
  const store = await settle(laboratory.open(storePath, smallStoreOptions()), time, 'open()').catch(
    () => undefined,
  )
  for (let i = 0; i < 8 && store !== undefined; i++) {
    const write = store.put(`first-${i}`, 'x'.repeat(500), { durability: i % 3 === 2 ? 'disk' : 'os' })
    await settle(
      write.catch(() => undefined),
      time,
      'put()',
    )
  }
  laboratory.die('killed')
  const closing = store?.close().catch(() => undefined) ?? Promise.resolve()
  await settle(closing, time, 'close()')
}

async function writeAndLosePower(laboratory: CrashLaboratory): Promise<Content> {
  const { time } = laboratory
  const store = await settle(laboratory.open(storePath, smallStoreOptions()), time, 'the second open()')
  await settle(store.put('second', 'x', { durability: 'disk' }), time, 'put()')
  const seen = await contentOf(store)
  laboratory.die('posix')
  await settle(store.close(), time, 'the second close()')
  return seen
}
