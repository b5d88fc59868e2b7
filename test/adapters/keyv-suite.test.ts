/**
 * Keyv's own suite of tests, as it is published, on the adapters for Keyv 5 and 6 over both stores. The suite is
 * written for Keyv 5. Where Keyv 6 itself answers otherwise, the same tests fail on its own memory, and only those
 * are left out for it.
 */
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite'
import Keyv5 from 'keyv'
import Keyv6 from 'keyv6'
import * as vitest from 'vitest'
import { VarveKeyv, VarveKeyv5 } from '../../src/adapters/keyv/varve-keyv.ts'
import { storeKinds } from './stores.ts'

const { afterAll, describe } = vitest

/** What Keyv 6 does differently, whatever the adapter. */
const otherInKeyv6: readonly string[] = [
  // An array with an answer for each key, which is never falsy.
  '.deleteMany([keys]) with nonexistent keys resolves to false',
  // Serializers are given as one object with other names.
  'value can be BigInt using other serializer/deserializer',
]

/** vitest without the tests of those names. */
function without(names: readonly string[]): typeof vitest {
  const it = (name: string, body: () => Promise<void>): void => {
    if (!names.includes(name)) vitest.it(name, body)
  }
  return { ...vitest, it } as typeof vitest
}

const anyKeyv6 = Keyv6 as unknown as typeof Keyv5

for (const [name, open] of storeKinds) {
  describe(`Keyv 5 over ${name}`, async () => {
    const store = await open()
    // The suite makes a new Keyv for each test, so an adapter for each, and reads `opts` of one to set another's.
    const adapters: VarveKeyv5[] = []
    const adapter = (): VarveKeyv5 => {
      const made = new VarveKeyv5(store, { keepStoreOpen: true })
      adapters.push(made)
      return made
    }
    afterAll(async () => {
      for (const each of adapters) await each.disconnect()
      await store.close()
    })
    keyvTestSuite(vitest, Keyv5, adapter)
    keyvIteratorTests(vitest, Keyv5, adapter)
  })

  describe(`Keyv 6 over ${name}`, async () => {
    const store = await open()
    const adapters: VarveKeyv[] = []
    const adapter = (): VarveKeyv => {
      const made = new VarveKeyv(store, { keepStoreOpen: true })
      adapters.push(made)
      return made
    }
    afterAll(async () => {
      for (const each of adapters) await each.disconnect()
      await store.close()
    })
    keyvTestSuite(without(otherInKeyv6), anyKeyv6, adapter)
    keyvIteratorTests(vitest, anyKeyv6, adapter)
  })
}

describe('Keyv 6 over its own memory', () => {
  const memory = new Map()
  const tests: string[] = []
  const it = (name: string, body: () => Promise<void>): void => {
    if (!otherInKeyv6.includes(name)) return
    tests.push(name)
    vitest.it.fails(name, body)
  }
  keyvTestSuite({ ...vitest, it } as typeof vitest, anyKeyv6, () => memory)
  vitest.it('the tests left out are tests of the suite', ({ expect }) => {
    expect(tests.sort()).toEqual([...otherInKeyv6].sort())
  })
})
