/**
 * One kernel for each memory in this thread: the compiled one where the memory is of WebAssembly and the platform
 * lets it run, else the plain one.
 */
import { InvariantError } from '../invariant.ts'
import type { Kernel } from './kernel.ts'
import {
  memoryMagic,
  memoryMagicWord,
  ownerKeyPosition,
  scratchSizeWord,
  visitorKeyPosition,
} from './memory-layout.ts'
import { PlainKernel } from './plain-kernel.ts'
import type { SharedMemory } from './shared-memory.ts'
import { createWasmKernel } from './wasm-kernel.ts'

const kernels = new WeakMap<SharedMemory, Kernel>()

/** Lays out a fresh memory whose first `scratchSizeBytes` are scratch space, and makes this thread its owner. */
export function foundKernel(memory: SharedMemory, scratchSizeBytes: number): Kernel {
  const words = new Int32Array(memory.buffer)
  words[memoryMagicWord] = memoryMagic
  words[scratchSizeWord] = scratchSizeBytes
  return addKernel(memory, ownerKeyPosition, scratchSizeBytes)
}

/**
 * The kernel for a memory, made here or received from the thread that made it. A memory has one other thread at
 * most.
 */
export function kernelOf(memory: SharedMemory): Kernel {
  const known = kernels.get(memory)
  if (known !== undefined) return known
  const words = new Int32Array(memory.buffer, 0, 2)
  if (words[memoryMagicWord] !== memoryMagic) throw new InvariantError('the buffer is a memory of the kernel')
  return addKernel(memory, visitorKeyPosition, words[scratchSizeWord] as number)
}

function addKernel(memory: SharedMemory, keyPosition: number, scratchSizeBytes: number): Kernel {
  const kernel =
    createWasmKernel(memory, keyPosition, scratchSizeBytes) ??
    new PlainKernel(memory.buffer, keyPosition, scratchSizeBytes)
  kernels.set(memory, kernel)
  return kernel
}
