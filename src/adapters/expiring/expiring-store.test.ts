import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { StillTime } from '../../../test/support/still-time.ts'
import { ClosedError, StorageError, UnsupportedFormatError } from '../../errors.ts'
import { InMemoryStore } from '../../store/in-memory-store.ts'
import type { KeyValueStore } from '../../store/key-value-store.ts'
import { ExpiringStore, type ExpiringStoreOptions } from './expiring-store.ts'

type Store = KeyValueStore<string, Uint8Array>

interface Subject {
  readonly time: StillTime
  readonly store: Store
  readonly values: ExpiringStore
  readonly removed: string[]
  readonly errors: unknown[]
  /** Sets a value that can be read for so long. */
  put(key: string, ttlMs?: number): Promise<void>
  /** Lets time pass, and what falls due then run to its end. */
  pass(ms: number): Promise<void>
  keysInStore(): Promise<string[]>
}

function makeSubject(
  options: ExpiringStoreOptions = {},
  store: Store = InMemoryStore.open({ valueEncoding: 'bytes' }),
): Subject {
  const time = new StillTime()
  const removed: string[] = []
  const errors: unknown[] = []
  const listener = {
    removed: (keys: readonly string[]) => void removed.push(...keys),
    failed: (error: unknown) => void errors.push(error),
  }
  const values = new ExpiringStore(store, 'p/', { clock: time, scheduler: time, ...options }, listener)
  return {
    time,
    store,
    values,
    removed,
    errors,
    put: (key, ttlMs) =>
      values.put({ key, content: key, expiresMs: ttlMs === undefined ? undefined : values.nowMs + ttlMs }),
    pass: async (ms) => {
      time.pass(ms)
      for (let turn = 0; turn < 20; turn++) await nextTurn()
    },
    keysInStore: () => store.keys().nextMany(10_000),
  }
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'))
}

describe('what has expired', () => {
  test('is hidden from every read at once, while it still lies in the store', async () => {
    const { values, put, time, keysInStore } = makeSubject({ sweepIntervalMs: 0 })
    await put('short', 1000)
    await put('long', 5000)
    time.pass(1001)
    expect(await values.get('short')).toBeUndefined()
    expect((await values.getMany(['short', 'long'])).map((value) => value?.text)).toEqual([undefined, 'long'])
    const entries: string[] = []
    for await (const [key] of values.entries('')) entries.push(key)
    expect(entries).toEqual(['long'])
    expect(await values.deleteMany(['long', 'absent'])).toEqual([true, false])
    expect(await keysInStore()).toEqual(['p/short'])
    expect(await values.deleteMany(['short'])).toEqual([false])
    expect(await keysInStore()).toEqual([])
  })

  test('takes away what it would have replaced when it is expired as it is written', async () => {
    const { values, put, keysInStore } = makeSubject()
    await put('a')
    await put('b')
    await put('a', -1)
    await values.putMany([{ key: 'b', content: 'new', expiresMs: values.nowMs - 1 }])
    expect(await keysInStore()).toEqual([])
  })

  test('never is what would expire after the year 10889', async () => {
    const { values, put } = makeSubject()
    await put('key', Number.MAX_SAFE_INTEGER - 2e12)
    expect((await values.get('key'))?.expiresMs).toBeUndefined()
  })
})

