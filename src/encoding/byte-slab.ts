/**
 * Room for many small byte arrays in one allocation of 64 KiB: making a `Uint8Array` of 100 bytes by itself costs
 * several times what copying 100 bytes does. The price: arrays from one slab share their `ArrayBuffer`, and one
 * that is kept keeps the slab. Node's own `Buffer` pool makes the same bargain.
 */
import { copyRange } from '../bytes/copy-range.ts'
import { unsetBytes } from '../bytes/unset-bytes.ts'

const slabSizeBytes = 64 * 1024
/** Larger arrays get memory of their own, so that a slab always holds many. */
const sharedSizeBytesMax = slabSizeBytes / 8
const wordMask = 7

let slab: Uint8Array = new Uint8Array(0)
/** The buffer of `slab`: asking for it each time would cost a quarter of a copy. */
let slabBuffer: ArrayBufferLike = slab.buffer
let slabUsed = 0

/** A copy of `bytes[start, end)` that the caller may keep; `bytes` may lie in shared memory. */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start
  // Not slice(): what a Buffer calls so is a view.
  if (length > sharedSizeBytesMax) {
    const copy = unsetBytes(length)
    copyRange(bytes, start, length, copy, 0)
    return copy
  }
  // First the copy, which may begin another slab.
  const offset = copyToSlab(bytes, start, length)
  return new Uint8Array(slabBuffer, offset, length)
}

/** Copies to the slab; answers with where the copy begins there. */
function copyToSlab(bytes: Uint8Array, start: number, length: number): number {
  const reserved = reserve(length + wordMask)
  // As far from a whole word as the source, which is when memory is copied word by word. (Arenas and blocks begin at one;
  // to ask where an array begins would cost as much as is gained.)
  const offset = reserved + ((start - reserved) & wordMask)
  copyRange(bytes, start, length, slab, offset)
  slabUsed = offset + length
  return offset
}

/** Two neighbouring ranges `bytes[start, middle)` and `bytes[middle, end)`, copied as one, or `undefined` if that is too much. */
export function copyNeighbours(
  bytes: Uint8Array,
  start: number,
  middle: number,
  end: number,
): [Uint8Array, Uint8Array] | undefined {
  const length = end - start
  if (length > sharedSizeBytesMax) return undefined
  const offset = copyToSlab(bytes, start, length)
  const border = offset + middle - start
  return [
    new Uint8Array(slabBuffer, offset, middle - start),
    new Uint8Array(slabBuffer, border, end - middle),
  ]
}

/**
 * A byte array of at most `lengthMax` bytes filled by `write`, which is told where to start and returns how many
 * bytes it wrote.
 */
export function fillBytes<T>(
  value: T,
  lengthMax: number,
  write: (value: T, target: Uint8Array, offset: number) => number,
): Uint8Array {
  if (lengthMax > sharedSizeBytesMax) {
    const target = new Uint8Array(lengthMax)
    const length = write(value, target, 0)
    return length === lengthMax ? target : target.slice(0, length)
  }
  const offset = reserve(lengthMax)
  return take(offset, write(value, slab, offset))
}

function reserve(length: number): number {
  // A slab whose buffer somebody transferred to another thread has length 0 and is replaced as a full one is.
  if (slabUsed + length > slab.length) startSlab()
  return slabUsed
}

function take(offset: number, length: number): Uint8Array {
  slabUsed = offset + length
  return new Uint8Array(slabBuffer, offset, length)
}

function startSlab(): void {
  slab = unsetBytes(slabSizeBytes)
  slabBuffer = slab.buffer
  slabUsed = 0
}
