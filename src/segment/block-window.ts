/**
 * Blocks that lie together in memory of a cursor's own, so that the cache may forget theirs at any time: one
 * block copied from the cache, or several brought in by one read and made plain.
 */
import { BlockMemory, noMemory } from './block-memory.ts'
import type { BlockReader } from './block-reader.ts'
import { isCompressed, plainLengthOf } from './compressed-block.ts'
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
  /** Where the blocks go that are being read. */
  #readAt = 0
  #firstBlock = 0
  #blockCount = 0
  /** Where in the memory each block begins. */
  readonly #starts = new Int32Array(windowBlockCountMax)

  /** Moves the reader to the block, if it is here. */
  open(block: number, reader: BlockReader): boolean {
    const place = block - this.#firstBlock
    if (place < 0 || place >= this.#blockCount) return false
    reader.open(this.#memory, this.#starts[place] as number)
    return true
  }

  /** Replaces the content by a copy of a cached block. */
  copyCached(opened: OpenedSegment, block: number): void {
    this.#makeRoom(blockSizeBytesMax)
    opened.copyCached(block, this.#memory, this.#at)
    this.#starts[0] = this.#at
    this.#hold(block, 1)
  }

  /**
   * Replaces the content by `block` and up to `countMax - 1` blocks behind it (`step` 1) or before it (-1), as
   * far as the window may grow, by one blocking read.
   */
  readSync(opened: OpenedSegment, block: number, step: number, countMax: number, keep: boolean): void {
    const count = this.#prepareRead(opened, block, step, countMax)
    const first = step > 0 ? block : block - count + 1
    opened.readSync(first, count, this.#memory, this.#readAt)
    this.#endRead(opened, first, count, step, keep)
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
    await opened.read(first, count, this.#memory, this.#readAt)
    this.#endRead(opened, first, count, step, keep)
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
    const roomBytes = Math.max(sizeBytes, count * blockSizeBytesMax)
    this.#makeRoom(roomBytes)
    this.#readAt = this.#at + roomBytes - sizeBytes
    return count
  }

  #endRead(opened: OpenedSegment, first: number, count: number, step: number, keep: boolean): void {
    const index = opened.blockIndex
    let isAnyCompressed = false
    let at = this.#readAt
    for (let i = 0; i < count; i += 1) {
      this.#starts[i] = at
      isAnyCompressed ||= isCompressed(this.#memory, at)
      at += index.lengthOf(first + i)
    }
    if (isAnyCompressed) this.#makePlain(opened, first, count, step, at - this.#at)
    else this.#hold(first, count)
    if (keep) this.#offer(opened)
  }

  /** A single block was wanted and goes into the cache, several were read ahead. */
  #offer(opened: OpenedSegment): void {
    if (this.#blockCount === 1) {
      opened.keep(this.#firstBlock, this.#memory, this.#starts[0] as number)
      return
    }
    for (let i = 0; i < this.#blockCount; i += 1)
      opened.offerWalked(this.#firstBlock + i, this.#memory, this.#starts[i] as number)
  }

  /**
   * Makes plain what was read. That is to the end of the room, and so it can be expanded to the start of it: no block
   * is shorter as a plain one. Where there is no room for all, those that are furthest from the first one wanted go.
   */
  #makePlain(opened: OpenedSegment, first: number, count: number, step: number, roomBytes: number): void {
    const stored = this.#memory
    const starts = this.#starts
    let sizeBytes = 0
    for (let i = 0; i < count; i += 1) sizeBytes += plainLengthOf(stored, starts[i] as number)
    let from = 0
    let end = count
    if (sizeBytes > roomBytes) {
      while (end - from > 1 && sizeBytes > windowSizeBytesMax) {
        if (step > 0) end -= 1
        else from += 1
        sizeBytes -= plainLengthOf(stored, starts[step > 0 ? end : from - 1] as number)
      }
      this.#memory = new BlockMemory(sizeBytes)
      this.#at = 0
      this.#roomBytes = sizeBytes
    }
    let to = this.#at
    for (let i = from; i < end; i += 1) {
      const at = starts[i] as number
      const length = plainLengthOf(stored, at)
      if (isCompressed(stored, at)) opened.expand(first + i, stored, at, this.#memory, to)
      else this.#memory.bytes.set(stored.bytes.subarray(at, at + length), to)
      starts[i - from] = to
      to += length
    }
    this.#hold(first + from, end - from)
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