describe('the sweep', () => {
  test('removes what has expired by itself, one slice an interval', async () => {
    const { put, pass, keysInStore, removed } = makeSubject({ sweepIntervalMs: 1000, sweepSliceEntries: 100 })
    await put('stays')
    for (const key of numbered(250)) await put(key, 10)
    const left: number[] = []
    for (let interval = 0; interval < 4; interval++) {
      await pass(1000)
      left.push((await keysInStore()).length)
    }
    expect(left).toEqual([151, 51, 1, 1])
    expect(removed).toEqual(numbered(250))
  })

  test('looks at no more of large values than it must', async () => {
    const { values, pass, keysInStore } = makeSubject({ sweepIntervalMs: 1000 })
    const content = new Uint8Array(100_000)
    for (const key of numbered(100)) await values.putMany([{ key, content, expiresMs: values.nowMs + 10 }])
    await pass(1000)
    expect(await keysInStore()).toHaveLength(100 - 32)
  })

  test('sleeps until the next value expires', async () => {
    const { put, pass, store, removed } = makeSubject({ sweepIntervalMs: 1000 })
    const walks = vi.spyOn(store, 'entries')
    await put('a', 10_000)
    await pass(1000)
    expect(walks).toHaveBeenCalledTimes(1)
    await pass(9000)
    expect(walks).toHaveBeenCalledTimes(1)
    await pass(1)
    expect(walks).toHaveBeenCalledTimes(2)
    expect(removed).toEqual(['a'])
    await pass(100_000)
    expect(walks).toHaveBeenCalledTimes(2)
    await put('b', 20_000)
    await put('c', 5000)
    await pass(5001)
    expect(removed).toEqual(['a', 'c'])
    await pass(15_000)
    expect(removed).toEqual(['a', 'c', 'b'])
  })

  test('finds what an earlier process left', async () => {
    const first = makeSubject({ sweepIntervalMs: 0, keepStoreOpen: true })
    await first.put('old', 10)
    await first.values.close()
    const second = makeSubject({}, first.store)
    await second.pass(1000)
    expect(second.removed).toEqual(['old'])
  })

  test('is also there on demand, and then goes over everything', async () => {
    const { values, put, time, keysInStore } = makeSubject({ sweepIntervalMs: 0, sweepSliceEntries: 10 })
    for (const key of numbered(95)) await put(key, 10)
    await put('stays', 10_000)
    time.pass(11)
    expect(await values.sweep()).toBe(95)
    expect(await keysInStore()).toEqual(['p/stays'])
    expect(await values.sweep()).toBe(0)
  })

  test('leaves alone what lies outside of the prefix, and what is no envelope', async () => {
    const { values, put, time, store, keysInStore } = makeSubject({ sweepIntervalMs: 0 })
    await store.put('p', Uint8Array.of(1))
    await store.put('p/other', Uint8Array.of(123, 125))
    await put('a', 10)
    time.pass(11)
    expect(await values.sweep()).toBe(1)
    expect(await keysInStore()).toEqual(['p', 'p/other'])
    await expect(values.get('other')).rejects.toThrow(UnsupportedFormatError)
  })

  test('is shared by those who use the same store and prefix', async () => {
    const first = makeSubject({ keepStoreOpen: true })
    const walks = vi.spyOn(first.store, 'entries')
    const listener = { removed: () => undefined, failed: () => undefined }
    const second = new ExpiringStore(first.store, 'p/', { keepStoreOpen: true }, listener)
    await first.values.close()
    await first.pass(1000)
    expect(walks).toHaveBeenCalledTimes(1)
    await second.close()
    await first.pass(100_000)
    expect(walks).toHaveBeenCalledTimes(1)
  })

  test('tells what fails and tries again a minute later', async () => {
    const { put, pass, store, errors, removed } = makeSubject({ sweepIntervalMs: 1000 })
    await put('a', 10)
    const failure = new StorageError('the disk is gone')
    vi.spyOn(store, 'batch').mockRejectedValueOnce(failure)
    await pass(1000)
    expect(errors).toEqual([failure])
    await pass(59_999)
    expect(removed).toEqual([])
    await pass(1)
    expect(removed).toEqual(['a'])
    expect(errors).toEqual([failure])
  })

  test('ends without a word when somebody else closes the store', async () => {
    const { values, put, pass, store, errors } = makeSubject()
    await put('a', 10)
    await store.close()
    await pass(200_000)
    expect(errors).toEqual([])
    await expect(values.get('a')).rejects.toThrow(ClosedError)
  })
})

