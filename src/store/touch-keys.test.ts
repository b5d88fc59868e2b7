import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { LogStructuredStore } from './log-structured-store.ts'

const count = 12_000
const keyOf = (number: number): Buffer => Buffer.from(String(number).padStart(8, '0'))
/** Of many lengths, so that where an entry lies is often guessed wrong. */
const valueFor = (number: number): Buffer => Buffer.alloc(1_000 + ((number * 7_919) % 2_000), keyOf(number))

class OwnBytes extends Uint8Array {}

/** A store that is too large to be near, with a run over its run. */
async function openLarge(): Promise<LogStructuredStore<Uint8Array, Uint8Array>> {
  const store = await LogStructuredStore.open('/store', {
    keyEncoding: 'bytes',
    valueEncoding: 'bytes',
    durability: 'memory',
    fileSystem: new MemoryFileSystem(),
  })
  const put = (number: number) => ({ type: 'put' as const, key: keyOf(number), value: valueFor(number) })
  for (let from = 0; from < count; from += 1_000)
    await store.batch(Array.from({ length: 1_000 }, (_, i) => put(from + i)))
  await store.compact()
  for (let number = 0; number < count; number += 3) await store.delete(keyOf(number))
  await store.flush()
  return store
}

test('many keys at once give what each gives alone', async () => {
  await using store = await openLarge()
  const keys: Uint8Array[] = Array.from({ length: count + 50 }, (_, i) => keyOf((i * 7_907) % (count + 50)))
  keys.push(Buffer.alloc(5_000, 7), new Uint8Array(0), OwnBytes.from(keyOf(4)), keyOf(4), keyOf(4))
  const expected = keys.map((key) => store.getSync(key))
  expect(expected.filter((value) => value !== undefined).length).toBe((count / 3) * 2 + 3)
  expect(store.status().memory.cacheBytes).toBeGreaterThan(16 * 1024 * 1024)
  for (const size of [31, 100]) {
    const values = []
    for (let from = 0; from < keys.length; from += size)
      values.push(...store.getManySync(keys.slice(from, from + size)))
    expect(isDeepStrictEqual(values, expected)).toBe(true)
  }
  expect(isDeepStrictEqual(await store.getMany(keys), expected)).toBe(true)
})
