/**
 * Memory that blocks lie in, seen as bytes, 16-bit and 32-bit numbers at once: columns are read through the
 * view of their own width, without assembling numbers from bytes. Starts and sizes of blocks are multiples of
 * eight, so every column is aligned.
 */
import { unsetBuffer } from '../bytes/unset-bytes.ts'
import { invariant } from '../invariant.ts'

const hostIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

export class BlockMemory {
  readonly bytes: Uint8Array
  readonly halves: Uint16Array
  readonly words: Uint32Array

  /**
   * `sizeBytes` is rounded up to a multiple of eight; they lie in `buffer` from `start` on, a multiple of eight too,
   * or in a new, zeroed one.
   */
  constructor(sizeBytes: number, buffer: ArrayBuffer = new ArrayBuffer(alignedSize(sizeBytes)), start = 0) {
    invariant(hostIsLittleEndian, 'segments are read on little-endian machines only')
    const size = alignedSize(sizeBytes)
    this.bytes = new Uint8Array(buffer, start, size)
    this.halves = new Uint16Array(buffer, start, size / 2)
    this.words = new Uint32Array(buffer, start, size / 4)
  }

  /** The buffer under all three views. */
  get buffer(): ArrayBuffer {
    return this.words.buffer as ArrayBuffer
  }
}

/** Memory of its own that holds anything and is overwritten whole before anybody reads it. */
export function unsetMemory(sizeBytes: number): BlockMemory {
  return new BlockMemory(sizeBytes, unsetBuffer(alignedSize(sizeBytes)))
}

/**
 * Memory for one block at a time that is used again for the next: a page that is touched for the first time costs as much
 * as copying several.
 */
export class ReusedMemory {
  #memory: BlockMemory = noMemory

  /** At least so many bytes, holding anything. What was in it before is gone. */
  ofSize(sizeBytes: number): BlockMemory {
    if (this.#memory.bytes.length < sizeBytes)
      this.#memory = unsetMemory(2 ** Math.ceil(Math.log2(sizeBytes)))
    return this.#memory
  }
}

/** Instead of memory that is not there yet. */
export const noMemory: BlockMemory = new BlockMemory(0)

/** The next multiple of eight. */
export function alignedSize(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 8) * 8
}
