/** What batches promise, given at once or call by call: everything or nothing, in order. */
import type { BatchOperation } from '../store/key-value-store.ts'
import { checkFails, checkSame } from './checks.ts'
import { Model } from './model.ts'
import { closed, invalid, type Subject } from './subject.ts'

export function testBatches(subject: Subject): void {
  const key = subject.key(1)
  const otherKey = subject.key(2)
  const value = subject.value(1)

  subject.test('batch() writes puts and deletes together', async (store) => {
    const model = await subject.fill(store)
    const operations: BatchOperation<unknown, unknown>[] = [
      { type: 'delete', key: subject.key(0) },
      { type: 'put', key: subject.key(3), value: subject.value(50) },
      { type: 'put', key: subject.keySamples.numbered(1), value: subject.value(51) },
      { type: 'delete', key: subject.keySamples.numbered(2) },
    ]
    await store.batch(operations)
    model.apply(operations)
    await subject.checkContent(store, model)
  })

  subject.test('batch() applies operations on one key in their order', async (store) => {
    await store.batch([
      { type: 'put', key, value },
      { type: 'put', key, value: subject.value(2) },
      { type: 'delete', key: otherKey },
      { type: 'put', key: otherKey, value },
    ])
    checkSame(await store.getMany([key, otherKey]), [subject.value(2), value], 'getMany')
    await store.batch([
      { type: 'put', key, value },
      { type: 'delete', key },
    ])
    checkSame(await store.get(key), undefined, 'get')
    checkSame(await store.keys().nextMany(9), [otherKey], 'keys')
  })

  subject.test('an empty batch changes nothing', async (store) => {
    const model = await subject.fill(store)
    await store.batch([])
    await store.batch().write()
    await subject.checkContent(store, model)
  })

  subject.test('batches of thousands of operations, and of megabytes, are written whole', async (store) => {
    const model = new Model(subject.keyEncoding)
    for (const length of [16, 2000]) {
      const operations = Array.from({ length: 3000 }, (_, i) => ({
        type: 'put' as const,
        key: subject.keySamples.numbered(i),
        value: subject.valueSamples.ofLength(length + (i % 7)),
      }))
      await store.batch(operations)
      model.apply(operations)
      await subject.checkContent(store, model)
    }
  })

  subject.test('a batch with one bad operation is refused by its index and writes nothing', async (store) => {
    const good = { type: 'put', key, value }
    const bad: [operation: unknown, says: RegExp][] = [
      [{ type: 'put', key: undefined, value }, /operations\[1\]\.key: expected .*, got undefined/],
      [{ type: 'put', key: null, value }, /operations\[1\]\.key: expected .*, got null/],
      [
        { type: 'put', key: otherKey, value: undefined },
        /operations\[1\]\.value: expected .*, got undefined/,
      ],
      [{ type: 'put', key: otherKey }, /operations\[1\]\.value: expected .*, got undefined/],
      [{ type: 'delete' }, /operations\[1\]\.key: expected .*, got undefined/],
      [
        { type: 'del', key: otherKey },
        /operations\[1\]\.type must be 'put' or 'delete', got the string "del"/,
      ],
      [{ key: otherKey, value }, /operations\[1\]\.type must be 'put' or 'delete', got undefined/],
      [undefined, /operations\[1\] must be an object, got undefined/],
      [null, /operations\[1\] must be an object, got null/],
      ['put', /operations\[1\] must be an object, got the string "put"/],
      ...subject.keySamples.refused.map((each): [unknown, RegExp] => [
        { type: 'delete', key: each },
        /operations\[1\]\.key: /,
      ]),
      ...subject.valueSamples.refused.map((each): [unknown, RegExp] => [
        { type: 'put', key: otherKey, value: each },
        /operations\[1\]\.value: /,
      ]),
    ]
    for (const [operation, says] of bad) {
      const operations = [good, operation, good] as BatchOperation<unknown, unknown>[]
      await checkFails(() => store.batch(operations), invalid(says), `a batch with ${says}`)
    }
    const tooLong = subject.keySamples.ofLength(store.capabilities.keyLengthMax + 1)
    const withLongKey = [good, { type: 'delete', key: tooLong }] as BatchOperation<unknown, unknown>[]
    await checkFails(
      () => store.batch(withLongKey),
      invalid(/operations\[1\]\.key: /),
      'a batch with a long key',
    )
    checkSame(await store.keys().nextMany(9), [], 'keys')
  })

  subject.test('batch() of something else than an array is refused', async (store) => {
    for (const operations of [undefined, null, 'put', { type: 'put', key, value }]) {
      await checkFails(
        () => store.batch(operations as never),
        invalid(/operations must be an array/),
        'batch',
      )
    }
  })

  testChainedBatches(subject)
}

function testChainedBatches(subject: Subject): void {
  const key = subject.key(1)
  const otherKey = subject.key(2)
  const value = subject.value(1)

  subject.test('a chained batch is written by write(), in the order of its calls', async (store) => {
    const model = await subject.fill(store)
    const batch = store.batch().delete(key).put(key, subject.value(60)).put(otherKey, value).delete(otherKey)
    checkSame(batch.length, 4, 'length')
    await subject.checkContent(store, model, 'the content before write()')
    await batch.write()
    model.put(key, subject.value(60))
    model.delete(otherKey)
    await subject.checkContent(store, model)
  })

  subject.test('clear() of a chained batch forgets its operations', async (store) => {
    const batch = store.batch().put(key, value).clear()
    checkSame(batch.length, 0, 'length')
    await batch.put(otherKey, value).write()
    checkSame(await store.keys().nextMany(9), [otherKey], 'keys')
  })

  subject.test('a chained batch refuses a bad operation at its call and keeps the others', async (store) => {
    const batch = store.batch().put(key, value)
    await checkFails(() => batch.put(undefined, value), invalid(/^key: /), 'put without a key')
    await checkFails(() => batch.put(otherKey, undefined), invalid(/^value: /), 'put without a value')
    await checkFails(() => batch.delete(null), invalid(/^key: /), 'delete of null')
    await checkFails(() => batch.write({ durability: 'ram' as never }), invalid(/durability/), 'write')
    checkSame(batch.length, 1, 'length')
    await batch.write()
    checkSame(await store.keys().nextMany(9), [key], 'keys')
  })

  subject.test('a chained batch is used once', async (store) => {
    for (const use of ['write', 'close'] as const) {
      const batch = store.batch().put(key, value)
      await batch[use]()
      await checkFails(() => batch.put(key, value), closed, `put after ${use}`)
      await checkFails(() => batch.delete(key), closed, `delete after ${use}`)
      await checkFails(() => batch.clear(), closed, `clear after ${use}`)
      await checkFails(() => batch.write(), closed, `write after ${use}`)
      batch.close()
    }
    checkSame(await store.keys().nextMany(9), [key], 'keys')
  })

  subject.test('a chained batch that is closed writes nothing', async (store) => {
    store.batch().put(key, value).close()
    checkSame(await store.has(key), false, 'has')
  })

  if (subject.encodings.valueEncoding !== 'bytes') return
  subject.test('a chained batch keeps its bytes, whatever the caller does to them', async (store) => {
    const bytes = Uint8Array.of(1, 2, 3)
    const batch = store.batch().put(key, bytes)
    bytes.fill(9)
    await batch.write()
    checkSame(await store.get(key), Uint8Array.of(1, 2, 3), 'get')
  })
}
