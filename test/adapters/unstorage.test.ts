/**
 * The driver through unstorage's own `createStorage`: every method of a driver, over both stores. unstorage publishes no
 * suite for drivers; what is asked here follows its documentation.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  createStorage,
  type Driver,
  prefixStorage,
  restoreSnapshot,
  type Storage,
  type StorageValue,
  snapshot,
} from 'unstorage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import varveDriver, {
  type VarveDriver,
  type VarveDriverOptions,
} from '../../src/adapters/unstorage/varve-driver.ts'
import { ClosedError, InvalidArgumentError, StorageError, UnsupportedFormatError } from '../../src/errors.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import { StillTime } from '../support/still-time.ts'
import { storeKinds } from './stores.ts'

describe.each(storeKinds)('unstorage over %s', (_, open) => {
  let time: StillTime
  let driver: VarveDriver
  let storage: Storage

  async function start(options: Partial<VarveDriverOptions> = {}): Promise<void> {
    time = new StillTime()
    driver = varveDriver({ store: await open(), clock: time, scheduler: time, ...options })
    // That it fits unstorage's type of a driver is checked by the compiler here.
    const fitting: Driver = driver
    storage = createStorage({ driver: fitting })
  }

  beforeEach(() => start())
  afterEach(() => storage.dispose())

  async function passAndSettle(ms: number): Promise<void> {
    time.pass(ms)
    for (let turn = 0; turn < 20; turn++) await nextTurn()
  }

  describe('items', () => {
    test('what is absent is null and has no keys', async () => {
      expect(await storage.hasItem('a')).toBe(false)
      expect(await storage.getItem('a')).toBeNull()
      expect(await storage.getItemRaw('a')).toBeNull()
      expect(await storage.getItems(['a', 'b'])).toEqual([
        { key: 'a', value: null },
        { key: 'b', value: null },
      ])
      expect(await storage.getKeys()).toEqual([])
      expect(await driver.getMeta('a')).toBeNull()
    })

    test.each([
      ['text', 'hello'],
      ['empty text', ''],
      ['text beyond ASCII', 'größer 😀'],
      ['zero', 0],
      ['false', false],
      ['an object', { a: [1, { b: null }] }],
      ['an array', [1, 2, 3]],
    ])('%s comes back as it was set', async (_, value) => {
      await storage.setItem('folder:item', value)
      expect(await storage.hasItem('folder:item')).toBe(true)
      expect(await storage.getItem('folder:item')).toEqual(value)
      expect(await storage.get('folder/item')).toEqual(value)
    })

    test('a later value replaces an earlier one, undefined removes it', async () => {
      await storage.setItem('a', 'first')
      await storage.setItem('a', 'second')
      expect(await storage.getItem('a')).toBe('second')
      await storage.setItem('a', undefined as unknown as string)
      expect(await storage.hasItem('a')).toBe(false)
    })

    test('removeItem removes one item, and its metadata where that is asked for', async () => {
      await storage.setItem('a', '1')
      await storage.setItem('ab', '2')
      await storage.setMeta('a', { kind: 'x' })
      await storage.removeItem('a')
      expect(await storage.getItem('a')).toBeNull()
      expect(await storage.getItem('ab')).toBe(2)
      expect(await storage.getMeta('a')).toMatchObject({ kind: 'x' })
      await storage.removeItem('a', { removeMeta: true })
      expect(await storage.getMeta('a')).toEqual({})
      await storage.removeItem('absent')
    })

    test('setItems and getItems do many at once', async () => {
      await storage.setItems<StorageValue>([
        { key: 't:1', value: 'one' },
        { key: 't:2', value: { two: 2 } },
        { key: 't:1', value: 'last' },
      ])
      expect(await storage.getItems(['t:2', { key: 't:1' }, 't:3'])).toEqual([
        { key: 't:2', value: { two: 2 } },
        { key: 't:1', value: 'last' },
        { key: 't:3', value: null },
      ])
    })

    test('setItems writes all or none', async () => {
      const items = [
        { key: 'a', value: 'fits' },
        { key: 'k'.repeat(65_536), value: 'does not' },
      ]
      await expect(storage.setItems(items)).rejects.toThrow(InvalidArgumentError)
      expect(await storage.getKeys()).toEqual([])
    })
  })

  describe('raw items', () => {
    const bytes = Uint8Array.of(0, 1, 0xff, 0x80)

    test.each([
      ['a Uint8Array', bytes],
      ['a Buffer', Buffer.from(bytes)],
      ['an ArrayBuffer', bytes.slice().buffer],
      ['a DataView', new DataView(bytes.buffer)],
      ['a part of a larger buffer', Uint8Array.of(9, ...bytes, 9).subarray(1, 5)],
    ])('%s comes back as a Buffer of the same bytes', async (_, value) => {
      await storage.setItemRaw('raw', value)
      const found = await storage.getItemRaw('raw')
      expect(Buffer.isBuffer(found)).toBe(true)
      expect([...(found as Buffer)]).toEqual([...bytes])
    })

    test('text stays text, and bytes read as an item are text', async () => {
      await storage.setItemRaw('text', 'as it is')
      expect(await storage.getItemRaw('text')).toBe('as it is')
      await storage.setItemRaw('json', Buffer.from('{"a":1}'))
      expect(await storage.getItem('json')).toEqual({ a: 1 })
    })

    test('what is neither is refused', async () => {
      await expect(storage.setItemRaw('a', { a: 1 })).rejects.toThrow(
        'must be a string or bytes, got an object',
      )
      await expect(storage.setItemRaw('a', null)).rejects.toThrow(InvalidArgumentError)
      expect(await storage.hasItem('a')).toBe(false)
    })
  })

  describe('keys', () => {
    beforeEach(async () => {
      for (const key of ['top', 'a:one', 'a:b:two', 'a:b:c:three', 'ab:four', 'z'])
        await storage.setItem(key, key)
    })

    test('are listed in order, all or below a base', async () => {
      expect(await storage.getKeys()).toEqual(['a:b:c:three', 'a:b:two', 'a:one', 'ab:four', 'top', 'z'])
      expect(await storage.getKeys('a')).toEqual(['a:b:c:three', 'a:b:two', 'a:one'])
      expect(await storage.getKeys('a:b')).toEqual(['a:b:c:three', 'a:b:two'])
      expect(await storage.getKeys('none')).toEqual([])
    })

    test('are listed down to a depth', async () => {
      expect(await storage.getKeys(undefined, { maxDepth: 0 })).toEqual(['top', 'z'])
      expect(await storage.getKeys(undefined, { maxDepth: 1 })).toEqual(['a:one', 'ab:four', 'top', 'z'])
      expect(await storage.getKeys('a', { maxDepth: 2 })).toEqual(['a:b:two', 'a:one'])
      await expect(storage.getKeys('', { maxDepth: -1 })).rejects.toThrow(InvalidArgumentError)
    })

    test('of metadata are not among them', async () => {
      await storage.setMeta('top', { kind: 'x' })
      expect(await storage.getKeys()).not.toContain('top$')
    })

    test('are cleared below a base alone, or all', async () => {
      // A storage hands on the base of a clear only to drivers that are mounted below it, as a whole.
      await driver.clear('a')
      expect(await storage.getKeys()).toEqual(['ab:four', 'top', 'z'])
      await driver.clear('ab:')
      expect(await storage.getKeys()).toEqual(['top', 'z'])
      await storage.clear()
      expect(await storage.getKeys()).toEqual([])
      await storage.clear()
    })
  })

  describe('metadata', () => {
    test('has the time of writing and the size in bytes', async () => {
      time.pass(1234)
      await storage.setItem('a', 'größer')
      time.pass(1000)
      const meta = await storage.getMeta('a')
      expect(meta).toEqual({ mtime: new Date(1_700_000_001_234), size: 8 })
    })

    test('of the user is kept beside it', async () => {
      await storage.setItem('a', 'x')
      await storage.setMeta('a', { kind: 'note', atime: new Date(5) })
      expect(await storage.getMeta('a')).toMatchObject({ kind: 'note', atime: new Date(5), size: 1 })
      expect(await storage.getMeta('a', { nativeOnly: true })).not.toHaveProperty('kind')
      await storage.removeMeta('a')
      expect(await storage.getMeta('a')).not.toHaveProperty('kind')
    })
  })

  describe('times to live', () => {
    test('are in seconds, for an item, for a batch, or for the driver', async () => {
      await storage.dispose()
      await start({ ttl: 10 })
      await storage.setItem('default', 'x')
      await storage.setItem('short', 'x', { ttl: 0.5 })
      await storage.setItem('ever', 'x', { ttl: 0 })
      await storage.setItemRaw('raw', Buffer.from('x'), { ttl: 2 })
      await storage.setItems(
        [
          { key: 'batch', value: 'x' },
          { key: 'own', value: 'x', options: { ttl: 1 } },
        ],
        { ttl: 3 },
      )
      const goneAfter: Record<string, number> = {}
      for (let halves = 0; halves <= 22; halves++) {
        for (const key of ['default', 'short', 'ever', 'raw', 'batch', 'own']) {
          if (!(await storage.hasItem(key))) goneAfter[key] ??= halves / 2
        }
        time.pass(halves === 0 ? 1 : 500)
        if (halves === 0) time.pass(499)
      }
      // An item can still be read in the last millisecond of its life.
      expect(goneAfter).toEqual({ default: 10.5, short: 1, raw: 2.5, batch: 3.5, own: 1.5 })
    })

    test('hide what has expired from every read, and show what is left', async () => {
      await storage.setItem('a', 'x', { ttl: 60 })
      time.pass(15_500)
      expect(await storage.getMeta('a')).toMatchObject({ ttl: 45 })
      time.pass(44_501)
      expect(await storage.getItem('a')).toBeNull()
      expect(await storage.getItemRaw('a')).toBeNull()
      expect(await storage.getItems(['a'])).toEqual([{ key: 'a', value: null }])
      expect(await storage.getKeys()).toEqual([])
      expect(await storage.getMeta('a')).toEqual({})
    })

    test.each([-1, Number.NaN, '60', {}])('of %s are refused', async (ttl) => {
      const wrong = ttl as number
      await expect(storage.setItem('a', 'x', { ttl: wrong })).rejects.toThrow(
        'ttl must be a number of seconds',
      )
      await expect(storage.setItems([{ key: 'a', value: 'x' }], { ttl: wrong })).rejects.toThrow(
        InvalidArgumentError,
      )
      expect(await storage.hasItem('a')).toBe(false)
    })
  })

  describe('watch', () => {
    test('tells of updates and removals, those of a clear and of a sweep, too', async () => {
      const events: string[] = []
      const unwatch = await storage.watch((event, key) => events.push(`${event} ${key}`))
      await storage.setItem('a', 1)
      await storage.setItemRaw('b:raw', Buffer.from('x'))
      await storage.setItems([
        { key: 'c', value: 1 },
        { key: 'd', value: 1, options: { ttl: 5 } },
      ])
      await storage.removeItem('a')
      await driver.clear('b')
      await passAndSettle(1000)
      await passAndSettle(5000)
      expect(events).toEqual([
        'update a',
        'update b:raw',
        'update c',
        'update d',
        'remove a',
        'remove b:raw',
        'remove d',
      ])
      await unwatch()
      await storage.setItem('a', 1)
      expect(events).toHaveLength(7)
    })

    test('goes on when a listener throws', async () => {
      const events: string[] = []
      await storage.watch(() => {
        throw new Error('a listener')
      })
      driver.watch((event, key) => events.push(`${event} ${key}`))
      await storage.setItem('a', 1)
      expect(events).toEqual(['update a'])
      expect(driver.backgroundError).toEqual(new Error('a listener'))
    })
  })

  test('a mounted driver knows keys below its mount', async () => {
    const outer = createStorage()
    outer.mount('data', driver)
    await outer.setItem('data:a:b', 'x')
    await outer.setItem('other', 'y')
    expect(await driver.getItem('a:b')).toBe('x')
    expect(await outer.getKeys('data')).toEqual(['data:a:b'])
    await outer.clear('data')
    expect(await outer.getKeys()).toEqual(['other'])
    await outer.unmount('data')
    await expect(driver.getItem('a:b')).rejects.toThrow(ClosedError)
  })

  test('prefixes and snapshots of unstorage work', async () => {
    const users = prefixStorage(storage, 'users')
    await users.setItem('1', { name: 'Ada' })
    expect(await users.getKeys()).toEqual(['1'])
    const saved = await snapshot(storage, '')
    await storage.clear()
    await restoreSnapshot(storage, saved)
    expect(await users.getItem('1')).toEqual({ name: 'Ada' })
  })

  test('a base keeps other data of the store apart', async () => {
    await storage.dispose()
    const store = await open()
    await start({ store, base: 'files:', keepStoreOpen: true })
    await store.put('other', Uint8Array.of(1))
    await storage.setItem('a', 'x')
    expect(await store.keys().nextMany(10)).toEqual(['files:a', 'other'])
    await storage.clear()
    expect(await store.keys().nextMany(10)).toEqual(['other'])
    await storage.dispose()
    expect(await store.has('other')).toBe(true)
    await store.close()
  })

  test('dispose() closes the store, and calls after it are refused', async () => {
    await storage.dispose()
    await expect(storage.getItem('a')).rejects.toThrow(ClosedError)
    await expect(storage.setItem('a', 'x')).rejects.toThrow(ClosedError)
    await expect((await driver.getInstance()).get('a')).rejects.toThrow(ClosedError)
  })

  test('sweep() removes what has expired on demand', async () => {
    await storage.setItem('a', 'x', { ttl: 1 })
    time.pass(1001)
    expect(await driver.sweep()).toBe(1)
    expect(await driver.sweep()).toBe(0)
  })
})

describe('varveDriver', () => {
  const open = (): InMemoryStore<string, Uint8Array> => InMemoryStore.open({ valueEncoding: 'bytes' })

  test.each([
    [{}, 'store must be a KeyValueStore, got undefined'],
    [{ store: './data' }, "open(path, { valueEncoding: 'bytes' })"],
    [{ store: InMemoryStore.open() }, 'store must have strings as keys and bytes as values'],
    [{ store: open(), base: 1 }, 'base must be a string'],
    [{ store: open(), ttl: '1' }, 'ttl must be a number of seconds'],
    [{ store: open(), onError: true }, 'onError must be a function'],
    [{ store: open(), bas: '' }, 'did you mean base?'],
  ])('refuses wrong options %#', (options, message) => {
    expect(() => varveDriver(options as unknown as VarveDriverOptions)).toThrow(InvalidArgumentError)
    expect(() => varveDriver(options as unknown as VarveDriverOptions)).toThrow(message)
  })

  test('tells onError of a store that cannot be opened; each call rejects with it', async () => {
    const failure = new StorageError('no such disk')
    const errors: unknown[] = []
    const driver = varveDriver({ store: Promise.reject(failure), onError: (error) => errors.push(error) })
    await expect(driver.getItem('a')).rejects.toBe(failure)
    expect(errors).toEqual([failure])
    expect(driver.backgroundError).toBeUndefined()
  })

  test('names the key of a value that it did not write', async () => {
    const store = open()
    await store.put('a', new TextEncoder().encode('plain'))
    const driver = varveDriver({ store })
    await expect(driver.getItem('a')).rejects.toThrow(UnsupportedFormatError)
    await expect(driver.getKeys()).rejects.toThrow('"a"')
  })
})
