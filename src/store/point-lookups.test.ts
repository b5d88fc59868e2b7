import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../fs/memory-file-system.ts'
import { LogStructuredStore } from './log-structured-store.ts'

type ByteStore = LogStructuredStore<Uint8Array, Uint8Array>

const count = 2_000
const keyOf = (number: number): Buffer => Buffer.from(String(number).padStart(8, '0'))

/** A store whose entries all lie in a segment, none of it in memory. */
async function openCold(): Promise<ByteStore> {
  const fileSystem = new MemoryFileSystem()
  const open = (): Promise<ByteStore> =>
    LogStructuredStore.open('/store', { keyEncoding: 'bytes', valueEncoding: 'bytes', fileSystem })
  const filled = await open()
  for (let i = 0; i < count; i += 1) await filled.put(keyOf(i), keyOf(i * 7))
  await filled.close()
  return open()
}

describe('a key of bytes', () => {
  let store: ByteStore
  beforeEach(async () => {
    store = await openCold()
    return () => store.close()
  })

  test.each([
    ['a Buffer', (number: number) => Buffer.from(keyOf(number))],
    ['a Uint8Array', (number: number) => new Uint8Array(keyOf(number))],
  ])('that is %s may be written over as soon as an asynchronous read has begun', async (_kind, makeKey) => {
    for (const number of [3, 500, 1999]) {
      const key = makeKey(number)
      const value = store.get(key)
      key.fill(0)
      expect(await value).toEqual(new Uint8Array(keyOf(number * 7)))
    }
    await store.close()
    store = await openCold()
    for (const number of [4, 501, 1998]) {
      const key = makeKey(number)
      const isThere = store.has(key)
      key.fill(0)
      expect(await isThere).toBe(true)
    }
  })

  test('is looked up where it lies: in a larger array, in shared memory, whatever its offset', async () => {
    for (const buffer of [new ArrayBuffer(64), new SharedArrayBuffer(64)]) {
      for (let offset = 0; offset < 9; offset += 1) {
        const key = new Uint8Array(buffer, offset, 8)
        key.set(keyOf(77))
        expect(store.getSync(key)).toEqual(new Uint8Array(keyOf(77 * 7)))
        expect(await store.get(key)).toEqual(new Uint8Array(keyOf(77 * 7)))
        expect(store.hasSync(new Uint8Array(buffer, offset, 7))).toBe(false)
      }
    }
  })

  test('of a class of the caller is copied first: to take a part of it would call the constructor of that', async () => {
    class Wide extends Uint8Array {
      constructor() {
        super(32)
      }
    }
    const key = new Wide()
    key.fill(7)
    await store.put(key, keyOf(1))
    expect(store.getSync(key)).toEqual(new Uint8Array(keyOf(1)))
    expect(await store.get(key)).toEqual(new Uint8Array(keyOf(1)))
    await store.flush()
    expect(await store.get(key)).toEqual(new Uint8Array(keyOf(1)))
    expect(await store.getMany([key])).toEqual([new Uint8Array(keyOf(1))])
  })
})

test('getMany ends where its array of keys does, also when that became shorter while it waited', async () => {
  const store = await openCold()
  const keys = [0, 700, 1400, 1999].map(keyOf)
  const values = store.getMany(keys)
  keys.length = 0
  expect(await values).toEqual([new Uint8Array(keyOf(0))])
  await store.close()
})

describe('a key of bytes is not held once it was looked up by', () => {
  test.each<[string, (store: ByteStore, key: Uint8Array) => unknown]>([
    ['get', (store, key) => store.get(key)],
    ['getSync', (store, key) => store.getSync(key)],
    ['has', (store, key) => store.has(key)],
    ['hasSync', (store, key) => store.hasSync(key)],
    ['getMany', (store, key) => store.getMany([key])],
    ['getManySync', (store, key) => store.getManySync([key])],
    ['getView', (store, key) => store.getView(key, (value) => value.length)],
  ])('%s', async (_name, read) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const store = await openCold()
    const held: string[] = []
    // A key that is in a block that is not in memory, one that is there, and one that is nowhere.
    for (const number of [5, 5, count + 5]) {
      const buffer = await lookedUp(store, read, number)
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      if (buffer.deref() !== undefined) held.push(String(number))
    }
    expect(held).toEqual([])
    await store.close()
  })

  async function lookedUp(
    store: ByteStore,
    read: (store: ByteStore, key: Uint8Array) => unknown,
    number: number,
  ): Promise<WeakRef<ArrayBuffer>> {
    const key = new Uint8Array(new ArrayBuffer(1_000_000), 0, 8)
    key.set(keyOf(number))
    await read(store, key)
    return new WeakRef(key.buffer)
  }
})
