/** How large ranges are, and merging: what both change is never what is read. */
import { checkFails, checkSame, checkThat } from './checks.ts'
import { Model } from './model.ts'
import { closed, invalid, type Subject } from './subject.ts'

export function testUpkeep(subject: Subject): void {
  subject.test('approximateSize() is a number of bytes, none for a range without keys', async (store) => {
    await subject.fillNumbered(store, 100)
    await store.compact()
    const whole = await store.approximateSize()
    checkThat(Number.isInteger(whole) && whole > 0, `approximateSize() is ${whole}`)
    for (const range of subject.emptyRanges()) {
      checkSame(await store.approximateSize(range), 0, 'approximateSize of an empty range')
    }
    checkSame(await store.approximateSize({}), whole, 'approximateSize without bounds')
  })

  subject.test('compact() changes nothing that is read, of the whole or of a range', async (store) => {
    const model = new Model(subject.keyEncoding)
    for (let i = 0; i < 200; i++) {
      const key = subject.keySamples.numbered(i % 100)
      await store.put(key, subject.value(i))
      model.put(key, subject.value(i))
    }
    await store.compact({ gte: subject.keySamples.numbered(20), lt: subject.keySamples.numbered(40) })
    await subject.checkContent(store, model)
    await store.compact()
    await subject.checkContent(store, model)
  })

  subject.test('both refuse options that they do not know, and a closed store', async (store) => {
    const wrong = { from: subject.key(1) } as object
    await checkFails(() => store.approximateSize(wrong), invalid(/no option "from"/), 'approximateSize')
    await checkFails(() => store.compact(wrong), invalid(/no option "from"/), 'compact')
    await store.close()
    await checkFails(() => store.approximateSize(), closed, 'approximateSize')
    await checkFails(() => store.compact(), closed, 'compact')
  })
}
