/** What snapshots promise: the past, unchanged, for every kind of read. */
import { checkFails, checkSame, checkThat } from './checks.ts'
import { type AnyStore, closed, invalid, listEntries, type Subject } from './subject.ts'

export function testSnapshots(subject: Subject): void {
  const key = subject.key(1)

  subject.testSnapshots('reads with a snapshot see what was there when it was made', async (store) => {
    const past = (await subject.fill(store)).copy()
    using snapshot = store.snapshot()
    await changeEverything(subject, store)
    for (let i = 0; i < subject.keySamples.valid.length; i++) {
      const each = subject.key(i)
      checkSame(await store.get(each, { snapshot }), past.get(each), 'get')
      checkSame(await store.has(each, { snapshot }), true, 'has')
    }
    const keys = [...subject.keySamples.valid, subject.keySamples.numbered(1)]
    checkSame(
      await store.getMany(keys, { snapshot }),
      keys.map((each) => past.get(each)),
      'getMany',
    )
    for (const range of [{}, { reverse: true }, { gt: key, limit: 3 }]) {
      checkSame(await listEntries(store, { ...range, snapshot }), past.list(range), 'the entries')
    }
  })

  subject.testSnapshots('a snapshot of an empty store stays empty', async (store) => {
    using snapshot = store.snapshot()
    await subject.fill(store)
    checkSame(await listEntries(store, { snapshot }), [], 'the entries')
    checkSame(await store.get(key, { snapshot }), undefined, 'get')
  })

  subject.testSnapshots('snapshots of several moments keep apart', async (store) => {
    const snapshots = []
    for (let i = 0; i < 5; i++) {
      await store.put(key, subject.value(i))
      snapshots.push(store.snapshot())
      await store.delete(key)
      snapshots.push(store.snapshot())
    }
    const seen = await Promise.all(snapshots.map((snapshot) => store.get(key, { snapshot })))
    const expected = [0, 1, 2, 3, 4].flatMap((i) => [subject.value(i), undefined])
    checkSame(seen, expected, 'what the snapshots show')
    const numbers = snapshots.map(({ sequenceNumber }) => sequenceNumber)
    checkThat(
      numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number)),
      'later ones have higher numbers',
    )
    for (const snapshot of snapshots) snapshot.close()
  })

  subject.testSnapshots('a snapshot shows a batch whole or not at all', async (store) => {
    const operations = [1, 2, 3].map((i) => ({
      type: 'put' as const,
      key: subject.key(i),
      value: subject.value(i),
    }))
    const before = store.snapshot()
    await store.batch(operations)
    const after = store.snapshot()
    checkSame((await listEntries(store, { snapshot: before })).length, 0, 'the count of entries before')
    checkSame((await listEntries(store, { snapshot: after })).length, 3, 'the count of entries after')
    before.close()
    after.close()
  })

  subject.testSnapshots('an iterator goes on when the snapshot it was made with is closed', async (store) => {
    const past = (await subject.fill(store)).copy()
    const snapshot = store.snapshot()
    await changeEverything(subject, store)
    const iterator = store.entries({ snapshot })
    const first = await iterator.nextMany(1)
    snapshot.close()
    await changeEverything(subject, store)
    checkSame([...first, ...(await iterator.nextMany(100))], past.list(), 'the entries')
    await iterator.close()
  })

  subject.testSnapshots(
    'a closed snapshot is refused by every read; closing it twice is fine',
    async (store) => {
      const snapshot = store.snapshot()
      snapshot.close()
      snapshot.close()
      await checkFails(() => store.get(key, { snapshot }), closed, 'get')
      await checkFails(() => store.getMany([key], { snapshot }), closed, 'getMany')
      await checkFails(() => store.has(key, { snapshot }), closed, 'has')
      await checkFails(() => store.entries({ snapshot }), closed, 'entries')
      await checkFails(() => store.clear({ snapshot }), closed, 'clear')
    },
  )

  subject.testSnapshots('using and await using close a snapshot', async (store) => {
    const kept = []
    {
      using first = store.snapshot()
      await using second = store.snapshot()
      kept.push(first, second)
    }
    for (const snapshot of kept) await checkFails(() => store.get(key, { snapshot }), closed, 'get')
  })

  subject.testSnapshots('a snapshot of another store, or something else, is refused', async (store) => {
    await subject.withStore(async (other) => {
      using snapshot = other.snapshot()
      await checkFails(() => store.get(key, { snapshot }), invalid(/snapshot.*another store/), 'get')
      await checkFails(() => store.entries({ snapshot }), invalid(/snapshot.*another store/), 'entries')
      await checkFails(
        () => store.get(key, { snapshot: 'newest' as never }),
        invalid(/snapshot/),
        'get with text',
      )
      await checkFails(
        () => store.get(key, { snapshot: {} as never }),
        invalid(/snapshot/),
        'get with an object',
      )
    })
  })
}

/** Other values, fewer keys, new keys. */
async function changeEverything(subject: Subject, store: AnyStore): Promise<void> {
  for (let i = 0; i < subject.keySamples.valid.length; i++)
    await store.put(subject.key(i), subject.value(80 + i))
  await store.delete(subject.key(2))
  await store.clear({ prefix: subject.key(4) })
  await store.put(subject.keySamples.numbered(1), subject.value(1))
}
