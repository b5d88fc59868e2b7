/** Arenas for both kernels, so that tests of what stands on one run on the other as well. */
import { foundKernel } from '../../src/kernel/kernel-instances.ts'
import { ownScratchSizeBytes } from '../../src/kernel/memory-layout.ts'
import { type Arena, createOwnArena } from '../../src/kernel/memory-pool.ts'
import { createWasmMemory, type SharedMemory } from '../../src/kernel/shared-memory.ts'

export type CreateArena = (sizeBytes: number) => Arena

const mebibyte = 1024 * 1024
/** No test holds more than half of it at a time. */
const memorySizeBytes = 256 * mebibyte

let memory: SharedMemory | undefined
let nextBase = 0

/** A range of one memory, used again and again: address space for many memories of WebAssembly is hard to get. */
export function createWasmArena(sizeBytes: number): Arena {
  memory ??= createMemory()
  const size = Math.ceil(sizeBytes / 64) * 64
  if (nextBase + size > memorySizeBytes) nextBase = ownScratchSizeBytes
  const base = nextBase
  nextBase += size
  return { memory, base, sizeBytes: size, usedFrontBytes: size, usedBackBytes: 0 }
}

function createMemory(): SharedMemory {
  const created = createWasmMemory(memorySizeBytes)
  if (created === undefined) throw new Error('these tests need shared memories of WebAssembly')
  foundKernel(created, ownScratchSizeBytes)
  nextBase = ownScratchSizeBytes
  return created
}

export const kernels: ReadonlyArray<readonly [name: string, createArena: CreateArena]> = [
  ['plain', createOwnArena],
  ['compiled', createWasmArena],
]
