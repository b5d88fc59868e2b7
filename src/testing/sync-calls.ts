/** What the calls without promises promise, on stores that have them. */
import type { EntryVisitor, RangeOptions } from '../store/key-value-store.ts'
import { checkFails, checkFailsWith, checkSame, checkThat } from './checks.ts'
import { type AnySyncStore, invalid, type Subject } from './subject.ts'

export function testSyncCalls(subject: Subject): void {
  testSyncReadsAndWrites(subject)
  testViews(subject)
  testForEach(subject)
  testSyncIterators(subject)
}

function testSyncReadsAndWrites(subject: Subject): void {
  const key = subject.key(1)
  const value = subject.value(1)

  subject.testSync('blocking calls read and write what the others do', async (store) => {
    const model = await subject.fill(store)
    for (const [each, expected] of model.list()) {
      checkSame(store.getSync(each), expected, 'getSync')
      checkSame(store.hasSync(each), true, 'hasSync')
    }
    const keys = [subject.key(2), subject.keySamples.numbered(1), subject.key(0)]
    checkSame(store.getManySync(keys), [subject.value(2), undefined, subject.value(0)], 'getManySync')
    store.putSync(key, subject.value(50))
    model.put(key, subject.value(50))
    store.deleteSync(subject.key(2))
    model.delete(subject.key(2))
    store.batchSync([
      { type: 'put', key: subject.key(3), value: subject.value(51) },
      { type: 'delete', key: subject.key(4) },
    ])
    model.put(subject.key(3), subject.value(51))
    model.delete(subject.key(4))
    checkSame(store.getSync(key), subject.value(50), 'getSync after putSync')
    checkSame(store.getSync(subject.key(2)), undefined, 'getSync after deleteSync')
    checkSame(store.hasSync(subject.key(4)), false, 'hasSync after batchSync')
    await subject.checkContent(store, model)
  })

  subject.testSync('putSync() comes after the puts that were begun before it', async (store) => {
    const begun = store.put(key, value)
    store.putSync(key, subject.value(2))
    checkSame(store.getSync(key), subject.value(2), 'getSync')
    await begun
    checkSame(await store.get(key), subject.value(2), 'get')
  })

  subject.testSync('blocking calls take a durability and a snapshot', async (store) => {
    for (const durability of ['memory', 'os', 'disk'] as const) store.putSync(key, value, { durability })
    if (!store.capabilities.snapshots) return
    using snapshot = store.snapshot()
    store.deleteSync(key, { durability: 'disk' })
    checkSame(store.getSync(key, { snapshot }), value, 'getSync')
    checkSame(store.getManySync([key], { snapshot }), [value], 'getManySync')
    checkSame(store.hasSync(key, { snapshot }), true, 'hasSync')
    checkThat(store.getView(key, () => true, { snapshot }) === true, 'getView finds the key')
    checkSame(
      store.forEach({ snapshot }, () => true),
      1,
      'forEach',
    )
    checkSame(store.getSync(key), undefined, 'getSync without the snapshot')
  })

  subject.testSync('blocking calls refuse wrong arguments as the others do', async (store) => {
    const nothing = (): void => {}
    for (const bad of [undefined, null, ...subject.keySamples.refused]) {
      await checkFails(() => store.getSync(bad), invalid(/^key: /), 'getSync')
      await checkFails(() => store.getManySync([bad]), invalid(/^keys\[0\]: /), 'getManySync')
      await checkFails(() => store.hasSync(bad), invalid(/^key: /), 'hasSync')
      await checkFails(() => store.putSync(bad, value), invalid(/^key: /), 'putSync')
      await checkFails(() => store.deleteSync(bad), invalid(/^key: /), 'deleteSync')
      await checkFails(() => store.getView(bad, nothing), invalid(/^key: /), 'getView')
      await checkFails(() => store.getInto(bad, new Uint8Array(1)), invalid(/^key: /), 'getInto')
      const operations = [{ type: 'delete' as const, key: bad }]
      await checkFails(() => store.batchSync(operations), invalid(/^operations\[0\]\.key: /), 'batchSync')
    }
    for (const bad of [undefined, ...subject.valueSamples.refused]) {
      await checkFails(() => store.putSync(key, bad), invalid(/^value: /), 'putSync')
    }
    const option = { durabilty: 'disk' } as object
    await checkFails(() => store.putSync(key, value, option), invalid(/"durabilty"/), 'putSync')
    await checkFails(() => store.getSync(key, option), invalid(/"durabilty"/), 'getSync')
    await checkFails(() => store.forEach(option, nothing), invalid(/"durabilty"/), 'forEach')
    await checkFails(
      () => store.forEach({}, undefined as never),
      invalid(/visit/),
      'forEach without a visitor',
    )
    await checkFails(() => store.getView(key, 1 as never), invalid(/visit/), 'getView without a visitor')
    await checkFails(() => store.getInto(key, [] as never), invalid(/target/), 'getInto without a target')
    const reason = new Error('too late')
    const signal = AbortSignal.abort(reason)
    await checkFailsWith(() => store.putSync(key, value, { signal }), reason, 'putSync')
    await checkFailsWith(() => store.getSync(key, { signal }), reason, 'getSync')
    checkSame(store.hasSync(key), false, 'hasSync')
  })
}

