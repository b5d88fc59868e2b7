/** One kernel for each memory in this thread, found again by the memory's buffer. */
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

const kernels = new WeakMap<SharedArrayBuffer, Kernel>()

/** Lays out a fresh memory whose first `scratchSizeBytes` are scratch space, and makes this thread its owner. */
export function foundKernel(buffer: SharedArrayBuffer, scratchSizeBytes: number): Kernel {
  const words = new Int32Array(buffer)
  words[memoryMagicWord] = memoryMagic
  words[scratchSizeWord] = scratchSizeBytes
  const kernel = new PlainKernel(buffer, ownerKeyPosition, scratchSizeBytes)
  kernels.set(buffer, kernel)
  return kernel
}

/**
 * The kernel for a memory, made here or received from the thread that made it. A memory has one other thread at
 * most.
 */
export function kernelOf(buffer: SharedArrayBuffer): Kernel {
  const known = kernels.get(buffer)
  if (known !== undefined) return known
  const words = new Int32Array(buffer, 0, 2)
  if (words[memoryMagicWord] !== memoryMagic) throw new InvariantError('the buffer is a memory of the kernel')
  const kernel = new PlainKernel(buffer, visitorKeyPosition, words[scratchSizeWord] as number)
  kernels.set(buffer, kernel)
  return kernel
}
