import { expect, test } from 'vitest'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { kernelOf } from './kernel-instances.ts'
import { createOwnArena } from './memory-pool.ts'
import { entryHeaderSizeBytes, keyLengthByte, previousByte } from './table-layout.ts'

test('links an entry to the one before it of its key, whatever its header held', () => {
  const { buffer, base, sizeBytes } = createOwnArena(65_536)
  const kernel = kernelOf(buffer)
  kernel.createTable(base, sizeBytes)
  const entries = [8192, 8256, 8320]
  for (const [i, entry] of entries.entries()) {
    kernel.bytes.fill(0xff, base + entry, base + entry + entryHeaderSizeBytes)
    kernel.words[(base + entry + keyLengthByte) >>> 2] = 1
    kernel.bytes[base + entry + entryHeaderSizeBytes] = i === 1 ? 0x62 : 0x61
    kernel.insertEntry(base, entry, 1, 1)
  }
  const previous = entries.map((entry) => kernel.words[(base + entry + previousByte) >>> 2])
  expect(previous).toEqual([0, 0, 8192])
})

test('hashes a range of its memory', () => {
  const kernel = kernelOf(createOwnArena(65_536).buffer)
  const start = kernel.outputPosition
  for (let i = 0; i < 1000; i += 1) kernel.bytes[start + i] = i * 7
  xxh64(kernel.bytes.slice(start, start + 999), 0, 999, 3, 4)
  const expected = { ...hashResult }
  kernel.hash(start, start + 999, 3, 4)
  expect(hashResult).toEqual(expected)
})
