/** Flushes that keep failing while all memory for writes is full. */
import { expect, test } from 'vitest'
import { CrashLaboratory } from '../../src/testing/laboratory/crash-laboratory.ts'
import { settle } from '../crash/settling.ts'
import { smallStoreOptions, storePath } from '../crash/small-stores.ts'

for (const call of ['flush', 'compact'] as const) {
  test(`${call}() rejects with their cause instead of waiting for memory that they would free`, async () => {
    let hasFiles = true
    const laboratory = new CrashLaboratory({
      seed: 1,
      onOperation: ({ name, path }) => {
        if (hasFiles || name !== 'open' || !path.endsWith('.seg')) return
        throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
      },
    })
    const { time } = laboratory
    const store = await settle(laboratory.open(storePath, smallStoreOptions()), time, 'open()')
    hasFiles = false
    const writes = Array.from({ length: 100 }, (_, i) => store.put(`k${i}`, 'v'.repeat(3000)))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(store.status().stalls.cause).toBe('arenas')
    await expect(settle(store[call](), time, `${call}()`)).rejects.toMatchObject({
      code: 'STORE_STORAGE',
      cause: { code: 'EMFILE' },
    })
    hasFiles = true
    await settle(Promise.all(writes), time, 'the writes')
    await settle(store[call](), time, `${call}()`)
    await settle(store.close(), time, 'close()')
    laboratory.stop()
  })
}
