/** Encodings that use the store that they work for, from the middle of its calls: refused, and nothing is spoilt. */
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import type { SyncKeyValueStore } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'

type Store = SyncKeyValueStore<string, string>

const refusal = { code: 'STORE_INVALID_ARGUMENT', message: expect.stringMatching(/encoding used the store/) }

/** An encoding for values that does what it is told before it does its work. */
class Meddler {
  act: (() => unknown) | undefined

  encode(value: string): Uint8Array {
    this.act?.()
    return new TextEncoder().encode(value)
  }

  decode(bytes: Uint8Array): string {
    this.act?.()
    return new TextDecoder().decode(bytes)
  }
}

const kinds: Record<string, (valueEncoding: Meddler) => Promise<Store>> = {
  LogStructuredStore: (valueEncoding) =>
    LogStructuredStore.open('/store', { valueEncoding, fileSystem: new MemoryFileSystem() }),
  InMemoryStore: async (valueEncoding) => InMemoryStore.open({ valueEncoding }),
}

const long = 'k'.repeat(20_000)

for (const [name, open] of Object.entries(kinds)) {
  describe(`${name} with an encoding that meddles`, () => {
    test('refuses what it does while it encodes, and writes nothing else instead', async () => {
      const meddler = new Meddler()
      const store = await open(meddler)
      const acts: (() => unknown)[] = [
        () => store.putSync('other', 'x'),
        () => store.deleteSync(long),
        () => store.batchSync([{ type: 'put', key: 'other', value: 'x' }]),
        () => store.getSync(long),
        () => store.forEach({}, () => undefined),
        () => store.entries(),
      ]
      for (const act of acts) {
        meddler.act = act
        await expect(store.put(long, 'value'), String(act)).rejects.toMatchObject(refusal)
        expect(() => store.putSync(long, 'value'), String(act)).toThrow(/encoding used the store/)
        const batch = store.batch([
          { type: 'put', key: 'first', value: '1' },
          { type: 'put', key: 'second', value: '2' },
        ])
        await expect(batch, String(act)).rejects.toMatchObject(refusal)
      }
      meddler.act = undefined
      await store.put(long, 'value')
      expect(await store.entries().nextMany(9)).toEqual([[long, 'value']])
      await store.close()
    })

    test('refuses what it does without waiting, and the write itself is as it should be', async () => {
      const meddler = new Meddler()
      const store = await open(meddler)
      const told: unknown[] = []
      meddler.act = () =>
        store.put(`${long} by the encoding`, 'x').catch((error: unknown) => told.push(error))
      await store.put(long, 'value')
      meddler.act = undefined
      expect(told).toMatchObject([refusal])
      expect(await store.entries().nextMany(9)).toEqual([[long, 'value']])
      await store.close()
    })

    test('refuses what it does while it decodes', async () => {
      const meddler = new Meddler()
      const store = await open(meddler)
      await store.batch([
        { type: 'put', key: 'a', value: '1' },
        { type: 'put', key: 'b', value: '2' },
      ])
      const other = store.entries()
      const acts = [() => store.getSync('b'), () => store.putSync('c', '3'), () => other.nextManySync(1)]
      for (const act of acts) {
        meddler.act = act
        expect(() => store.getSync('a'), String(act)).toThrow(/encoding used the store/)
        await expect(store.getMany(['a', 'b'])).rejects.toMatchObject(refusal)
        await expect(store.values().nextMany(2)).rejects.toMatchObject(refusal)
      }
      meddler.act = undefined
      expect(await store.values().nextMany(9)).toEqual(['1', '2'])
      await store.close()
    })
  })
}

test('toJSON() is refused the store, too', async () => {
  const options = { fileSystem: new MemoryFileSystem(), valueEncoding: 'json' } as const
  const store = await LogStructuredStore.open<string, unknown>('/store', options)
  const value = { toJSON: () => store.putSync('other', 1) }
  await expect(store.put('key', value)).rejects.toMatchObject({ code: 'STORE_INVALID_ARGUMENT' })
  expect(await store.keys().nextMany(9)).toEqual([])
  await store.close()
})
