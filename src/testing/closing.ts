/** What closing promises: everything that was begun ends, everything after is told, and twice is fine. */
import { checkFails, checkSame } from './checks.ts'
import { closed, type Subject } from './subject.ts'

export function testClosing(subject: Subject): void {
  const key = subject.key(1)
  const value = subject.value(1)

  subject.test('a closed store refuses every call', async (store) => {
    await subject.fill(store)
    await store.close()
    const calls: (() => unknown)[] = [
      () => store.get(key),
      () => store.getMany([key]),
      () => store.has(key),
      () => store.put(key, value),
      () => store.delete(key),
      () => store.batch([{ type: 'put', key, value }]),
      () => store.batch([]),
      () => store.batch(),
      () => store.clear(),
      () => store.entries(),
      () => store.keys(),
      () => store.values(),
      () => store.snapshot(),
    ]
    for (const call of calls) await checkFails(call, closed, String(call))
  })

  subject.testSync('a closed store refuses every blocking call', async (store) => {
    await store.close()
    const calls: (() => unknown)[] = [
      () => store.getSync(key),
      () => store.getManySync([key]),
      () => store.hasSync(key),
      () => store.putSync(key, value),
      () => store.deleteSync(key),
      () => store.batchSync([{ type: 'put', key, value }]),
      () => store.getView(key, () => 1),
      () => store.getInto(key, new Uint8Array(1)),
      () => store.forEach({}, () => 1),
    ]
    for (const call of calls) await checkFails(call, closed, String(call))
  })

  subject.test('close() may be called twice, also at the same time, and by await using', async (store) => {
    await Promise.all([store.close(), store.close()])
    await store.close()
    await store[Symbol.asyncDispose]()
  })

  subject.test('close() lets writes that were begun end well', async (store) => {
    const writes = [
      store.put(key, value),
      store.delete(subject.key(2)),
      store.batch([{ type: 'put', key: subject.key(3), value }]),
    ]
    const closing = store.close()
    await Promise.all(writes)
    await closing
  })

  subject.test('close() closes iterators, which then say so instead of ending early', async (store) => {
    await subject.fillNumbered(store, 50)
    const fresh = store.entries()
    const begun = store.entries()
    await begun.nextMany(3)
    let seen = 0
    const loop = async (): Promise<void> => {
      for await (const _ of store.keys()) {
        seen++
        if (seen === 3) await store.close()
      }
    }
    await checkFails(loop, closed, 'the loop')
    checkSame(seen, 3, 'the count of keys seen')
    await checkFails(() => fresh.nextMany(1), closed, 'nextMany of a fresh iterator')
    await checkFails(() => begun.nextMany(1), closed, 'nextMany of an iterator in use')
    await checkFails(() => begun.seek(key), closed, 'seek')
    await begun.close()
  })

  subject.testSnapshots('close() closes snapshots', async (store) => {
    const snapshot = store.snapshot()
    await store.close()
    await checkFails(() => store.get(key, { snapshot }), closed, 'get')
    snapshot.close()
    await snapshot[Symbol.asyncDispose]()
  })

  subject.test('close() ends chained batches, unwritten', async (store) => {
    const batch = store.batch().put(key, value)
    await store.close()
    await checkFails(() => batch.put(key, value), closed, 'put')
    await checkFails(() => batch.write(), closed, 'write')
    batch.close()
  })
}
