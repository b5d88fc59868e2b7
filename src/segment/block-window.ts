/**
 * Blocks that lie together in memory of a cursor's own, so that the cache may forget theirs at any time: one
 * block copied from the cache, or several brought in by one read.
 */
import { BlockMemory, noMemory } from './block-memory.ts'
import type { BlockReader } from './block-reader.ts'
import type { OpenedSegment } from './opened-segment.ts'
import { blockSizeBytesMax } from './segment-format.ts'
import { cutBlockMemory } from './window-memory.ts'

/** The most blocks that one read brings in. */
export const windowBlockCountMax = 16
const windowSizeBytesMax = windowBlockCountMax * blockSizeBytesMax

export class BlockWindow {
  #memory: BlockMemory = noMemory
  /** Where in the memory the first block begins, and how much room there is from there on. */
  #at = 0
  #roomBytes = 0
  #firstBlock = 0
  #blockCount = 0

  /** Moves the reader to the block, if it is here. */
  open(opened: OpenedSegment, block: number, reader: BlockReader): boolean {
    const first = this.#firstBlock
    if (block < first || block >= first + this.#blockCount) return false
    const index = opened.blockIndex
    reader.open(this.#memory, this.#at + index.offsetOf(block) - index.offsetOf(first))
    return true
  }

  /** Replaces the content by a copy of a cached block. */
  copyCached(opened: OpenedSegment, block: number): void {
    this.#makeRoom(blockSizeBytesMax)
    opened.copyCached(block, this.#memory, this.#at)
    this.#hold(block, 1)
  }

  /**
   * Replaces the content by `block` and up to `countMax - 1` blocks behind it (`step` 1) or before it (-1), as
   * far as the window may grow, by one blocking read.
   */
  readSync(opened: OpenedSegment, block: number, step: number, countMax: number, keep: boolean): void {
    const count = this.#prepareRead(opened, block, step, countMax)
    const first = step > 0 ? block : block - count + 1
    opened.readSync(first, count, this.#memory, this.#at)
    this.#endRead(opened, first, count, keep)
  }

  /** {@link readSync} without blocking. */
  async read(
    opened: OpenedSegment,
    block: number,
    step: number,
    countMax: number,
    keep: boolean,
  ): Promise<void> {
    const count = this.#prepareRead(opened, block, step, countMax)
    const first = step > 0 ? block : block - count + 1
    await opened.read(first, count, this.#memory, this.#at)
    this.#endRead(opened, first, count, keep)
  }

  /** Empties the window and makes room; returns how many blocks to read. */
  #prepareRead(opened: OpenedSegment, block: number, step: number, countMax: number): number {
    const index = opened.blockIndex
    let sizeBytes = index.lengthOf(block)
    let count = 1
    for (let next = block + step; count < countMax && next >= 0 && next < index.blockCount; next += step) {
      if (sizeBytes + index.lengthOf(next) > windowSizeBytesMax) break
      sizeBytes += index.lengthOf(next)
      count += 1
    }
    this.#makeRoom(sizeBytes)
    return count
  }

  #endRead(opened: OpenedSegment, first: number, count: number, keep: boolean): void {
    this.#hold(first, count)
    if (keep && count === 1) opened.keep(first, this.#memory, this.#at)
  }

  #hold(firstBlock: number, blockCount: number): void {
    this.#firstBlock = firstBlock
    this.#blockCount = blockCount
  }

  /** Empties the window. Memory for a single large block is let go again afterwards. */
  #makeRoom(sizeBytes: number): void {
    this.#blockCount = 0
    const isTooLarge = this.#roomBytes > Math.max(windowSizeBytesMax, sizeBytes)
    if (this.#roomBytes >= sizeBytes && !isTooLarge) return
    if (sizeBytes <= blockSizeBytesMax) {
      const { memory, at } = cutBlockMemory()
      this.#memory = memory
      this.#at = at
      this.#roomBytes = blockSizeBytesMax
    } else {
      this.#memory = new BlockMemory(sizeBytes)
      this.#at = 0
      this.#roomBytes = sizeBytes
    }
  }
}
