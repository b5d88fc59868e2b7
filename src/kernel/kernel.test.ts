import { describe, expect, test } from 'vitest'
import { kernels } from '../../test/support/kernels.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { kernelOf } from './kernel-instances.ts'
import { PlainKernel } from './plain-kernel.ts'
import { entryHeaderSizeBytes, keyLengthByte, previousByte, valueLengthByte } from './table-layout.ts'
import { WasmKernel } from './wasm-kernel.ts'

describe.each(kernels)('the %s kernel', (name, createArena) => {
  test('is what works in the memory', () => {
    const kernel = kernelOf(createArena(65_536).memory)
    expect(kernel).toBeInstanceOf(PlainKernel)
    expect(kernel instanceof WasmKernel).toBe(name === 'compiled')
  })

  test('links an entry to the one before it of its key, whatever its header held', () => {
    const { memory, base, sizeBytes } = createArena(65_536)
    const kernel = kernelOf(memory)
    kernel.createTable(base, sizeBytes, false)
    const entries = [8192, 8256, 8320]
    for (const [i, entry] of entries.entries()) {
      kernel.bytes.fill(0xff, base + entry, base + entry + entryHeaderSizeBytes)
      kernel.words[(base + entry + keyLengthByte) >>> 2] = 1
      kernel.words[(base + entry + valueLengthByte) >>> 2] = 0
      kernel.bytes[base + entry + entryHeaderSizeBytes] = i === 1 ? 0x62 : 0x61
      expect(kernel.insertRange(base, entry, entry + 1)).toBe(entry + entryHeaderSizeBytes + 4)
    }
    const previous = entries.map((entry) => kernel.words[(base + entry + previousByte) >>> 2])
    expect(previous).toEqual([0, 0, 8192])
  })

  test('enters the entries that begin in a range, and no others', () => {
    const { memory, base, sizeBytes } = createArena(65_536)
    const kernel = kernelOf(memory)
    kernel.createTable(base, sizeBytes, false)
    kernel.bytes.fill(0, base + 8192, base + 8192 + 3 * 16)
    expect(kernel.insertRange(base, 8192, 8192)).toBe(8192)
    expect(kernel.firstPosition(base)).toBe(0)
    expect(kernel.insertRange(base, 8192, 8192 + 17)).toBe(8192 + 32)
    expect(kernel.entryAt(base, kernel.firstPosition(base))).toBe(8192 + 16)
  })

  test.each([[0], [7], [31], [32], [999], [8192]])('hashes %i bytes of its memory', (length) => {
    const { memory, base } = createArena(65_536)
    const kernel = kernelOf(memory)
    const start = base + 16
    for (let i = 0; i < length; i += 1) kernel.bytes[start + i] = i * 7
    xxh64(kernel.bytes.slice(start, start + length), 0, length, 0x8000_0003, 0xffff_fffe)
    kernel.writeHash(start, start + length, 0x8000_0003, 0xffff_fffe, base + 8)
    const written = new DataView(memory.buffer, base + 8, 8)
    expect([written.getUint32(0, true), written.getUint32(4, true)]).toEqual([
      hashResult.low,
      hashResult.high,
    ])
  })

  test('stops rather than write a node over entries', () => {
    const { memory, base, sizeBytes } = createArena(65_536)
    const kernel = kernelOf(memory)
    kernel.createTable(base, sizeBytes, false)
    kernel.bytes.fill(0, base + sizeBytes - 512, base + sizeBytes)
    kernel.words[(base >>> 2) + 7] = sizeBytes - 496
    expect(() => kernel.insertRange(base, sizeBytes - 512, sizeBytes - 496)).toThrow()
  })
})