function testViews(subject: Subject): void {
  const key = subject.key(1)
  const value = subject.value(1)

  subject.testSync(
    'getView() shows the bytes of a value and returns what its visitor returns',
    async (store) => {
      await subject.fill(store)
      for (let i = 0; i < subject.keySamples.valid.length; i++) {
        const seen = store.getView(subject.key(i), (view) => Uint8Array.from(view))
        checkSame(seen, subject.valueEncoding.encode(subject.value(i)), 'the bytes')
      }
      checkSame(
        store.getView(key, () => undefined),
        undefined,
        'what a visitor returned',
      )
      let calls = 0
      const absent = store.getView(subject.keySamples.numbered(1), () => calls++)
      checkSame([absent, calls], [undefined, 0], 'an absent key')
    },
  )

  subject.testSync('a view holds while its visitor reads and writes the store', async (store) => {
    store.putSync(key, value)
    const seen = store.getView(key, (view) => {
      const before = Uint8Array.from(view)
      store.putSync(key, subject.value(2))
      for (let i = 0; i < 50; i++) store.putSync(subject.keySamples.numbered(i), subject.value(i))
      const inner = store.getView(subject.keySamples.numbered(3), (other) => Uint8Array.from(other))
      return [before, Uint8Array.from(view), inner]
    })
    const bytes = subject.valueEncoding.encode(value)
    checkSame(seen, [bytes, bytes, subject.valueEncoding.encode(subject.value(3))], 'the views')
  })

  subject.testSync('what a visitor throws comes out, and the store goes on', async (store) => {
    store.putSync(key, value)
    const reason = new Error('thrown by the visitor')
    const fail = (): never => {
      throw reason
    }
    await checkFailsWith(() => store.getView(key, fail), reason, 'getView')
    await checkFailsWith(() => store.forEach({}, fail), reason, 'forEach')
    checkSame(store.getSync(key), value, 'getSync')
  })

  subject.testSync('getInto() copies what fits and tells the whole length', async (store) => {
    await subject.fill(store)
    for (let i = 0; i < subject.keySamples.valid.length; i++) {
      const bytes = subject.valueEncoding.encode(subject.value(i))
      for (const room of [0, 1, bytes.length, bytes.length + 3]) {
        const target = new Uint8Array(room).fill(0xee)
        checkSame(store.getInto(subject.key(i), target), bytes.length, 'the length')
        const expected = new Uint8Array(room).fill(0xee)
        expected.set(bytes.subarray(0, room))
        checkSame(target, expected, `the target of ${room} bytes`)
      }
    }
    const untouched = Uint8Array.of(1, 2)
    checkSame(store.getInto(subject.keySamples.numbered(1), untouched), undefined, 'an absent key')
    checkSame(untouched, Uint8Array.of(1, 2), 'the target')
  })
}

