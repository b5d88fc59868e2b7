/** What VarveLevel does beyond abstract-level's own suite: options, errors, classic-level's calls, two doors. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  type LevelError,
  VarveLevel,
  type VarveLevelOptions,
} from '../../../src/adapters/level/varve-level.ts'
import { CorruptionError, InvalidArgumentError, LockedError } from '../../../src/errors.ts'
import { MemoryFileSystem } from '../../../src/fs/memory-file-system.ts'
import { InMemoryStore } from '../../../src/store/in-memory-store.ts'
import { LogStructuredStore } from '../../../src/store/log-structured-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-level-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})

function kept<D extends { close(): Promise<void> }>(database: D): D {
  opened.push(database)
  return database
}

let pathCount = 0
const freshPath = (): string => join(folder, `db-${pathCount++}`)

function levelIn<K = string, V = string>(
  fileSystem: MemoryFileSystem,
  options: VarveLevelOptions<K, V> = {},
): VarveLevel<K, V> {
  return kept(new VarveLevel<K, V>('/db', { fileSystem, ...options }))
}

function memoryStore(): InMemoryStore<Uint8Array, Uint8Array> {
  return InMemoryStore.open({ keyEncoding: 'bytes', valueEncoding: 'bytes' })
}

/** What a promise is rejected with, or a call throws. */
async function errorOf(run: () => unknown): Promise<LevelError> {
  try {
    await run()
  } catch (error) {
    return error as LevelError
  }
  throw new Error('it was not refused')
}

describe('a database over a folder', () => {
  test('is there again after closing and opening, and under a store’s own interface', async () => {
    const path = freshPath()
    const db = new VarveLevel(path)
    await db.put('a', '1', { sync: true })
    await db.sublevel('sub').put('b', '2')
    expect(db.location).toBe(path)
    await db.close()
    await db.open()
    expect(db.getSync('a')).toBe('1')
    await db.close()
    const store = await LogStructuredStore.open(path)
    expect(await store.entries().nextMany(9)).toEqual([
      ['!sub!b', '2'],
      ['a', '1'],
    ])
    await store.close()
  })

  test('sync writes with durability disk, and durability is taken by its own name', async () => {
    const fileSystem = new MemoryFileSystem()
    const db = levelIn(fileSystem, { durability: 'memory' })
    await db.put('synced', '1', { sync: true })
    await db.batch([{ type: 'put', key: 'batched', value: '2' }], { sync: true })
    await db.batch().put('chained', '3').write({ durability: 'disk' })
    await db.put('lost', '4')
    const after = levelIn(fileSystem.crashed({ seed: 1, profile: 'ordered' }))
    expect(await after.getMany(['synced', 'batched', 'chained', 'lost'])).toEqual(['1', '2', '3', undefined])
  })

  test('is removed by destroy(), refused while it is open', async () => {
    const path = freshPath()
    const db = new VarveLevel(path)
    await db.put('a', '1')
    const refused = await errorOf(() => VarveLevel.destroy(path))
    expect(refused).toMatchObject({ code: 'LEVEL_LOCKED', cause: expect.any(LockedError) })
    await db.close()
    await VarveLevel.destroy(path)
    expect(readdirSync(path)).toEqual([])
    await VarveLevel.destroy(freshPath())
  })

  test('repair() and getProperty() refuse by name', async () => {
    expect(await errorOf(() => VarveLevel.repair('some/where'))).toMatchObject({
      code: 'LEVEL_NOT_SUPPORTED',
      message: expect.stringContaining('some/where cannot be repaired'),
    })
    const db = levelIn(new MemoryFileSystem())
    expect(await errorOf(() => db.getProperty('leveldb.stats'))).toMatchObject({
      code: 'LEVEL_NOT_SUPPORTED',
      message: expect.stringContaining('"leveldb.stats"'),
    })
  })

  test('compactRange() and approximateSize() wait for opening and take encodings', async () => {
    const db = levelIn<string, Uint8Array>(new MemoryFileSystem(), { valueEncoding: 'view' })
    for (let i = 0; i < 100; i++) await db.put(`key-${i + 100}`, new Uint8Array(1000).fill(i))
    await db.compactRange('key-', 'key-~')
    const whole = await db.approximateSize('key-', 'key-~')
    expect(whole).toBeGreaterThan(100_000)
    expect(await db.approximateSize('key-100', 'key-150')).toBeLessThan(whole * 0.6)
    const hex = { keyEncoding: 'hex' } as const
    expect(await db.approximateSize('00', 'ff', hex)).toBe(whole)
    await db.close()
    const reopened = db.open()
    const sizes = db.approximateSize('key-', 'key-~')
    const compaction = db.compactRange('a', 'z')
    await Promise.all([reopened, compaction])
    expect(await sizes).toBe(whole)
    await db.close()
    for (const call of [() => db.approximateSize('a', 'b'), () => db.compactRange('a', 'b')]) {
      expect(await errorOf(call)).toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' })
    }
    const withoutEnd = db.compactRange as unknown as (start: string) => Promise<void>
    expect(await errorOf(() => withoutEnd.call(db, 'a'))).toBeInstanceOf(TypeError)
  })
})

