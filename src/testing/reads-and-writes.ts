/** What get, getMany, has, put and delete promise. */
import { checkFails, checkSame, checkThat } from './checks.ts'
import { Model } from './model.ts'
import { invalid, type Subject } from './subject.ts'

export function testReadsAndWrites(subject: Subject): void {
  const key = subject.key(1)
  const value = subject.value(1)

  subject.test('get() of an absent key is undefined, has() false', async (store) => {
    checkSame(await store.get(key), undefined, 'get')
    checkSame(await store.has(key), false, 'has')
    checkSame(await store.getMany([key, subject.key(2)]), [undefined, undefined], 'getMany')
  })

  subject.test('get() gives back each kind of key and value that put() took', async (store) => {
    const model = await subject.fill(store)
    for (const [each, expected] of model.list()) {
      checkSame(await store.get(each), expected, 'get')
      checkSame(await store.has(each), true, 'has')
    }
    await subject.checkContent(store, model)
    for (let i = 0; i < subject.valueSamples.valid.length; i++) {
      await store.put(key, subject.value(i))
      checkSame(await store.get(key), subject.value(i), `value sample ${i}`)
      checkSame(await store.has(key), true, `has with value sample ${i}`)
    }
  })

  subject.test('put() replaces the value of its key and of no other', async (store) => {
    const model = await subject.fill(store)
    for (const [each] of model.list()) {
      await store.put(each, subject.value(100))
      model.put(each, subject.value(100))
      await subject.checkContent(store, model)
    }
  })

  subject.test('delete() removes its key and no other, and is fine with an absent one', async (store) => {
    const model = await subject.fill(store)
    for (const [each] of model.list()) {
      for (const _ of ['once', 'and again']) {
        await store.delete(each)
        model.delete(each)
        await subject.checkContent(store, model)
      }
      checkSame(await store.has(each), false, 'has')
    }
  })

  subject.test('put() after delete() sets the key again', async (store) => {
    await store.put(key, value)
    await store.delete(key)
    await store.put(key, subject.value(2))
    checkSame(await store.get(key), subject.value(2), 'get')
  })

  subject.test('writes that are not awaited take place in the order of the calls', async (store) => {
    await Promise.all([store.put(key, value), store.delete(key), store.put(key, subject.value(2))])
    checkSame(await store.get(key), subject.value(2), 'get')
    await Promise.all([store.put(key, value), store.delete(key)])
    checkSame(await store.get(key), undefined, 'get')
  })

  subject.test('a write is seen when its promise has resolved', async (store) => {
    const model = new Model(subject.keyEncoding)
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        await store.put(subject.keySamples.numbered(i), subject.value(i))
        model.put(subject.keySamples.numbered(i), subject.value(i))
        checkSame(await store.get(subject.keySamples.numbered(i)), subject.value(i), `get ${i}`)
      }),
    )
    await subject.checkContent(store, model)
  })

  subject.test('getMany() answers in the order of the keys, repeated ones too', async (store) => {
    await store.put(subject.key(1), subject.value(1))
    await store.put(subject.key(2), subject.value(2))
    const keys = [subject.key(2), subject.key(3), subject.key(1), subject.key(2)]
    const expected = [subject.value(2), undefined, subject.value(1), subject.value(2)]
    checkSame(await store.getMany(keys), expected, 'getMany')
    checkSame(await store.getMany([]), [], 'getMany of no keys')
  })

  subject.test('keys may be as long as the capabilities say, and no longer', async (store) => {
    const { keyLengthMax } = store.capabilities
    const longest = subject.keySamples.ofLength(keyLengthMax)
    await store.put(longest, value)
    checkSame(await store.get(longest), value, 'get')
    checkSame(await store.entries().nextMany(2), [[longest, value]], 'entries')
    const tooLong = subject.keySamples.ofLength(keyLengthMax + 1)
    const refusal = invalid(/key: .*65535 bytes.*65536/)
    await checkFails(() => store.put(tooLong, value), refusal, 'put of a key that is too long')
    await checkFails(() => store.get(tooLong), refusal, 'get of a key that is too long')
    await checkFails(() => store.delete(tooLong), refusal, 'delete of a key that is too long')
  })

  subject.test('values of 4 KiB and of 1 MiB come back whole', async (store) => {
    const model = new Model(subject.keyEncoding)
    for (const [i, length] of [4095, 4096, 4097, 65_535, 65_536, 2 ** 20].entries()) {
      await store.put(subject.key(i), subject.valueSamples.ofLength(length))
      model.put(subject.key(i), subject.valueSamples.ofLength(length))
    }
    await subject.checkContent(store, model)
  })

  subject.test('every durability is taken, and changes nothing about what is read', async (store) => {
    for (const [i, durability] of (['memory', 'os', 'disk'] as const).entries()) {
      await store.put(key, subject.value(i), { durability })
      checkSame(await store.get(key), subject.value(i), `get after a put with durability ${durability}`)
      await store.delete(key, { durability })
      checkSame(await store.get(key), undefined, `get after a delete with durability ${durability}`)
      await store.batch([{ type: 'put', key, value }], { durability })
      checkSame(await store.get(key), value, `get after a batch with durability ${durability}`)
    }
  })

  if (subject.encodings.valueEncoding === 'bytes') testByteValues(subject)
  if (subject.encodings.keyEncoding === 'bytes') testByteKeys(subject)
}

