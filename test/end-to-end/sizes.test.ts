/** The smallest and the largest of everything, on the real disk. */
import { describe, expect, test } from 'vitest'
import { keyLengthMax, valueLengthMax } from '../../src/entry/entry.ts'
import { InvalidArgumentError } from '../../src/errors.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const bytesOptions = { keyEncoding: 'bytes', valueEncoding: 'bytes' } as const
/** Around every border: of a small value, a block, a group, an arena, and the most. */
const valueLengths = [
  0,
  1,
  127,
  4_000,
  4_096,
  65_536,
  1024 * 1024 - 64,
  1024 * 1024 + 1,
  5_000_000,
  17_000_000,
  valueLengthMax - 1,
  valueLengthMax,
]

describe('end to end', () => {
  test('values of 0 bytes to 64 MiB come back as they were written, from memory, log and segments', async () => {
    const folder = temporaryFolder()
    let store = await LogStructuredStore.open(folder, bytesOptions)
    for (const length of valueLengths) await store.put(keyOf(length), patternOf(length))
    await checkValues(store)
    await store.close()
    store = await LogStructuredStore.open(folder, bytesOptions)
    await checkValues(store)
    await store.compact()
    await checkValues(store)
    expect((await store.check()).problems).toEqual([])
    await store.close()
  })

  test('keys of 0 to 65,535 bytes are told apart and stand in order', async () => {
    const folder = temporaryFolder()
    const lengths = [0, 1, 2, 255, 256, 4_095, 4_097, 32_768, keyLengthMax - 1, keyLengthMax]
    const keys = lengths.map((length) => new Uint8Array(length).fill(107))
    let store = await LogStructuredStore.open(folder, bytesOptions)
    for (const key of [...keys].reverse()) await store.put(key, Uint8Array.of(key.length & 255))
    const expected = keys.map((key) => [key.length, key.length & 255])
    expect(await shapesOf(store)).toEqual(expected)
    await store.close()
    store = await LogStructuredStore.open(folder, bytesOptions)
    expect(await shapesOf(store)).toEqual(expected)
    for (const key of keys) expect(store.getSync(key)?.[0]).toBe(key.length & 255)
    await store.close()
  })

  test('what is larger is refused, and nothing of it is written', async () => {
    const store = await LogStructuredStore.open(temporaryFolder(), bytesOptions)
    const tooLong = new Uint8Array(valueLengthMax + 1)
    await expect(store.put(Uint8Array.of(1), tooLong)).rejects.toThrow(InvalidArgumentError)
    await expect(store.put(new Uint8Array(keyLengthMax + 1), Uint8Array.of(1))).rejects.toThrow(
      InvalidArgumentError,
    )
    const value = new Uint8Array(valueLengthMax)
    const operations = [1, 2, 3, 4, 5].map((key) => ({
      type: 'put' as const,
      key: Uint8Array.of(key),
      value,
    }))
    await expect(store.batch(operations)).rejects.toThrow(InvalidArgumentError)
    expect(await store.keys().nextMany(1)).toEqual([])
    await store.close()
  })
})

async function checkValues(store: LogStructuredStore<Uint8Array, Uint8Array>): Promise<void> {
  for (const length of valueLengths) {
    const value = await store.get(keyOf(length))
    if (value === undefined || Buffer.compare(value, patternOf(length)) !== 0)
      throw new Error(`the value of ${length} bytes is wrong: ${value?.length} bytes`)
  }
}

async function shapesOf(store: LogStructuredStore<Uint8Array, Uint8Array>): Promise<number[][]> {
  const shapes: number[][] = []
  for await (const [key, value] of store.entries()) shapes.push([key.length, value[0] as number])
  return shapes
}

function keyOf(length: number): Uint8Array {
  return new TextEncoder().encode(String(length))
}

function patternOf(length: number): Uint8Array {
  const pattern = new Uint8Array(length)
  // A prime, so that no two blocks are alike.
  for (let i = 0; i < length; i++) pattern[i] = (i % 251) ^ (i >>> 16)
  return pattern
}