describe('texts and bytes', () => {
  const view = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
  const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)
  const texts = ['', 'a', 'ä'.repeat(40), 'x'.repeat(5000), '\ufeffmark', '𝕍arve']
  const makers: [string, () => VarveLevel<string, string>][] = [
    ['over a folder', () => levelIn(new MemoryFileSystem())],
    ['over a store', () => kept(new VarveLevel<string, string>(memoryStore()))],
  ]

  test.each(makers)('are the same entries, %s', async (_, make) => {
    const db = make()
    for (const [index, content] of texts.entries()) {
      if (index % 2 === 0) await db.put(`k${content}`, content)
      else await db.put<Uint8Array, Uint8Array>(bytes(`k${content}`), bytes(content), view)
    }
    const keys = texts.map((content) => `k${content}`)
    const byteKeys = keys.map(bytes)
    expect(await db.getMany(keys)).toEqual(texts)
    expect(await db.getMany<Uint8Array, Uint8Array>(byteKeys, view)).toEqual(texts.map(bytes))
    for (const [index, key] of keys.entries()) {
      expect(await db.get(key)).toBe(texts[index])
      expect(await db.get<Uint8Array, Uint8Array>(bytes(key), view)).toEqual(bytes(texts[index] as string))
      if (db.location !== undefined) expect(db.getSync(key)).toBe(texts[index])
      expect(await db.has(key)).toBe(true)
    }
    expect(await db.hasMany([...keys, 'none'])).toEqual([...keys.map(() => true), false])
    const sorted = [...texts].sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
    expect(await db.iterator().all()).toEqual(sorted.map((content) => [`k${content}`, content]))
    expect(await db.iterator<Uint8Array, string>({ ...text, keyEncoding: 'view' }).all()).toEqual(
      sorted.map((content) => [bytes(`k${content}`), content]),
    )
    expect(await db.keys().all()).toEqual(sorted.map((content) => `k${content}`))
    expect(await db.values<string, Uint8Array>({ valueEncoding: 'view' }).all()).toEqual(sorted.map(bytes))
    expect(await db.iterator({ values: false, gt: 'ka' }).all()).toEqual(
      sorted.filter((content) => `k${content}` > 'ka').map((content) => [`k${content}`, undefined]),
    )
    const iterator = db.iterator()
    iterator.seek('kx')
    expect(await iterator.next()).toEqual([`k${'x'.repeat(5000)}`, 'x'.repeat(5000)])
    await iterator.close()
    await db.clear({ gte: 'kx', lt: 'ky' })
    expect(await db.get(`k${'x'.repeat(5000)}`)).toBeUndefined()
    await db.batch([
      { type: 'del', key: 'ka' },
      { type: 'put', key: 'b', value: 'text' },
    ])
    await db.batch().del('k').put('c', 'chained').write()
    expect(await db.getMany(['ka', 'k', 'b', 'c'])).toEqual([undefined, undefined, 'text', 'chained'])
  })

  test('half of a surrogate pair is written as U+FFFD, and what is no UTF-8 is read as that', async () => {
    const db = levelIn(new MemoryFileSystem())
    await db.put('half', 'x\ud800y')
    expect([await db.get('half'), db.getSync('half')]).toEqual(['x\ufffdy', 'x\ufffdy'])
    await db.put('short', '\udc00')
    expect(await db.get('short')).toBe('\ufffd')
    await db.put<string, Uint8Array>('bytes', Uint8Array.of(97, 255, 98), { valueEncoding: 'view' })
    expect([await db.get('bytes'), db.getSync('bytes')]).toEqual(['a\ufffdb', 'a\ufffdb'])
  })
})

