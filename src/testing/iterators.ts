/** What iterators promise: by loop or by hand, each once, from the moment they were made. */
import { checkFails, checkFailsWith, checkSame, checkThat } from './checks.ts'
import { type AnyStore, closed, invalid, type Subject } from './subject.ts'

export function testIterators(subject: Subject): void {
  testLoops(subject)
  testSteps(subject)
  testAborting(subject)
}

function testLoops(subject: Subject): void {
  subject.test('an iterator shows the store as it was when it was made', async (store) => {
    const model = await subject.fill(store)
    const expected = model.list()
    const byHand = store.entries()
    const byLoop = store.entries()
    const begun = store.entries()
    const first = await begun.nextMany(1)
    await store.put(subject.keySamples.numbered(1), subject.value(1))
    await store.delete(subject.key(5))
    await store.put(subject.key(6), subject.value(90))
    await store.clear({ lt: subject.key(4) })
    checkSame(await byHand.nextMany(100), expected, 'the entries by hand')
    const seen: unknown[] = []
    for await (const entry of byLoop) seen.push(entry)
    checkSame(seen, expected, 'the entries by loop')
    checkSame(
      [...first, ...(await begun.nextMany(100))],
      expected,
      'the entries of the iterator begun before',
    )
    await begun.close()
  })

  subject.test('a loop may write: it goes on showing what was there', async (store) => {
    const model = await subject.fillNumbered(store, 300)
    const expected = model.list()
    const seen: unknown[] = []
    for await (const entry of store.entries()) {
      seen.push(entry)
      await store.delete(entry[0])
      await store.put(subject.keySamples.numbered(1000 + seen.length), subject.value(1))
    }
    checkSame(seen, expected, 'the entries')
  })

  subject.test('leaving a loop closes its iterator', async (store) => {
    await subject.fillNumbered(store, 50)
    const left = store.keys()
    for await (const _ of left) break
    await checkFails(() => left.nextMany(1), closed, 'nextMany after break')
    const thrown = store.keys()
    const reason = new Error('thrown in the loop')
    const loop = async (): Promise<void> => {
      for await (const _ of thrown) throw reason
    }
    await checkFailsWith(loop, reason, 'the loop')
    await checkFails(() => thrown.nextMany(1), closed, 'nextMany after a throw')
  })

  subject.test('an iterator is for a single loop', async (store) => {
    await subject.fill(store)
    const iterator = store.entries()
    for await (const _ of iterator) break
    await checkFails(() => iterator[Symbol.asyncIterator](), invalid(/single use/), 'a second loop')
    await checkFails(() => iterator[Symbol.iterator](), invalid(/single use/), 'a second loop, blocking')
    const looping = store.entries()
    const loop = looping[Symbol.asyncIterator]()
    await loop.next()
    await checkFails(() => looping.nextMany(1), invalid(/loop/), 'nextMany while a loop runs')
    await looping.close()
  })

  subject.test('steps of a loop taken by hand, several at a time, come in order', async (store) => {
    const model = await subject.fillNumbered(store, 40)
    const loop = store.keys()[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 42 }, () => loop.next()))
    const seen = results.filter(({ done }) => !done).map(({ value }) => value)
    checkSame(
      seen,
      model.list().map(([key]) => key),
      'the keys',
    )
    checkSame(results.at(-1)?.done, true, 'the end')
  })

  subject.test('a loop may go on where nextMany() stopped', async (store) => {
    const model = await subject.fill(store)
    const iterator = store.entries()
    const seen: unknown[] = await iterator.nextMany(2)
    for await (const entry of iterator) seen.push(entry)
    checkSame(seen, model.list(), 'the entries')
  })

  subject.test('a loop whose iterator somebody closes just ends', async (store) => {
    await subject.fillNumbered(store, 50)
    const iterator = store.keys()
    let count = 0
    for await (const _ of iterator) {
      count++
      if (count === 3) await iterator.close()
    }
    checkSame(count, 3, 'the count of keys seen')
  })
}