function testForEach(subject: Subject): void {
  const keys = subject.keySamples.valid

  subject.testSync('forEach() visits the bytes of a range in its order and counts them', async (store) => {
    const model = await subject.fill(store)
    const ranges = [
      {},
      { reverse: true },
      { gt: keys[2], lte: keys[7] },
      { limit: 3, reverse: true },
      { limit: 0 },
    ]
    for (const range of [...ranges, { prefix: keys[5] }, ...subject.emptyRanges()]) {
      const expected = model
        .list(range)
        .map(([key, value]) => [subject.keyEncoding.encode(key), subject.valueEncoding.encode(value)])
      const { seen, count } = visitAll(store, range)
      checkSame(seen, expected, 'the entries')
      checkSame(count, expected.length, 'the count')
    }
  })

  subject.testSync('forEach() ends when its visitor answers false, and only then', async (store) => {
    await subject.fill(store)
    let calls = 0
    checkSame(
      store.forEach({}, () => ++calls < 3),
      3,
      'the count',
    )
    checkSame(calls, 3, 'the calls')
    for (const answer of [undefined, 0, '', null, true]) {
      checkSame(
        store.forEach({}, () => answer),
        keys.length,
        `the count when it answers ${String(answer)}`,
      )
    }
  })

  subject.testSync(
    'forEach() shows what was there when it began, whatever its visitor writes',
    async (store) => {
      const model = await subject.fillNumbered(store, 300)
      const expected = model.list().map(([key]) => subject.keyEncoding.encode(key))
      const seen: Uint8Array[] = []
      store.forEach({}, (key) => {
        seen.push(Uint8Array.from(key))
        store.putSync(subject.keySamples.numbered(1000 + seen.length), subject.value(1))
        store.deleteSync(subject.keySamples.numbered(seen.length))
      })
      checkSame(seen, expected, 'the keys')
    },
  )
}

function visitAll(store: AnySyncStore, range: RangeOptions<unknown>): { seen: unknown[]; count: number } {
  const seen: unknown[] = []
  const visit: EntryVisitor = (key, value) => seen.push([Uint8Array.from(key), Uint8Array.from(value)])
  const count = store.forEach(range, visit)
  return { seen, count }
}

function testSyncIterators(subject: Subject): void {
  subject.testSync('iterators can be walked without promises', async (store) => {
    const model = await subject.fillNumbered(store, 300)
    for (const reverse of [false, true]) {
      checkSame([...store.entries({ reverse })], model.list({ reverse }), 'the entries by for of')
      const iterator = store.entries({ reverse })
      const seen: unknown[] = []
      for (let items = iterator.nextManySync(7); items.length > 0; items = iterator.nextManySync(7)) {
        seen.push(...items)
      }
      checkSame(seen, model.list({ reverse }), 'the entries by nextManySync')
      checkSame(iterator.nextManySync(7), [], 'after the end')
    }
  })

  subject.testSync('a blocking loop may write, and closes its iterator when it is left', async (store) => {
    const model = await subject.fillNumbered(store, 100)
    const expected = model.list().map(([key]) => key)
    const seen: unknown[] = []
    for (const key of store.keys()) {
      seen.push(key)
      store.deleteSync(key)
    }
    checkSame(seen, expected, 'the keys')
    await subject.fill(store)
    const left = store.keys()
    for (const _ of left) break
    await checkFails(() => left.nextManySync(1), { code: 'STORE_CLOSED' }, 'nextManySync')
    await checkFails(() => left[Symbol.iterator](), invalid(/single use/), 'a second loop')
  })

  subject.testSync('nextManySync() and seek() refuse what nextMany() and seek() refuse', async (store) => {
    using iterator = store.entries()
    await checkFails(() => iterator.nextManySync(0), invalid(/count of nextManySync/), 'nextManySync')
    await checkFails(() => iterator.seek(undefined), invalid(/^target: /), 'seek')
  })
}