describe('a database over a store', () => {
  test('leaves the store open, and shares it', async () => {
    const store = memoryStore()
    const db = new VarveLevel(store, { valueEncoding: 'json' })
    await db.put('a', '1')
    expect(db.location).toBe(undefined)
    expect(db.store).toBe(store)
    await db.close()
    expect(await store.get(Buffer.from('a'))).toEqual(new Uint8Array(Buffer.from('"1"')))
    const other = kept(new VarveLevel(store, { valueEncoding: 'json' }))
    expect(await other.get('a')).toBe('1')
    const { supports } = other
    expect(supports).toMatchObject({ permanence: false, createIfMissing: false, explicitSnapshots: true })
  })

  test('tells at once what is no place for a database', async () => {
    for (const place of ['', undefined, null, 7, {}] as unknown as string[]) {
      const error = await errorOf(() => new VarveLevel(place))
      expect(error).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT', cause: expect.any(InvalidArgumentError) })
      expect(error.message).toContain('the name of a folder, or an open store')
    }
  })

  test('takes no options of opening', async () => {
    const db = new VarveLevel(memoryStore(), { cacheSize: 1 } as object)
    const error = await errorOf(() => db.open())
    expect(error).toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' })
    expect((error.cause as Error).message).toContain('no option "cacheSize"')
  })

  test('answers as its store does when that is closed underneath', async () => {
    const store = memoryStore()
    const db = new VarveLevel(store)
    await db.open()
    await store.close()
    for (const call of [
      () => db.get('a'),
      () => db.getSync('a'),
      () => db.put('a', '1'),
      () => db.batch([{ type: 'del', key: 'a' }]),
      () => db.batch(),
      () => db.keys(),
      () => db.clear(),
      () => db.snapshot(),
      () => db.hasMany(['a']),
    ]) {
      expect(await errorOf(call), String(call)).toMatchObject({
        code: 'LEVEL_DATABASE_NOT_OPEN',
        cause: { code: 'STORE_CLOSED' },
      })
    }
    await db.close()
  })
})

describe('errors of opening', () => {
  test('keep the store’s error as the cause of the cause', async () => {
    const fileSystem = new MemoryFileSystem()
    const first = levelIn(fileSystem)
    await first.open()
    const locked = await errorOf(() => new VarveLevel('/db', { fileSystem }).open())
    expect(locked).toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'LEVEL_LOCKED', cause: expect.any(LockedError) },
    })
    await first.close()
    const exists = await errorOf(() => new VarveLevel('/db', { fileSystem, errorIfExists: true }).open())
    expect(exists).toMatchObject({ cause: { code: 'LEVEL_INVALID_ARGUMENT' } })
    await fileSystem.unlink('/db/CURRENT')
    const missing = new VarveLevel('/none', { fileSystem, createIfMissing: false })
    expect(await errorOf(() => missing.open())).toMatchObject({ cause: { code: 'LEVEL_INVALID_ARGUMENT' } })
  })

  test('damage is LEVEL_CORRUPTION, with file and offset in its cause', async () => {
    const fileSystem = new MemoryFileSystem()
    const db = new VarveLevel('/db', { fileSystem })
    await db.put('a', 'v'.repeat(100))
    await db.compactRange('a', 'b')
    await db.close()
    const name = (await fileSystem.list('/db')).find((each) => each.name.endsWith('.seg'))?.name
    const file = await fileSystem.open(`/db/${name}`, 'update')
    await file.write(new Uint8Array(64).fill(1), 64)
    await file.close()
    const damaged = levelIn(fileSystem)
    await damaged.open()
    for (const call of [
      () => damaged.get('a'),
      () => damaged.getSync('a'),
      () => damaged.iterator().next(),
    ]) {
      expect(await errorOf(call)).toMatchObject({
        code: 'LEVEL_CORRUPTION',
        cause: expect.any(CorruptionError),
      })
    }
  })
})

