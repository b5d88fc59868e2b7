/** Several stores in one process. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LockedError } from '../../src/errors.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MiB = 1024 * 1024
const smallBudgetBytes = 16 * MiB

describe('end to end', () => {
  test('two stores are open at once and share nothing but the process', async () => {
    const folder = temporaryFolder()
    const left = await LogStructuredStore.open(join(folder, 'left'))
    const right = await LogStructuredStore.open(join(folder, 'right'), { valueEncoding: 'json' })
    await Promise.all([left.put('key', 'left'), right.put('key', { side: 'right' })])
    await Promise.all([left.flush(), right.compact()])
    await left.delete('key')
    expect(await left.get('key')).toBeUndefined()
    expect(await right.get('key')).toEqual({ side: 'right' })
    expect(() => right.getSync('key', { snapshot: left.snapshot() })).toThrow(/another store/)
    await left.close()
    await right.put('other', 1)
    expect(await right.keys().nextMany(9)).toEqual(['key', 'other'])
    await right.close()
  })

  test('a folder is opened once at a time', async () => {
    const folder = temporaryFolder()
    const store = await LogStructuredStore.open(folder)
    await expect(LogStructuredStore.open(folder)).rejects.toThrow(LockedError)
    await store.close()
    const next = await LogStructuredStore.open(folder)
    await next.close()
  })

  test('a hundred small stores are open at once, each within 16 MB', async () => {
    const folder = temporaryFolder()
    const residentBefore = process.memoryUsage().rss
    const stores: LogStructuredStore[] = []
    for (let i = 0; i < 100; i++) {
      stores.push(
        await LogStructuredStore.open(join(folder, String(i)), { memoryBudgetBytes: smallBudgetBytes }),
      )
    }
    await Promise.all(stores.map((store, i) => fill(store, i)))
    await Promise.all(stores.map((store) => store.flush()))
    for (const [i, store] of stores.entries()) {
      expect(await store.get('key 0')).toBe(textOf(i, 0))
      expect(await store.get('key 999')).toBe(textOf(i, 999))
      const { arenaBytes, indexBytes, cacheBytes } = store.status().memory
      expect(arenaBytes + indexBytes + cacheBytes).toBeLessThanOrEqual(smallBudgetBytes)
    }
    const residentAfter = process.memoryUsage().rss
    expect((residentAfter - residentBefore) / stores.length).toBeLessThan(smallBudgetBytes)
    await Promise.all(stores.map((store) => store.close()))
  })
})

async function fill(store: LogStructuredStore, number: number): Promise<void> {
  const operations = Array.from({ length: 1_000 }, (_, i) => ({
    type: 'put' as const,
    key: `key ${i}`,
    value: textOf(number, i),
  }))
  await store.batch(operations)
}

function textOf(store: number, index: number): string {
  return `${store}/${index}/`.repeat(100)
}
