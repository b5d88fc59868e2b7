import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Tuple } from '../encoding/tuple-format.ts'
import { InMemoryStore } from './in-memory-store.ts'

describe('InMemoryStore.open()', () => {
  test('takes strings by default', async () => {
    await using store = InMemoryStore.open()
    expectTypeOf(store).toEqualTypeOf<InMemoryStore<string, string>>()
    await store.put('a', '1')
    expect(await store.get('a')).toBe('1')
  })

  test('infers keys and values from their encodings', async () => {
    const tuples = InMemoryStore.open({ keyEncoding: 'tuple', valueEncoding: 'bytes' })
    expectTypeOf(tuples).toEqualTypeOf<InMemoryStore<Tuple, Uint8Array>>()
    const json = InMemoryStore.open({ valueEncoding: 'json' })
    expectTypeOf(json).toEqualTypeOf<InMemoryStore<string, unknown>>()
    const numbers = InMemoryStore.open({
      valueEncoding: { encode: (value: number) => Uint8Array.of(value), decode: (bytes) => Number(bytes[0]) },
    })
    expectTypeOf(numbers).toEqualTypeOf<InMemoryStore<string, number>>()
    const both = InMemoryStore.open({
      keyEncoding: {
        encode: (key: Date) => Uint8Array.of(key.getDate()),
        decode: (bytes) => new Date(bytes.length),
      },
      valueEncoding: { encode: (value: number) => Uint8Array.of(value), decode: (bytes) => Number(bytes[0]) },
    })
    expectTypeOf(both).toEqualTypeOf<InMemoryStore<Date, number>>()
    numbers.putSync('a', 7)
    expect(numbers.getSync('a')).toBe(7)
  })

  test('takes the types of the caller where encodings cannot tell them', () => {
    interface User {
      name: string
    }
    const users = InMemoryStore.open<string, User>({ valueEncoding: 'json' })
    expectTypeOf(users).toEqualTypeOf<InMemoryStore<string, User>>()
    users.putSync('1', { name: 'Ada' })
    expect(users.getSync('1')?.name).toBe('Ada')
  })

  test('refuses unknown options and encodings by name', () => {
    expect(() => InMemoryStore.open({ valueEncodng: 'json' } as object)).toThrow(
      'open has no option "valueEncodng"; did you mean valueEncoding?',
    )
    expect(() => InMemoryStore.open({ valueEncoding: 'buffer' as 'bytes' })).toThrow(
      /valueEncoding must be one of 'utf8', .* got the string "buffer" \(did you mean 'bytes'\?\)/,
    )
  })
})

test('entries written while an iterator or a snapshot is open copy the entries once', () => {
  const store = InMemoryStore.open()
  store.putSync('a', '1')
  const snapshot = store.snapshot()
  const iterator = store.keys({ snapshot })
  snapshot.close()
  store.putSync('b', '2')
  store.putSync('c', '3')
  expect([...iterator]).toEqual(['a'])
  expect([...store.keys()]).toEqual(['a', 'b', 'c'])
})

test('sequence numbers count writes', async () => {
  const store = InMemoryStore.open()
  expect(store.snapshot().sequenceNumber).toBe(0)
  store.putSync('a', '1')
  store.batchSync([
    { type: 'put', key: 'b', value: '2' },
    { type: 'delete', key: 'a' },
  ])
  expect(store.snapshot().sequenceNumber).toBe(3)
  await store.clear()
  expect(store.snapshot().sequenceNumber).toBe(4)
})