describe('options', () => {
  test('of classic-level become those of the store', async () => {
    const db = levelIn(new MemoryFileSystem(), {
      cacheSize: 1024 * 1024,
      writeBufferSize: 100_000,
      maxFileSize: 10_000,
      blockSize: 64 * 1024,
      compression: false,
      maxOpenFiles: 64,
      blockRestartInterval: 16,
      multithreading: false,
    })
    await db.open()
    const { memory, compression } = (db.store as LogStructuredStore<Uint8Array, Uint8Array>).status()
    expect(memory.arenaBytes % 131_072).toBe(0)
    expect(compression).toBe('none')
    for (let i = 0; i < 3000; i++) await db.put(`key-${i}`, 'v'.repeat(100))
    await db.compactRange('a', 'z')
    const { levels } = (db.store as LogStructuredStore<Uint8Array, Uint8Array>).status()
    const segments = levels.flatMap((level) => level.segments)
    expect(segments.length).toBeGreaterThan(10)
    expect(Math.max(...segments.map(({ sizeBytes }) => sizeBytes))).toBeLessThan(30_000)
  })

  test('that are misspelt, or have wrong values, are refused by the constructor', async () => {
    for (const [options, says] of [
      [{ cacheSiz: 1 }, 'did you mean cacheSize?'],
      [{ keyEncodin: 'json' }, 'did you mean keyEncoding?'],
      [{ cacheSize: -1 }, 'cacheSize must be a whole number'],
      [{ writeBufferSize: '4 MiB' }, 'writeBufferSize must be a whole number'],
      [{ compression: 'snappy' }, 'compression must be true, false, lz4 or none'],
      [{ maxOpenFiles: 0 }, 'maxOpenFiles must be a whole number'],
      [{ multithreading: true }, 'one thread has a store open'],
      [{ blockSize: 1024, tuning: { blockSizeBytes: 512 } }, 'tuning.blockSizeBytes is given twice'],
    ] as const) {
      const error = await errorOf(() => new VarveLevel('/db', options as object))
      expect(error).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT' })
      expect(error.message).toContain(says)
    }
  })

  test('that nobody knows are refused on opening, unless a postopen hook may want them', async () => {
    const fileSystem = new MemoryFileSystem()
    const options = { fileSystem, somethingElse: 1 }
    const error = await errorOf(() => new VarveLevel('/db', options).open())
    expect((error.cause as LevelError).code).toBe('LEVEL_INVALID_ARGUMENT')
    expect((error.cause as LevelError).message).toContain('no option "somethingElse"; it knows')
    const hooked = kept(new VarveLevel('/db', options))
    const seen: unknown[] = []
    hooked.hooks.postopen.add(async (given) => void seen.push((given as typeof options).somethingElse))
    await hooked.open()
    expect(seen).toEqual([1])
  })

  test('of writes that contradict each other are refused, and so are durabilities that are none', async () => {
    const db = levelIn(new MemoryFileSystem())
    for (const options of [{ sync: true, durability: 'os' }, { durability: 'paper' }] as object[]) {
      expect(await errorOf(() => db.put('a', '1', options))).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT' })
      expect(await errorOf(() => db.batch([{ type: 'del', key: 'a' }], options))).toMatchObject({
        code: 'LEVEL_INVALID_ARGUMENT',
      })
    }
    expect(await db.has('a')).toBe(false)
  })
})

