import { afterEach, describe, expect, test, vi } from 'vitest'
import { InvalidArgumentError } from '../errors.ts'
import { foundKernel, kernelOf } from './kernel-instances.ts'
import { ownScratchSizeBytes } from './memory-layout.ts'
import { createPlainMemory, createSharedMemory, isWasmMemory } from './shared-memory.ts'
import { WasmKernel } from './wasm-kernel.ts'

const mebibyte = 1024 * 1024

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a shared memory', () => {
  test.each([
    [undefined, true],
    ['', true],
    ['wasm', true],
    ['js', false],
  ])('with VARVE_KERNEL=%s is one of WebAssembly: %s', (wanted, isWasm) => {
    vi.stubEnv('VARVE_KERNEL', wanted)
    const memory = createSharedMemory(mebibyte)
    expect(isWasmMemory(memory)).toBe(isWasm)
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(memory.buffer.byteLength).toBe(mebibyte)
  })

  test('is refused when VARVE_KERNEL is something else', () => {
    vi.stubEnv('VARVE_KERNEL', 'native')
    expect(() => createSharedMemory(mebibyte)).toThrow(InvalidArgumentError)
    expect(() => createSharedMemory(mebibyte)).toThrow(/VARVE_KERNEL.*"native"/)
  })

  test.each([
    ['WebAssembly', createSharedMemory],
    ['the language alone', createPlainMemory],
  ])('of %s has the same kind of kernel in the thread that receives it', (_name, create) => {
    const memory = create(mebibyte)
    const owner = foundKernel(memory, ownScratchSizeBytes)
    const received = structuredClone(memory)
    const visitor = kernelOf(received)
    expect(visitor).not.toBe(owner)
    expect(visitor instanceof WasmKernel).toBe(owner instanceof WasmKernel)
    expect(owner instanceof WasmKernel).toBe(isWasmMemory(memory))
    owner.bytes[owner.keyPosition] = 99
    expect(visitor.bytes[owner.keyPosition]).toBe(99)
  })
})
