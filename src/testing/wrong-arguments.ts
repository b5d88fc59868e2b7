/** What must be refused, by name and before anything is written. */
import { checkFails, checkFailsWith, checkSame } from './checks.ts'
import { type AnyStore, invalid, type Subject } from './subject.ts'

export function testWrongArguments(subject: Subject): void {
  const key = subject.key(1)
  const value = subject.value(1)

  subject.test('keys that are missing or that the encoding cannot represent are refused', async (store) => {
    for (const bad of [undefined, null, ...subject.keySamples.refused]) {
      await checkFails(() => store.get(bad), invalid(/^key: /), 'get')
      await checkFails(() => store.has(bad), invalid(/^key: /), 'has')
      await checkFails(() => store.getMany([key, bad]), invalid(/^keys\[1\]: /), 'getMany')
      await checkFails(() => store.put(bad, value), invalid(/^key: /), 'put')
      await checkFails(() => store.delete(bad), invalid(/^key: /), 'delete')
    }
    await checkFails(() => store.getMany(key as never), invalid(/keys/), 'getMany of something else')
    checkSame(await store.keys().nextMany(9), [], 'keys')
  })

  subject.test('values that are missing or that the encoding cannot represent are refused', async (store) => {
    for (const bad of [undefined, ...subject.valueSamples.refused]) {
      await checkFails(() => store.put(key, bad), invalid(/^value: /), 'put')
    }
    checkSame(await store.keys().nextMany(9), [], 'keys')
  })

  subject.test('bounds that are no keys are refused', async (store) => {
    await store.put(key, value)
    for (const name of ['gt', 'gte', 'lt', 'lte', 'prefix']) {
      for (const bad of [null, ...subject.keySamples.refused]) {
        await checkFails(
          () => store.entries({ [name]: bad }),
          invalid(new RegExp(`^${name}: `)),
          `entries with ${name}`,
        )
        await checkFails(
          () => store.clear({ [name]: bad }),
          invalid(new RegExp(`^${name}: `)),
          `clear with ${name}`,
        )
      }
      const forgotten = { [name]: undefined }
      await checkFails(
        () => store.clear(forgotten),
        invalid(new RegExp(`${name}.*undefined`)),
        `clear with undefined`,
      )
    }
    checkSame(await store.has(key), true, 'has')
  })

  subject.test('limits and directions of the wrong kind are refused', async (store) => {
    await store.put(key, value)
    for (const limit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null]) {
      await checkFails(() => store.keys({ limit: limit as number }), invalid(/limit/), `limit ${limit}`)
      await checkFails(
        () => store.clear({ limit: limit as number }),
        invalid(/limit/),
        `clear with limit ${limit}`,
      )
    }
    for (const reverse of [0, 'yes', null]) {
      await checkFails(
        () => store.values({ reverse: reverse as never }),
        invalid(/reverse/),
        `reverse ${reverse}`,
      )
    }
    checkSame(await store.has(key), true, 'has')
  })

  subject.test('unknown options are refused, with the name that was probably meant', async (store) => {
    const option = (name: string): object => ({ [name]: 1 })
    const cases: [call: (store: AnyStore) => unknown, says: RegExp][] = [
      [() => store.put(key, value, option('durabilty')), /"durabilty".*did you mean durability/],
      [() => store.put(key, value, option('sync')), /"sync".*durability: 'disk'/],
      [() => store.delete(key, option('snapshot')), /"snapshot"/],
      [() => store.batch([], option('durable')), /"durable"/],
      [() => store.batch().write(option('durable')), /"durable"/],
      [() => store.get(key, option('snapshit')), /"snapshit".*did you mean snapshot/],
      [() => store.getMany([key], option('limit')), /"limit"/],
      [() => store.has(key, option('durability')), /"durability"/],
      [() => store.entries(option('revers')), /"revers".*did you mean reverse/],
      [() => store.keys(option('start')), /"start".*did you mean gte/],
      [() => store.values(option('durability')), /"durability"/],
      [() => store.clear(option('prefx')), /"prefx".*did you mean prefix/],
    ]
    for (const [call, says] of cases)
      await checkFails(() => call(store), invalid(says), `the call with ${says}`)
  })

  subject.test('options that are no objects are refused', async (store) => {
    for (const options of [null, 1, 'disk', true] as never[]) {
      await checkFails(() => store.put(key, value, options), invalid(/options of put/), 'put')
      await checkFails(() => store.delete(key, options), invalid(/options of delete/), 'delete')
      await checkFails(() => store.get(key, options), invalid(/options of get/), 'get')
      await checkFails(() => store.batch([], options), invalid(/options of batch/), 'batch')
      await checkFails(() => store.entries(options), invalid(/options of entries/), 'entries')
      await checkFails(() => store.clear(options), invalid(/options of clear/), 'clear')
    }
  })

  subject.test('durabilities and signals of the wrong kind are refused', async (store) => {
    for (const durability of ['fsync', '', true, null, 1] as never[]) {
      await checkFails(() => store.put(key, value, { durability }), invalid(/durability/), 'put')
      await checkFails(() => store.clear({ durability }), invalid(/durability/), 'clear')
    }
    for (const signal of [null, true, {}] as never[]) {
      await checkFails(() => store.put(key, value, { signal }), invalid(/signal/), 'put')
      await checkFails(() => store.get(key, { signal }), invalid(/signal/), 'get')
    }
    checkSame(await store.has(key), false, 'has')
  })

  subject.test(
    'a signal that is already aborted ends every call with its reason, and nothing is written',
    async (store) => {
      const reason = new Error('too late')
      const signal = AbortSignal.abort(reason)
      await store.put(key, value)
      const other = subject.key(2)
      await checkFailsWith(() => store.put(other, value, { signal }), reason, 'put')
      await checkFailsWith(() => store.delete(key, { signal }), reason, 'delete')
      await checkFailsWith(() => store.batch([{ type: 'delete', key }], { signal }), reason, 'batch')
      await checkFailsWith(
        () => store.batch().delete(key).write({ signal }),
        reason,
        'write of a chained batch',
      )
      await checkFailsWith(() => store.clear({ signal }), reason, 'clear')
      await checkFailsWith(() => store.get(key, { signal }), reason, 'get')
      await checkFailsWith(() => store.getMany([key], { signal }), reason, 'getMany')
      await checkFailsWith(() => store.has(key, { signal }), reason, 'has')
      await checkFailsWith(() => store.keys({ signal }), reason, 'keys')
      checkSame(await store.keys().nextMany(9), [key], 'keys')
      await store.put(key, value, { signal: new AbortController().signal })
    },
  )

  subject.test('calls that return promises never throw', async (store) => {
    const calls: (() => Promise<unknown>)[] = [
      () => store.get(undefined),
      () => store.getMany(undefined as never),
      () => store.has(undefined),
      () => store.put(undefined, undefined),
      () => store.delete(undefined),
      () => store.batch(null as never),
      () => store.clear({ limit: -1 }),
      () => store.entries().nextMany(0),
      () => store.batch().write({ durability: 'ram' as never }),
    ]
    for (const call of calls) {
      const promise = call()
      await checkFails(() => promise, invalid(), String(call))
    }
  })
}