describe('bad input', () => {
  test('keys that are too long are refused with the store’s reason, and nothing is written', async () => {
    const db = levelIn(new MemoryFileSystem())
    const key = 'k'.repeat(65_536)
    for (const call of [
      () => db.put(key, '1'),
      () => db.get(key),
      () =>
        db.batch([
          { type: 'put', key: 'other', value: '1' },
          { type: 'put', key, value: '1' },
        ]),
      () => db.batch().put('other', '1').put(key, '1').write(),
      () => db.keys({ gt: key }),
    ]) {
      const error = await errorOf(call)
      expect(error).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT', cause: expect.any(InvalidArgumentError) })
      expect(error.message).toContain('65536')
    }
    expect(await db.keys().all()).toEqual([])
  })

  test('an iterator or a snapshot cannot be used after its end, and both end with the database', async () => {
    const db = levelIn(new MemoryFileSystem())
    await db.put('a', '1')
    const iterator = db.iterator()
    const snapshot = db.snapshot()
    await db.close()
    expect(await errorOf(() => iterator.next())).toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' })
    await db.open()
    for (const call of [
      () => db.get('a', { snapshot }),
      () => db.getMany(['a'], { snapshot }),
      () => db.has('a', { snapshot }),
      () => db.hasMany(['a'], { snapshot }),
      () => db.getSync('a', { snapshot }),
      () => db.clear({ snapshot }),
      () => db.keys({ snapshot }),
    ]) {
      expect(await errorOf(call), String(call)).toMatchObject({ code: 'LEVEL_SNAPSHOT_NOT_OPEN' })
    }
    expect(await db.get('a')).toBe('1')
  })

  test('a snapshot of another store is refused by every read', async () => {
    const db = levelIn(new MemoryFileSystem())
    const other = levelIn(new MemoryFileSystem())
    const overStore = kept(new VarveLevel(memoryStore()))
    await Promise.all([db.open(), other.open(), overStore.open()])
    await db.put('a', '1')
    for (const snapshot of [other.snapshot(), overStore.snapshot()]) {
      for (const call of [
        () => db.get('a', { snapshot }),
        () => db.getMany(['a'], { snapshot }),
        () => db.has('a', { snapshot }),
        () => db.hasMany(['a'], { snapshot }),
        () => db.getSync('a', { snapshot }),
        () => db.clear({ snapshot }),
        () => db.iterator({ snapshot }),
        () => db.keys({ snapshot }),
        () => db.values({ snapshot }),
      ]) {
        const error = await errorOf(call)
        expect(error, String(call)).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT' })
        expect(error.message).toContain('another store')
      }
    }
    expect(await db.get('a')).toBe('1')
  })

  test('an operation of another database’s sublevel is refused, not written without its prefix', async () => {
    const db = levelIn(new MemoryFileSystem())
    const other = levelIn(new MemoryFileSystem())
    await Promise.all([db.open(), other.open()])
    const sublevel = other.sublevel('sub') as never
    for (const call of [
      () => db.batch([{ type: 'put', key: 'a', value: '1', sublevel }]),
      () => db.batch([{ type: 'del', key: 'a', sublevel }]),
      () => db.batch().put('a', '1', { sublevel }).write(),
    ]) {
      const error = await errorOf(call)
      expect(error).toMatchObject({ code: 'LEVEL_INVALID_ARGUMENT' })
      expect(error.message).toContain('another database')
    }
    expect(await db.keys().all()).toEqual([])
  })

  test('a chained batch cannot be used again, and holds what it was given', async () => {
    const db = levelIn<Uint8Array, Uint8Array>(new MemoryFileSystem(), {
      keyEncoding: 'view',
      valueEncoding: 'view',
    })
    await db.open()
    const key = Uint8Array.of(1)
    const value = Uint8Array.of(2)
    const batch = db.batch().put(key, value)
    key.fill(9)
    value.fill(9)
    await batch.write()
    expect(await db.iterator().all()).toEqual([[Uint8Array.of(1), Uint8Array.of(2)]])
    expect(await errorOf(() => batch.put(key, value))).toMatchObject({ code: 'LEVEL_BATCH_NOT_OPEN' })
    expect(await errorOf(() => batch.write())).toMatchObject({ code: 'LEVEL_BATCH_NOT_OPEN' })
    const open = db.batch()
    await db.close()
    expect(await errorOf(() => open.put(key, value))).toMatchObject({
      code: expect.stringMatching(/NOT_OPEN$/),
    })
  })
})

describe('iterators', () => {
  test('seek after the end, at the moment they were made', async () => {
    const db = levelIn(new MemoryFileSystem())
    await db.batch(['a', 'b', 'c'].map((key) => ({ type: 'put', key, value: key })))
    for (const iterator of [db.iterator(), db.keys(), db.values()]) {
      expect(await iterator.nextv(10)).toHaveLength(3)
      expect(await iterator.next()).toBe(undefined)
      await db.put('d', 'later')
      iterator.seek('b')
      expect(await iterator.nextv(10)).toHaveLength(2)
      expect(await iterator.nextv(10)).toEqual([])
      await iterator.close()
      await db.del('d')
    }
  })

  test('count what was read ahead towards no limit', async () => {
    const db = levelIn(new MemoryFileSystem())
    await db.batch(Array.from({ length: 100 }, (_, i) => ({ type: 'put', key: String(i + 100), value: '' })))
    const keys = db.keys({ limit: 20 })
    const seen = [await keys.next(), await keys.next(), await keys.next()]
    keys.seek('150')
    seen.push(await keys.next(), ...(await keys.nextv(1)), ...(await keys.all()))
    expect(seen).toEqual([...[100, 101, 102], ...Array.from({ length: 17 }, (_, i) => 150 + i)].map(String))
  })

  test('let go of their moment when they are closed', async () => {
    const db = levelIn(new MemoryFileSystem())
    await db.put('a', '1')
    const store = db.store as LogStructuredStore<Uint8Array, Uint8Array>
    for await (const key of db.keys()) expect(key).toBe('a')
    expect(await db.values().all()).toEqual(['1'])
    const iterator = db.iterator()
    expect(store.status().snapshots).toMatchObject({ snapshotCount: 1, iteratorCount: 1 })
    await iterator.close()
    expect(store.status().snapshots).toMatchObject({ snapshotCount: 0, iteratorCount: 0 })
  })
})
