/** What seek() of an iterator promises. */
import { checkFails, checkSame } from './checks.ts'
import { invalid, type Subject } from './subject.ts'

export function testSeeking(subject: Subject): void {
  const keys = subject.keySamples.valid

  subject.test(
    'seek() goes to the first key at or after its target (reverse: before), in the range',
    async (store) => {
      const model = await subject.fill(store)
      for (let i = 1; i < keys.length; i += 3) {
        await store.delete(keys[i])
        model.delete(keys[i])
      }
      const ranges = [
        {},
        { gte: keys[3], lt: keys[8] },
        { gt: keys[2], lte: keys[9] },
        { limit: 2 },
        { prefix: keys[5] },
      ]
      for (const range of ranges) {
        for (const reverse of [false, true]) {
          for (const target of keys) {
            const iterator = store.entries({ ...range, reverse })
            iterator.seek(target)
            const expected = model.listFrom({ ...range, reverse }, target)
            checkSame(await iterator.nextMany(100), expected, `the entries from ${String(target)}`)
            await iterator.close()
          }
        }
      }
    },
  )

  subject.test(
    'seek() may go forth and back, and counts towards the limit what was handed out',
    async (store) => {
      await subject.fillNumbered(store, 100)
      const key = (number: number): unknown => subject.keySamples.numbered(number)
      const iterator = store.keys({ limit: 6 })
      const first = (await store.keys().nextMany(1))[0]
      checkSame(await iterator.nextMany(2), [key(0), key(1)], 'the first two keys')
      iterator.seek(key(50))
      checkSame((await iterator.nextMany(1))[0], key(50), 'the key sought')
      iterator.seek(key(0))
      checkSame((await iterator.nextMany(1))[0], first, 'the first key again')
      checkSame((await iterator.nextMany(9)).length, 2, 'the count of what the limit leaves')
      checkSame(await iterator.nextMany(9), [], 'after the limit')
      await iterator.close()
    },
  )

  subject.test('seek() inside a loop goes on from its target', async (store) => {
    await subject.fillNumbered(store, 60)
    const seen: unknown[] = []
    const iterator = store.keys({ limit: 12 })
    for await (const key of iterator) {
      seen.push(key)
      if (seen.length === 7) iterator.seek(subject.keySamples.numbered(40))
    }
    const numbers = [0, 1, 2, 3, 4, 5, 6, 40, 41, 42, 43, 44]
    checkSame(
      seen,
      numbers.map((number) => subject.keySamples.numbered(number)),
      'the keys',
    )
  })

  subject.test('seek() refuses what is no key', async (store) => {
    using iterator = store.entries()
    for (const target of [undefined, null, ...subject.keySamples.refused]) {
      await checkFails(() => iterator.seek(target), invalid(/^target: /), 'seek')
    }
  })
}
