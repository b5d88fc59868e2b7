/** What ranges promise: every combination of bounds, both directions, limits and prefixes, and clear() of them. */
import type { KeyBounds } from '../store/key-value-store.ts'
import { checkSame } from './checks.ts'
import type { ModelRange } from './model.ts'
import { listEntries, type Subject } from './subject.ts'

export function testRanges(subject: Subject): void {
  const keys = subject.keySamples.valid

  subject.test('scans obey every combination of bounds in both directions', async (store) => {
    // Every other key is absent, so that bounds fall on keys and between them.
    const model = await subject.fill(store)
    for (let i = 0; i < keys.length; i += 2) {
      await store.delete(keys[i])
      model.delete(keys[i])
    }
    for (const lower of boundsOf(keys, 'gt', 'gte')) {
      for (const upper of boundsOf(keys, 'lt', 'lte')) {
        for (const reverse of [false, true]) {
          const range = { ...lower, ...upper, reverse }
          const entries = await store.entries(range).nextMany(100)
          checkSame(entries, model.list(range), `the entries of ${describe(range)}`)
        }
      }
    }
  })

  subject.test('gte beats gt and lte beats lt', async (store) => {
    const model = await subject.fill(store)
    for (const one of keys) {
      for (const other of keys.slice(0, 6)) {
        for (const range of [
          { gt: one, gte: other },
          { lt: one, lte: other },
        ]) {
          checkSame(await listEntries(store, range), model.list(range), `the entries of ${describe(range)}`)
        }
      }
    }
  })

  subject.test('a prefix finds the keys whose bytes begin with it, within the bounds', async (store) => {
    const model = await subject.fill(store)
    for (const prefix of keys) {
      for (const bounds of [{}, ...boundsOf(keys.slice(0, 6), 'gt', 'lte')]) {
        for (const reverse of [false, true]) {
          const range = { ...bounds, prefix, reverse }
          checkSame(await listEntries(store, range), model.list(range), `the entries of ${describe(range)}`)
        }
      }
    }
  })

  subject.test('a limit ends a scan in both directions, 0 at once', async (store) => {
    const model = await subject.fill(store)
    for (const reverse of [false, true]) {
      for (const limit of [0, 1, 2, keys.length - 1, keys.length, keys.length + 1]) {
        const range = { reverse, limit, gt: keys[1] }
        checkSame(await listEntries(store, range), model.list(range), `the entries of ${describe(range)}`)
      }
    }
  })

  subject.test('keys() and values() walk like entries()', async (store) => {
    const model = await subject.fill(store)
    for (const range of [{}, { reverse: true }, { gte: keys[3], limit: 4 }, { lt: keys[5], reverse: true }]) {
      const expected = model.list(range)
      const keysOnly = await store.keys(range).nextMany(100)
      checkSame(
        keysOnly,
        expected.map(([key]) => key),
        `the keys of ${describe(range)}`,
      )
      const valuesOnly = await store.values(range).nextMany(100)
      checkSame(
        valuesOnly,
        expected.map(([, value]) => value),
        `the values of ${describe(range)}`,
      )
    }
  })

  subject.test('bounds that are undefined are no bounds in scans', async (store) => {
    const model = await subject.fill(store)
    const range = { gt: undefined, gte: undefined, lt: undefined, lte: undefined, prefix: undefined }
    checkSame(
      await listEntries(store, { ...range, limit: undefined, reverse: undefined } as object),
      model.list(),
      'all',
    )
  })

  subject.test('a scan of thousands of entries gives each once, in order', async (store) => {
    const model = await subject.fillNumbered(store, 3000)
    for (const reverse of [false, true]) {
      checkSame(
        await listEntries(store, { reverse }),
        model.list({ reverse }),
        `all entries, reverse ${reverse}`,
      )
    }
  })

  testClear(subject)
}

function testClear(subject: Subject): void {
  const keys = subject.keySamples.valid

  subject.test('clear() removes everything', async (store) => {
    await subject.fill(store)
    await store.clear()
    checkSame(await listEntries(store), [], 'the entries')
    await store.clear()
    await store.put(keys[1], subject.value(1))
    checkSame(await listEntries(store), [[keys[1], subject.value(1)]], 'the entries')
  })

  const ranges: ModelRange[] = [
    {},
    { gt: keys[2] },
    { gte: keys[3], lt: keys[6] },
    { lte: keys[5], reverse: true },
    { gt: keys[1], limit: 2 },
    { gt: keys[1], limit: 2, reverse: true },
    { limit: 0 },
    { prefix: keys[5] },
    ...subject.emptyRanges(),
  ]
  subject.test('clear() of a range removes what a scan of it shows', async (store) => {
    for (const range of ranges) {
      const model = await subject.fill(store)
      await store.clear(range)
      model.clear(range)
      await subject.checkContent(store, model, `the content after clear of ${describe(range)}`)
    }
  })

  subject.test('clear() takes a durability', async (store) => {
    await subject.fill(store)
    await store.clear({ gte: keys[0], durability: 'disk' })
    checkSame(await listEntries(store, { gte: keys[0] }), [], 'the entries')
  })

  subject.testSnapshots('clear() with a snapshot removes the keys that the snapshot shows', async (store) => {
    const model = await subject.fill(store)
    const numbered = subject.keySamples.numbered(1)
    using snapshot = store.snapshot()
    await store.put(numbered, subject.value(1))
    await store.clear({ snapshot })
    checkSame(await listEntries(store), [[numbered, subject.value(1)]], 'the entries')
    checkSame(await listEntries(store, { snapshot }), model.list(), 'the entries of the snapshot')
  })
}

/** No bound, and each key by each of the two names. */
function boundsOf(keys: readonly unknown[], ...names: (keyof KeyBounds<unknown>)[]): KeyBounds<unknown>[] {
  return [{}, ...keys.flatMap((key) => names.map((name) => ({ [name]: key })))]
}

function describe(range: ModelRange): string {
  const parts = Object.entries(range).map(([name, value]) => `${name} ${String(value)}`)
  return parts.length === 0 ? 'everything' : parts.join(', ')
}
