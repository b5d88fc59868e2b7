/** A million entries on the real disk, with the worker: written, opened again, and each of them verified. */
import { describe, expect, test } from 'vitest'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const count = 1_000_000
const batchLength = 1_000
const valueLength = 100

describe('end to end', () => {
  test('a million entries are written in any order, and all are there after opening again', async () => {
    const folder = temporaryFolder()
    const options = { keyEncoding: 'bytes', valueEncoding: 'bytes' } as const
    const store = await LogStructuredStore.open(folder, options)
    for (let first = 0; first < count; first += batchLength) {
      const operations = Array.from({ length: batchLength }, (_, i) => {
        const number = shuffled(first + i)
        return { type: 'put' as const, key: keyOf(number), value: valueOfKey(number) }
      })
      await store.batch(operations)
    }
    await store.close()

    const reopened = await LogStructuredStore.open(folder, options)
    const key = new Uint8Array(16)
    const value = new Uint8Array(valueLength)
    let next = 0
    const seen = reopened.forEach({}, (seenKey, seenValue) => {
      writeKey(next, key)
      writeValue(next, value)
      if (!isSame(seenKey, key) || !isSame(seenValue, value)) throw new Error(`entry ${next} is wrong`)
      next++
    })
    expect(seen).toBe(count)
    for (let i = 0; i < 20_000; i++) {
      const number = shuffled(i * 47)
      if (!isSame((await reopened.get(keyOf(number))) ?? key, valueOfKey(number)))
        throw new Error(`the value of ${number} is wrong`)
    }
    expect(reopened.status().maintenance).toBe('worker')
    await reopened.close()
  })
})

/** Each number below a million once: 7 is prime to a million. */
function shuffled(index: number): number {
  return (index * 7 + 123_457) % count
}

function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(16)
  writeKey(number, key)
  return key
}

function valueOfKey(number: number): Uint8Array {
  const value = new Uint8Array(valueLength)
  writeValue(number, value)
  return value
}

/** Sixteen digits, so that keys are ordered as their numbers. */
function writeKey(number: number, key: Uint8Array): void {
  let rest = number
  for (let i = key.length - 1; i >= 0; i--) {
    key[i] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}

function writeValue(number: number, value: Uint8Array): void {
  let state = number + 1
  for (let i = 0; i < value.length; i++) {
    state = Math.imul(state ^ (state >>> 13), 0x5bd1_e995) + i
    value[i] = state >>> 24
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