function testSteps(subject: Subject): void {
  subject.test('nextMany() gives up to as many as asked for, then nothing for ever', async (store) => {
    const model = await subject.fill(store)
    const expected = model.list()
    for (const count of [1, 2, 3, expected.length, 1000]) {
      const iterator = store.entries()
      const seen: unknown[] = []
      for (;;) {
        const items = await iterator.nextMany(count)
        checkThat(items.length <= count, `at most ${count} items`)
        if (items.length === 0) break
        seen.push(...items)
      }
      checkSame(seen, expected, `the entries, ${count} at a time`)
      checkSame(await iterator.nextMany(count), [], 'after the end')
      await iterator.close()
    }
  })

  subject.test('nextMany() of an empty store or range is empty', async (store) => {
    checkSame(await store.entries().nextMany(5), [], 'the entries of an empty store')
    await subject.fill(store)
    checkSame(await store.entries({ limit: 0 }).nextMany(5), [], 'the entries with limit 0')
    for (const range of subject.emptyRanges()) {
      for (const reverse of [false, true]) {
        const iterator = store.entries({ ...range, reverse })
        checkSame(await iterator.nextMany(5), [], 'the entries of an empty range')
        const sought = store.entries({ ...range, reverse })
        sought.seek(subject.key(1))
        checkSame(await sought.nextMany(5), [], 'the entries of an empty range after a seek')
      }
    }
  })

  subject.test('nextMany() refuses what is no count', async (store) => {
    using iterator = store.entries()
    for (const count of [0, -1, 1.5, Number.NaN, '1', undefined, null]) {
      await checkFails(
        () => iterator.nextMany(count as number),
        invalid(/count of nextMany/),
        `count ${count}`,
      )
    }
  })

  subject.test('calls of nextMany() that are not awaited are answered in order', async (store) => {
    const model = await subject.fillNumbered(store, 100)
    const iterator = store.entries()
    const batches = await Promise.all([7, 1, 90, 5, 5].map((count) => iterator.nextMany(count)))
    checkSame(batches.flat(), model.list(), 'the entries')
    checkSame(batches.at(-1), [], 'what comes after the end')
    await iterator.close()
  })

  subject.test('large values come in several batches, whole', async (store) => {
    const value = subject.valueSamples.ofLength(2 ** 20)
    for (let i = 0; i < 6; i++) await store.put(subject.key(i), value)
    let count = 0
    for await (const [, each] of store.entries()) {
      checkSame(each, value, 'the value')
      count++
    }
    checkSame(count, 6, 'the count of entries')
  })

  subject.test('close() ends an iterator, twice or while nextMany() runs', async (store) => {
    await subject.fill(store)
    const iterator = store.entries()
    const running = iterator.nextMany(3)
    await Promise.all([iterator.close(), iterator.close()])
    checkThat((await running).length <= 3, 'nextMany that ran ends well')
    await iterator.close()
    await checkFails(() => iterator.nextMany(1), closed, 'nextMany')
    await checkFails(() => iterator.nextManySync(1), closed, 'nextManySync')
    await checkFails(() => iterator.seek(subject.key(1)), closed, 'seek')
    await checkFails(() => iterator[Symbol.asyncIterator](), closed, 'a loop')
  })

  subject.test('using and await using close an iterator', async (store) => {
    await subject.fill(store)
    const kept: ReturnType<AnyStore['entries']>[] = []
    {
      using first = store.entries()
      await using second = store.entries()
      kept.push(first, second)
      await first.nextMany(1)
    }
    for (const iterator of kept) await checkFails(() => iterator.nextMany(1), closed, 'nextMany')
  })
}

function testAborting(subject: Subject): void {
  const reason = new Error('enough')

  subject.test('an aborted signal ends a scan with its reason', async (store) => {
    await subject.fillNumbered(store, 50)
    const abort = new AbortController()
    const iterator = store.entries({ signal: abort.signal })
    await iterator.nextMany(1)
    abort.abort(reason)
    await checkFailsWith(() => iterator.nextMany(1), reason, 'nextMany')
    await checkFails(() => iterator.nextMany(1), closed, 'nextMany after that')
    await iterator.close()
    await checkFailsWith(
      () => store.entries({ signal: abort.signal }),
      reason,
      'entries with an aborted signal',
    )
  })

  subject.test('an aborted signal ends a loop with its reason, soon', async (store) => {
    await subject.fillNumbered(store, 3000)
    const abort = new AbortController()
    let count = 0
    const loop = async (): Promise<void> => {
      for await (const _ of store.keys({ signal: abort.signal })) {
        count++
        if (count === 3) abort.abort(reason)
      }
    }
    await checkFailsWith(loop, reason, 'the loop')
    checkThat(count < 3000, 'the loop ends before the last key')
  })
}
