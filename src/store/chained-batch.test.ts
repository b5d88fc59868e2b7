import { describe, expect, test } from 'vitest'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import { type ChainedBatchParts, EncodedChainedBatch, type EncodedOperation } from './chained-batch.ts'
import type { WriteOptions } from './key-value-store.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function openBatch(parts: Partial<ChainedBatchParts<Uint8Array, Uint8Array>> = {}) {
  const written: [operations: readonly EncodedOperation[], options: WriteOptions | undefined][] = []
  const batch = new EncodedChainedBatch<Uint8Array, Uint8Array>({
    keyEncoding: bytesEncoding,
    valueEncoding: bytesEncoding,
    checkOpen: () => undefined,
    write: async (operations, options) => {
      written.push([operations, options])
    },
    ...parts,
  })
  return { batch, written }
}

describe('EncodedChainedBatch', () => {
  test('hands its operations and options over at once, as bytes of its own', async () => {
    const { batch, written } = openBatch()
    const key = bytes(1)
    const value = bytes(2)
    batch.put(key, value).delete(key)
    key.fill(9)
    value.fill(9)
    await batch.write({ durability: 'disk' })
    const operations = [
      { type: 'put', key: bytes(1), value: bytes(2) },
      { type: 'delete', key: bytes(1) },
    ]
    expect(written).toEqual([[operations, { durability: 'disk' }]])
  })

  test('refuses to grow past what a batch may have, and keeps what it had', async () => {
    const { batch, written } = openBatch()
    const value = new Uint8Array(64 * 1024 * 1024)
    for (let i = 0; i < 3; i++) batch.put(bytes(i), value)
    expect(() => batch.put(bytes(3), value)).toThrow(/a batch may have 268435456 bytes/)
    expect(batch.length).toBe(3)
    batch.clear().put(bytes(3), bytes(1))
    await batch.write()
    expect(written[0]?.[0]).toHaveLength(1)
  })

  test('asks at each call whether the store is open', async () => {
    const { batch, written } = openBatch({
      checkOpen: () => {
        throw new ClosedError('the store is closed')
      },
    })
    expect(() => batch.put(bytes(1), bytes(1))).toThrow(/the store is closed/)
    expect(() => batch.delete(bytes(1))).toThrow(ClosedError)
    expect(() => batch.clear()).toThrow(ClosedError)
    await expect(batch.write()).rejects.toThrow(ClosedError)
    expect(written).toEqual([])
  })

  test('is used up by a write that fails', async () => {
    const failure = new Error('disk full')
    const { batch } = openBatch({ write: () => Promise.reject(failure) })
    await expect(batch.put(bytes(1), bytes(1)).write()).rejects.toBe(failure)
    await expect(batch.write()).rejects.toThrow('the batch was written and cannot be used again')
  })

  test('is not used up by options that are wrong', async () => {
    const { batch, written } = openBatch()
    await expect(batch.write({ durability: 'ram' as never })).rejects.toThrow(InvalidArgumentError)
    await batch.write()
    expect(written).toHaveLength(1)
  })
})