describe('a write while the sweep looks', () => {
  /** Holds the sweep between its look and its removal. */
  function holdLook(store: Store): { looked: Promise<void>; goOn: () => void } {
    let goOn = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const looked = new Promise<void>((resolve) => {
      const entries = store.entries.bind(store)
      vi.spyOn(store, 'entries').mockImplementationOnce((range) => {
        const iterator = entries(range)
        const nextMany = iterator.nextMany.bind(iterator)
        iterator.nextMany = async (count) => {
          const chunk = await nextMany(count)
          resolve()
          await gate
          return chunk
        }
        return iterator
      })
    })
    return { looked, goOn }
  }

  test('is not lost', async () => {
    const { values, put, time, store } = makeSubject({ sweepIntervalMs: 0 })
    await put('a', 10)
    await put('b', 10)
    time.pass(11)
    const { looked, goOn } = holdLook(store)
    const sweeping = values.sweep()
    await looked
    await put('a', 1000)
    goOn()
    expect(await sweeping).toBe(1)
    expect((await values.get('a'))?.text).toBe('a')
  })

  test('is not lost when another adapter over the store made it', async () => {
    const { values, put, time, store } = makeSubject({ sweepIntervalMs: 0 })
    const listener = { removed: () => undefined, failed: () => undefined }
    const other = new ExpiringStore(store, '', { sweepIntervalMs: 0 }, listener)
    await put('a', 10)
    time.pass(11)
    const { looked, goOn } = holdLook(store)
    const sweeping = values.sweep()
    await looked
    await other.putMany([{ key: 'p/a', content: 'new', expiresMs: undefined }])
    goOn()
    expect(await sweeping).toBe(0)
    expect((await values.get('a'))?.text).toBe('new')
  })

  test('is not lost when it was on its way before', async () => {
    const { values, put, time, store } = makeSubject({ sweepIntervalMs: 0 })
    await put('a', 10)
    time.pass(11)
    let arrive = (): void => undefined
    const storePut = store.put.bind(store)
    // A write that the store has taken, in its order, and has not made visible yet.
    vi.spyOn(store, 'put').mockImplementationOnce(
      (key, value) =>
        new Promise((resolve) => {
          arrive = () => resolve(storePut(key, value))
        }),
    )
    const batch = vi.spyOn(store, 'batch')
    const writing = put('a', 1000)
    expect(await values.sweep()).toBe(0)
    expect(batch.mock.calls.flat().flat()).not.toContainEqual({ type: 'delete', key: 'p/a' })
    arrive()
    await writing
    expect((await values.get('a'))?.text).toBe('a')
  })

  test('comes after a deletion that was called before it, whatever is awaited', async () => {
    const { values, put } = makeSubject()
    await put('a')
    const [wasThere] = await Promise.all([values.deleteMany(['a']), put('a')])
    expect(wasThere).toEqual([true])
    expect((await values.get('a'))?.text).toBe('a')
  })
})

describe('closing', () => {
  test('closes the store once, and refuses what comes after', async () => {
    const { values, store } = makeSubject()
    const close = vi.spyOn(store, 'close')
    await Promise.all([values.close(), values.close()])
    expect(close).toHaveBeenCalledTimes(1)
    await expect(values.get('a')).rejects.toThrow(ClosedError)
    await expect(values.sweep()).rejects.toThrow(ClosedError)
  })

  test('leaves the store open where that is asked for', async () => {
    const { values, store } = makeSubject({ keepStoreOpen: true })
    await values.close()
    await expect(values.put({ key: 'a', content: '', expiresMs: undefined })).rejects.toThrow(ClosedError)
    expect(await store.has('a')).toBe(false)
  })

  test('waits for a store that is still being opened, and closes it', async () => {
    const store = InMemoryStore.open({ valueEncoding: 'bytes' })
    const listener = { removed: () => undefined, failed: () => undefined }
    const values = new ExpiringStore(nextTurn(store), '', {}, listener)
    const reading = values.get('a')
    await Promise.all([values.close(), expect(reading).rejects.toThrow(ClosedError)])
    await expect(store.get('a')).rejects.toThrow(ClosedError)
  })
})
