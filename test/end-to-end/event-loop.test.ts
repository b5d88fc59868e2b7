/** Code that awaits the store in a loop leaves the event loop its turns. */
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Far more calls than a starving loop would need to show itself, far more than a good one needs. */
const callCountMax = 5_000_000

/** Repeats a call until a timer and a message of the event loop came through; how many calls that took. */
async function callsUntilOthersRan(call: (index: number) => Promise<unknown>): Promise<number> {
  let firedCount = 0
  const fire = (): void => {
    firedCount++
  }
  setTimeout(fire, 1)
  setImmediate(fire)
  const { port1, port2 } = new MessageChannel()
  port1.on('message', fire)
  port2.postMessage('ping')
  let calls = 0
  while (firedCount < 3 && calls < callCountMax) await call(calls++)
  port1.close()
  return calls
}

describe('end to end', () => {
  const loops: Record<string, (store: LogStructuredStore) => (index: number) => Promise<unknown>> = {
    get: (store) => (index) => store.get(`key ${index % 100}`),
    'get of what is absent': (store) => (index) => store.get(`absent ${index}`),
    has: (store) => (index) => store.has(`key ${index % 100}`),
    getMany: (store) => () => store.getMany(['key 1', 'key 2']),
    put: (store) => (index) => store.put(`key ${index % 100}`, 'value'),
    'put into memory': (store) => (index) => store.put(`key ${index % 100}`, 'v', { durability: 'memory' }),
    delete: (store) => (index) => store.delete(`key ${index % 100}`),
    batch: (store) => () => store.batch([{ type: 'put', key: 'key 1', value: 'value' }]),
    'nextMany of new iterators': (store) => async () => {
      const keys = store.keys()
      await keys.nextMany(3)
      await keys.close()
    },
  }

  for (const [name, loopOver] of Object.entries(loops)) {
    test(`a loop of awaited calls lets timers and messages through: ${name}`, async () => {
      const store = await LogStructuredStore.open(temporaryFolder())
      for (let i = 0; i < 100; i++) await store.put(`key ${i}`, 'value')
      expect(await callsUntilOthersRan(loopOver(store))).toBeLessThan(callCountMax)
      await store.close()
    })
  }

  test('a loop over an iterator lets timers and messages through', async () => {
    const store = await LogStructuredStore.open(temporaryFolder())
    const operations = Array.from({ length: 50_000 }, (_, i) => ({
      type: 'put' as const,
      key: `key ${i}`,
      value: 'value',
    }))
    await store.batch(operations)
    let fired = false
    setTimeout(() => {
      fired = true
    }, 1)
    let rounds = 0
    while (!fired && rounds < 1_000) {
      for await (const _ of store.entries()) if (fired) break
      rounds++
    }
    expect(fired).toBe(true)
    await store.close()
  })
})
