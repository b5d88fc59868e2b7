/**
 * The adapters for Keyv against the simplest model of them, by random moves while a virtual clock goes on: values with
 * and without a time to live, in several namespaces, with sweeps in between. `VARVE_SEED` repeats a run, `VARVE_MOVES`
 * sets its length.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { VarveKeyv, VarveKeyv5 } from '../../src/adapters/keyv/varve-keyv.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { StillTime } from '../support/still-time.ts'
import { KeyvModel } from './keyv-model.ts'
import { type Subject, subject5, subject6 } from './keyv-subject.ts'
import { storeKinds } from './stores.ts'

const seed = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31))
const moveCount = Number(process.env.VARVE_MOVES ?? 1500)

const namespaces = ['a', 'ab', 'sessions', '%']
const keys = ['', 'a', 'b', 'a:b', 'user:1', 'user:2', 'ü', '😀', ':', '%']
const ttlsMs = [undefined, undefined, 1, 500, 1000, 5000, 60_000]

interface Pair {
  readonly subject: Subject
  readonly model: KeyvModel
  readonly answersForEach: boolean
}

async function move(
  random: SeededRandom,
  { subject, model, answersForEach }: Pair,
  time: StillTime,
): Promise<string> {
  const pick = <T>(list: readonly T[]): T => list[random.upTo(list.length - 1)] as T
  const pickKeys = (): string[] => Array.from({ length: random.upTo(4) }, () => pick(keys))
  const key = pick(keys)
  const ttlMs = pick(ttlsMs)
  const kind = random.upTo(13)
  const value = `${kind} ${random.upTo(1e9)}`
  if (kind <= 2) {
    expect(await subject.set(key, value, ttlMs)).toBe(true)
    model.set(key, value, ttlMs)
    return `set ${key} for ${ttlMs}`
  }
  if (kind === 3) {
    const entries = pickKeys().map((each, index) => ({
      key: each,
      value: `${value} ${index}`,
      ttlMs: pick(ttlsMs),
    }))
    expect(await subject.setMany(entries)).toEqual(entries.map(() => true))
    for (const entry of entries) model.set(entry.key, entry.value, entry.ttlMs)
    return `setMany ${JSON.stringify(entries)}`
  }
  if (kind === 4) {
    expect(await subject.delete(key)).toBe(model.delete(key))
    return `delete ${key}`
  }
  if (kind === 5) {
    const list = [...new Set(pickKeys())]
    const wereThere = list.map((each) => model.delete(each))
    expect(await subject.deleteMany(list)).toEqual(answersForEach ? wereThere : wereThere.every(Boolean))
    return `deleteMany ${list}`
  }
  if (kind === 6 && random.chance(0.2)) {
    await subject.clear()
    model.clear()
    return 'clear'
  }
  if (kind === 7) {
    const count = await subject.sweep()
    return `sweep of ${count}`
  }
  if (kind <= 9) {
    const ms = pick([1, 1, 250, 499, 1000, 4000])
    time.pass(ms)
    if (random.chance(0.5)) await nextTurn()
    return `pass ${ms} ms`
  }
  const list = pickKeys()
  expect(await subject.get(key)).toBe(model.get(key))
  expect(await subject.getMany(list)).toEqual(list.map((each) => model.get(each)))
  expect(await subject.has(key)).toBe(model.has(key))
  expect(await subject.hasMany(list)).toEqual(list.map((each) => model.has(each)))
  return `read ${key} and ${list}`
}

describe.each(storeKinds)('over %s', (_, open) => {
  test.each(['VarveKeyv', 'VarveKeyv5'])('%s answers like a map with a clock', async (kind) => {
    console.log(`VARVE_SEED=${seed}`)
    const random = new SeededRandom(seed)
    const time = new StillTime()
    const store = await open()
    const options = {
      prefix: 'cache/',
      keepStoreOpen: true,
      clock: time,
      scheduler: time,
      sweepSliceEntries: 7,
    }
    const pairs = namespaces.map((namespace): Pair => {
      const six = kind === 'VarveKeyv'
      const adapter = six ? new VarveKeyv(store, options) : new VarveKeyv5(store, options)
      adapter.namespace = namespace
      const subject = adapter instanceof VarveKeyv ? subject6(adapter, time) : subject5(adapter as VarveKeyv5)
      return { subject, model: new KeyvModel(time), answersForEach: six }
    })
    const moves: string[] = []
    try {
      for (let count = 0; count < moveCount; count++) {
        const index = random.upTo(pairs.length - 1)
        moves.push(`${namespaces[index]}: ${await move(random, pairs[index] as Pair, time)}`)
        if (count % 25 === 0)
          for (const { subject, model } of pairs) expect(await subject.entries()).toEqual(model.entries())
      }
    } catch (error) {
      throw new Error(
        `VARVE_SEED=${seed} failed after ${moves.length} moves: ${moves.slice(-12).join('; ')}`,
        {
          cause: error,
        },
      )
    }
    time.pass(100_000)
    const [first] = pairs
    await first?.subject.sweep()
    const left = pairs.reduce((sum, { model }) => sum + model.entries().length, 0)
    expect(await store.keys().nextMany(1000)).toHaveLength(left)
    for (const { subject } of pairs) await subject.disconnect()
    await store.close()
  })
})