function testByteValues(subject: Subject): void {
  const key = subject.key(1)

  subject.test('values may be no longer than the capabilities say', async (store) => {
    const tooLong = subject.valueSamples.ofLength(store.capabilities.valueLengthMax + 1)
    await checkFails(() => store.put(key, tooLong), invalid(/value: /), 'put of a value that is too long')
    checkSame(await store.has(key), false, 'has')
  })

  subject.test(
    'a store keeps what it was given, whatever the caller does to the bytes afterwards',
    async (store) => {
      for (const length of [3, 100, 10_000, 100_000]) {
        for (const value of [new Uint8Array(length), Buffer.alloc(length)]) {
          value.fill(1)
          const written = store.put(key, value)
          value.fill(2)
          await written
          checkSame(await store.get(key), new Uint8Array(length).fill(1), `the value of ${length} bytes`)
        }
      }
    },
  )

  subject.test(
    'what a read returns is the caller’s: changing it changes nothing in the store',
    async (store) => {
      for (const length of [3, 100, 10_000, 100_000]) {
        const value = new Uint8Array(length).fill(1)
        await store.put(key, value)
        const spoil = (bytes: unknown): void => {
          ;(bytes as Uint8Array).fill(9)
        }
        spoil(await store.get(key))
        spoil((await store.getMany([key]))[0])
        spoil((await store.entries().nextMany(1))[0]?.[1])
        spoil((await store.values().nextMany(1))[0])
        checkSame(await store.get(key), value, `the value of ${length} bytes`)
      }
    },
  )

  subject.test('what a read returned stays as it is, whatever happens to the store', async (store) => {
    const value = new Uint8Array(100).fill(1)
    await store.put(key, value)
    const read = await store.get(key)
    await store.put(key, new Uint8Array(100).fill(2))
    await subject.fillNumbered(store, 1000)
    await store.clear()
    checkSame(read, value, 'the value read at first')
  })

  subject.test('bytes may be views into a larger or a shared buffer', async (store) => {
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(5)
    await store.put(key, shared.subarray(2, 5))
    checkSame(await store.get(key), Uint8Array.of(5, 5, 5), 'a view of a shared buffer')
    await store.put(key, Uint8Array.of(1, 2, 3, 4).subarray(1, 3))
    checkSame(await store.get(key), Uint8Array.of(2, 3), 'a view of a larger buffer')
  })
}

function testByteKeys(subject: Subject): void {
  subject.test('keys are the store’s own, whatever the caller does to the bytes', async (store) => {
    const key = Uint8Array.of(1, 2, 3)
    const written = store.put(key, subject.value(1))
    key.fill(9)
    await written
    const spoiled = (await store.keys().nextMany(1))[0] as Uint8Array
    spoiled.fill(9)
    checkSame(await store.keys().nextMany(2), [Uint8Array.of(1, 2, 3)], 'the keys')
    checkThat(await store.has(Uint8Array.of(1, 2, 3)), 'the key is found')
  })

  subject.test('keys are ordered by unsigned bytes', async (store) => {
    const model = new Model(subject.keyEncoding)
    for (let i = 255; i >= 0; i--) {
      for (const each of [Uint8Array.of(i), Uint8Array.of(i, 0), Uint8Array.of(7, i)]) {
        await store.put(each, subject.value(1))
        model.put(each, subject.value(1))
      }
    }
    await subject.checkContent(store, model)
  })
}
