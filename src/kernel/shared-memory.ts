/**
 * A shared memory: one of WebAssembly, so that the compiled kernel can work in it, or, where there are none, just
 * a buffer. Which of the two it is decides which kernel works in it, in every thread that it is sent to.
 */
import { isPlainKernelWanted } from './kernel-choice.ts'
import { webAssembly } from './web-assembly.ts'

/** A `WebAssembly.Memory`, or an object with nothing but the buffer. Both can be sent to another thread. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer
}

const pageSizeBytes = 65_536

/**
 * A zeroed memory of exactly this size, of WebAssembly where the platform has it and `VARVE_KERNEL` is not `js`.
 *
 * @throws {RangeError} when there is none of that size just now.
 * @throws {InvalidArgumentError} when `VARVE_KERNEL` says something else.
 */
export function createSharedMemory(sizeBytes: number): SharedMemory {
  return (isPlainKernelWanted() ? undefined : createWasmMemory(sizeBytes)) ?? createPlainMemory(sizeBytes)
}

/** A memory that only the plain kernel works in, of any size. It goes as soon as nobody refers to it. */
export function createPlainMemory(sizeBytes: number): SharedMemory {
  return { buffer: new SharedArrayBuffer(sizeBytes) }
}

/** A memory of WebAssembly; its size is a multiple of 64 KiB. `undefined` where the platform has none. */
export function createWasmMemory(sizeBytes: number): SharedMemory | undefined {
  if (webAssembly === undefined) return undefined
  const pageCount = sizeBytes / pageSizeBytes
  try {
    const memory = new webAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true })
    return memory.buffer instanceof SharedArrayBuffer ? (memory as SharedMemory) : undefined
  } catch (error) {
    // Too large just now: the caller asks for less. Anything else means "no shared memories here".
    if (error instanceof RangeError) throw error
    return undefined
  }
}

export function isWasmMemory(memory: SharedMemory): boolean {
  return webAssembly !== undefined && memory instanceof webAssembly.Memory
}
