/**
 * Buffers that writers of segments need for a while and hand on. Left to the garbage collector, they would pile
 * up: a merge makes so few objects that it hardly ever runs, and each segment leaves some twenty megabytes.
 */
import { BlockMemory } from './block-memory.ts'

/** More than this is not kept: about what one segment of the usual size needs. */
const keptBytesMax = 32 * 1024 * 1024
const sizeBytesMin = 1024

const spares = new Map<number, ArrayBuffer[]>()
let keptBytes = 0

/** A buffer of at least `sizeBytes`, holding whatever it held before. */
export function takeBuffer(sizeBytes: number): ArrayBuffer {
  const size = sizeClassOf(sizeBytes)
  const spare = spares.get(size)?.pop()
  if (spare === undefined) return new ArrayBuffer(size)
  keptBytes -= size
  return spare
}

/** {@link takeBuffer} as memory for blocks; its buffer is to be handed on. */
export function takeMemory(sizeBytes: number): BlockMemory {
  return new BlockMemory(sizeBytes, takeBuffer(sizeBytes))
}

/** Hands a buffer on that {@link takeBuffer} gave. Nobody may use it any more. */
export function giveBuffer(buffer: ArrayBuffer): void {
  const size = buffer.byteLength
  if (keptBytes + size > keptBytesMax) return
  const sameSize = spares.get(size)
  if (sameSize === undefined) spares.set(size, [buffer])
  else sameSize.push(buffer)
  keptBytes += size
}

/** Powers of two, so that what one writer leaves fits the next. */
function sizeClassOf(sizeBytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(sizeBytes, sizeBytesMin)))
}
