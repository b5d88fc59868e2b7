/** What the adapters for Keyv promise beyond Keyv's own suite: docs/keyv.md, sentence by sentence. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv6'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { VarveKeyv, VarveKeyv5 } from '../../src/adapters/keyv/varve-keyv.ts'
import { ClosedError, InvalidArgumentError, StorageError, UnsupportedFormatError } from '../../src/errors.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import { StillTime } from '../support/still-time.ts'
import { storeKinds } from './stores.ts'

type Store = InMemoryStore<string, Uint8Array>

function openStore(): Store {
  return InMemoryStore.open({ valueEncoding: 'bytes' })
}

async function listOf<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each(storeKinds)('over %s', (_, open) => {
  test('Keyv 6 uses the adapter itself and keeps time to the millisecond', async () => {
    const time = new StillTime()
    vi.spyOn(Date, 'now').mockImplementation(() => time.wallTimeMs())
    const adapter = new VarveKeyv(await open(), { clock: time, scheduler: time })
    const keyv = new Keyv6({ store: adapter, ttl: 1000, checkExpired: false })
    expect(keyv.store).toBe(adapter)
    await keyv.set('default', 1)
    await keyv.setMany([
      { key: 'short', value: 2, ttl: 10 },
      { key: 'long', value: 3, ttl: 5000 },
    ])
    time.pass(1000)
    expect(await keyv.getMany(['default', 'short', 'long'])).toEqual([1, undefined, 3])
    time.pass(1)
    expect(await keyv.has(['default', 'short', 'long'])).toEqual([false, false, true])
    expect(await keyv.has('default')).toBe(false)
    expect(await listOf(keyv.iterator())).toEqual([['long', 3]])
    expect(await keyv.delete(['default', 'long'])).toEqual([false, true])
    await keyv.disconnect()
  })

  test('Keyv 5 keeps time to the millisecond', async () => {
    const time = new StillTime()
    vi.spyOn(Date, 'now').mockImplementation(() => time.wallTimeMs())
    const adapter = new VarveKeyv5(await open(), { clock: time, scheduler: time })
    const keyv = new Keyv5({ store: adapter, ttl: 1000 })
    await keyv.set('default', 1)
    expect(await keyv.setMany([{ key: 'short', value: 2, ttl: 10 }])).toEqual([true])
    time.pass(1000)
    expect(await keyv.getMany(['default', 'short'])).toEqual([1, undefined])
    time.pass(1)
    expect(await adapter.getMany(['keyv:default', 'keyv:short'])).toEqual([undefined, undefined])
    expect(await keyv.hasMany(['default', 'short'])).toEqual([false, false])
    expect(await listOf(adapter.iterator())).toEqual([])
    await keyv.disconnect()
  })

  test('an application that goes from Keyv 5 to 6 finds its data again', async () => {
    const store = await open()
    const before = new Keyv5({ store: new VarveKeyv5(store, { keepStoreOpen: true }), namespace: 'app' })
    await before.set('user:1', { name: 'Ada' }, 60_000)
    await before.disconnect()
    const after = new Keyv6({ store: new VarveKeyv(store), namespace: 'app' })
    expect(await after.get('user:1')).toEqual({ name: 'Ada' })
    expect(await listOf(after.iterator())).toEqual([['user:1', { name: 'Ada' }]])
    await after.disconnect()
  })

  test('namespaces of Keyv 6 are apart, whatever their names', async () => {
    const store = await open()
    const names = ['a', 'a:b', 'a%3Ab', 'b', undefined]
    const keyvs = names.map((namespace) => {
      const adapter = new VarveKeyv(store, {
        keepStoreOpen: true,
        prefix: namespace === undefined ? 'x/' : '',
      })
      return new Keyv6({ store: adapter, ...(namespace === undefined ? {} : { namespace }) })
    })
    for (const [index, keyv] of keyvs.entries())
      await keyv.setMany([
        { key: 'b:key', value: index },
        { key: 'key', value: index },
      ])
    const left: unknown[] = []
    for (const [index, keyv] of keyvs.entries()) {
      expect(await listOf(keyv.iterator())).toEqual([
        ['b:key', index],
        ['key', index],
      ])
      await keyv.clear()
      left.push((await store.keys().nextMany(100)).length)
    }
    expect(left).toEqual([8, 6, 4, 2, 0])
    for (const keyv of keyvs) await keyv.disconnect()
    await store.close()
  })

  test('keys over the limit of the store are refused by event and answer', async () => {
    const keyv = new Keyv6({ store: new VarveKeyv(await open()) })
    const errors: unknown[] = []
    keyv.on('error', (error) => errors.push(error))
    expect(await keyv.set('k'.repeat(65_536), 1)).toBe(false)
    expect(
      await keyv.setMany([
        { key: 'fits', value: 1 },
        { key: 'k'.repeat(65_536), value: 1 },
      ]),
    ).toEqual([false, false])
    expect(await keyv.get('fits')).toBeUndefined()
    expect(errors).toHaveLength(2)
    for (const error of errors) expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(String(errors[0])).toContain('65535 bytes')
    await keyv.disconnect()
  })
})

describe('the adapter of the wrong Keyv', () => {
  test('is refused when the Keyv is made', () => {
    expect(() => new Keyv5({ store: new VarveKeyv(openStore()) })).toThrow('VarveKeyv is for Keyv 6')
    expect(() => new Keyv6({ store: new VarveKeyv5(openStore()) })).toThrow('VarveKeyv5 is for Keyv 5')
  })

  test('a time to live handed over as a time of expiry is refused', async () => {
    await expect(new VarveKeyv(openStore()).set('key', 'value', 60_000)).rejects.toThrow(InvalidArgumentError)
  })
})

describe('wrong arguments', () => {
  test.each([
    ['a path', './data', 'got the string "./data"; open one by open(path'],
    ['nothing', undefined, 'store must be a KeyValueStore, got undefined'],
    ['a Map', new Map(), 'got a Map'],
    ['a store of strings', InMemoryStore.open(), 'store must have strings as keys and bytes as values'],
    [
      'a store with tuples as keys',
      InMemoryStore.open({ keyEncoding: 'tuple', valueEncoding: 'bytes' }),
      'store must have strings as keys and bytes as values',
    ],
  ])('%s as the store', (_, store, message) => {
    expect(() => new VarveKeyv(store as unknown as Store)).toThrow(InvalidArgumentError)
    expect(() => new VarveKeyv(store as unknown as Store)).toThrow(message)
  })

  test.each([
    [{ prefix: 1 }, 'prefix must be a string'],
    [{ prefx: '' }, 'did you mean prefix?'],
    [{ sweepIntervalMs: -1 }, 'sweepIntervalMs must be a whole number'],
    [{ sweepSliceEntries: 0 }, 'sweepSliceEntries must be a whole number'],
    [{ keepStoreOpen: 'yes' }, 'keepStoreOpen must be true or false'],
  ])('the options %j', (options, message) => {
    expect(() => new VarveKeyv(openStore(), options as object)).toThrow(InvalidArgumentError)
    expect(() => new VarveKeyv5(openStore(), options as object)).toThrow(message)
  })

  test.each([Number.NaN, -1, '1000', new Date(0), Number.NEGATIVE_INFINITY])('the time %s', async (time) => {
    const six = new VarveKeyv(openStore())
    const five = new VarveKeyv5(openStore())
    const wrong = time as number
    await expect(six.set('key', 'value', wrong)).rejects.toThrow(InvalidArgumentError)
    await expect(six.setMany([{ key: 'key', value: 'value', expires: wrong }])).rejects.toThrow(
      'expires must be',
    )
    await expect(five.set('key', 'value', wrong)).rejects.toThrow('ttl must be a number of milliseconds')
    await expect(five.setMany([{ key: 'key', value: '', ttl: wrong }])).rejects.toThrow(InvalidArgumentError)
    expect(await five.has('key')).toBe(false)
  })

  test('values that no serializer has made into text', async () => {
    const keyv = new Keyv6({ store: new VarveKeyv(openStore()), serialization: false })
    const errors: unknown[] = []
    keyv.on('error', (error) => errors.push(error))
    expect(await keyv.set('key', { a: 1 })).toBe(false)
    expect(String(errors[0])).toContain('leave the serializer of Keyv on')
  })

  test('keys that are no strings, and lists that are none', async () => {
    const adapter = new VarveKeyv(openStore())
    const wrong = 1 as unknown as string
    for (const call of [
      adapter.get(wrong),
      adapter.has(wrong),
      adapter.delete(wrong),
      adapter.set(wrong, ''),
    ]) {
      await expect(call).rejects.toThrow('key must be a string, got the number 1')
    }
    const list = 'key' as unknown as string[]
    for (const call of [adapter.getMany(list), adapter.hasMany(list), adapter.deleteMany(list)]) {
      await expect(call).rejects.toThrow('keys must be an array')
    }
    await expect(adapter.setMany('key' as unknown as [])).rejects.toThrow('entries must be an array')
  })
})

describe('times to live that mean for ever', () => {
  test.each([undefined, 0, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER])(
    '%s in Keyv 5',
    async (ttl) => {
      const time = new StillTime()
      const adapter = new VarveKeyv5(openStore(), { clock: time, scheduler: time })
      await adapter.set('key', 'value', ttl)
      time.pass(1e13)
      expect(await adapter.get('key')).toBe('value')
    },
  )
})

describe('errors', () => {
  test('of a store that is closed are told by Keyv', async () => {
    const store = openStore()
    const keyv = new Keyv6({ store: new VarveKeyv(store) })
    const errors: unknown[] = []
    keyv.on('error', (error) => errors.push(error))
    await store.close()
    expect(await keyv.get('key')).toBeUndefined()
    expect(await keyv.set('key', 1)).toBe(false)
    expect(errors).toHaveLength(2)
    for (const error of errors) expect(error).toBeInstanceOf(ClosedError)
    expect(() => new VarveKeyv(store)).toThrow(ClosedError)
  })

  test('of a get are told by Keyv 5, once, although it passes over what get throws', async () => {
    const store = openStore()
    const keyv = new Keyv5({ store: new VarveKeyv5(store) })
    const errors: unknown[] = []
    keyv.on('error', (error) => errors.push(error))
    await store.close()
    expect(await keyv.get('key')).toBeUndefined()
    expect(errors).toHaveLength(1)
    expect(await keyv.set('key', 1)).toBe(false)
    expect(errors).toHaveLength(2)
    for (const error of errors) expect(error).toBeInstanceOf(ClosedError)
  })

  test('of a value that is not of the adapter name its key', async () => {
    const store = openStore()
    await store.put('key', new TextEncoder().encode('{}'))
    const adapter = new VarveKeyv(store)
    await expect(adapter.get('key')).rejects.toThrow(UnsupportedFormatError)
    await expect(listOf(adapter.iterator())).rejects.toThrow('"key"')
  })

  test('of a sweep are emitted by Keyv, and kept where nobody listens', async () => {
    const time = new StillTime()
    for (const listens of [true, false]) {
      const store = openStore()
      const failure = new StorageError('the disk is gone')
      vi.spyOn(store, 'entries').mockImplementation(() => {
        throw failure
      })
      const adapter = new VarveKeyv(store, { clock: time, scheduler: time })
      const keyv = new Keyv6({ store: adapter })
      const errors: unknown[] = []
      if (listens) keyv.on('error', (error) => errors.push(error))
      time.pass(1000)
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      expect(errors).toEqual(listens ? [failure] : [])
      expect(adapter.backgroundError).toBe(listens ? undefined : failure)
    }
  })

  test('of opening the store reject each call, and go unhandled nowhere', async () => {
    const failure = new StorageError('no such disk')
    const adapter = new VarveKeyv(Promise.reject(failure))
    await nextTurn()
    expect(adapter.backgroundError).toBe(failure)
    await expect(adapter.get('key')).rejects.toBe(failure)
    await expect(adapter.sweep()).rejects.toBe(failure)
    await adapter.disconnect()
  })
})

describe('the promise of a store', () => {
  test('will do where nothing can be awaited; calls wait for it', async () => {
    const store = openStore()
    const keyv = new Keyv6({ store: new VarveKeyv(nextTurn(store)) })
    await Promise.all([keyv.set('a', 1), keyv.set('a', 2)])
    expect(await keyv.get('a')).toBe(2)
    await keyv.disconnect()
    await expect(store.get('a')).rejects.toThrow(ClosedError)
  })

  test('is checked when the store is there', async () => {
    const adapter = new VarveKeyv(nextTurn(InMemoryStore.open()) as unknown as Promise<Store>)
    await expect(adapter.get('a')).rejects.toThrow('store must have strings as keys and bytes as values')
  })
})

describe('disconnect()', () => {
  test('leaves a store open that others use', async () => {
    const store = openStore()
    const first = new Keyv6({ store: new VarveKeyv(store, { keepStoreOpen: true }), namespace: 'a' })
    const second = new Keyv6({ store: new VarveKeyv(store), namespace: 'b' })
    await first.disconnect()
    await first.disconnect()
    expect(await second.set('key', 1)).toBe(true)
    await second.disconnect()
    await expect(store.get('key')).rejects.toThrow(ClosedError)
  })
})
