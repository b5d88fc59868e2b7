/**
 * Reads blocks of a segment one after the other, many at once where they are asked for one behind the other: a call to the
 * system for each block of a few kilobytes takes longer than all else that a merge does with it.
 */
import type { File } from '../fs/file-system.ts'
import type { BlockIndex } from '../segment/block-index.ts'
import { type BlockMemory, noMemory } from '../segment/block-memory.ts'
import { readWholeSync } from '../segment/region-reading.ts'
import { giveBuffer, takeMemory } from '../segment/spare-buffers.ts'

/** Read at once when the block before was read here, too. */
const aheadSizeBytes = 256 * 1024

export class BlocksAhead {
  #memory = noMemory
  /** What is in memory: so much of the file, whole blocks. */
  #start = 0
  #end = 0
  #isFollowing = false

  /** Where blocks lie, until the next call of {@link read}. */
  get memory(): BlockMemory {
    return this.#memory
  }

  /** Whether the last block was read here. */
  get isFollowing(): boolean {
    return this.#isFollowing
  }

  /**
   * Brings a block into {@link memory} unless it is there; returns where in it. Throws `CorruptionError` where the file
   * ends before.
   */
  read(file: File, index: BlockIndex, block: number): number {
    const offset = index.offsetOf(block)
    const isThere = offset >= this.#start && offset < this.#end
    if (!isThere)
      this.#load(file, offset, this.#isFollowing ? endFrom(index, block) : index.offsetOf(block + 1))
    this.#isFollowing = true
    return offset - this.#start
  }

  /** A block was read elsewhere. What is in memory may still serve for one behind it. */
  leave(): void {
    this.#isFollowing = false
  }

  /** The next block is one of another file, if there is one. The memory goes to whoever needs some. */
  release(): void {
    this.#forget()
    this.#isFollowing = false
    if (this.#memory !== noMemory) giveBuffer(this.#memory.buffer)
    this.#memory = noMemory
  }

  #load(file: File, start: number, end: number): void {
    const length = end - start
    // Nothing is there if it cannot be read.
    this.#forget()
    if (this.#memory.bytes.length < length) {
      this.release()
      this.#memory = takeMemory(length)
    }
    readWholeSync(file, this.#memory.bytes.subarray(0, length), start)
    this.#start = start
    this.#end = end
  }

  #forget(): void {
    this.#start = 0
    this.#end = 0
  }
}

/** Where the last block ends that is read at once with this one. */
function endFrom(index: BlockIndex, block: number): number {
  const start = index.offsetOf(block)
  let next = block + 1
  while (next < index.blockCount && index.offsetOf(next + 1) - start <= aheadSizeBytes) next += 1
  return index.offsetOf(next)
}
