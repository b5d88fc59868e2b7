/**
 * A segment's file while it is open, with what is in memory of it: the block index, the hash index or filter,
 * and the blocks that the cache holds. The one place that reads blocks; each is checked as it comes in, and expanded
 * where it is compressed: the cache holds plain ones.
 */
import { ClosedError, CorruptionError } from '../errors.ts'
import type { File } from '../fs/file-system.ts'
import { type BlockCache, type CachedBlocks, frameSizeBytes, noFrame } from './block-cache.ts'
import { checkBlock, expandCheckedBlock, plainBlockOf } from './block-check.ts'
import type { BlockIndex } from './block-index.ts'
import { type BlockMemory, unsetMemory } from './block-memory.ts'
import type { BlockReader } from './block-reader.ts'
import { isCompressed, plainLengthOf } from './compressed-block.ts'
import { KeyIndex } from './key-index.ts'
import { readWhole, readWholeSync } from './region-reading.ts'
import type { SegmentCaches } from './segment-caches.ts'
import type { Footer } from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'
import type { SegmentParts } from './segment-opening.ts'
import { touchEntry } from './touch-entry.ts'
import { cutBlockMemory } from './window-memory.ts'

/** What the cache's column from block to frame takes for each block. */
const cachedBlockSizeBytes = 4

export class OpenedSegment {
  readonly blockIndex: BlockIndex
  readonly keyIndex: KeyIndex
  readonly footer: Footer
  /** Of no meaning: what {@link touchEntry} answered. */
  touched = 0
  readonly #file: File
  readonly #meta: SegmentMeta
  readonly #cache: BlockCache
  readonly #caches: SegmentCaches
  readonly #cached: CachedBlocks
  /** Index memory that an open segment cannot do without. */
  readonly #heldBytes: number
  #isClosed = false
  /** Blocks that walks read past the cache, up to their number. */
  #walkedCount = 0

  constructor(file: File, parts: SegmentParts, meta: SegmentMeta, caches: SegmentCaches) {
    this.blockIndex = parts.blockIndex
    this.keyIndex = new KeyIndex(file, meta, parts.footer, caches.indexes)
    this.footer = parts.footer
    this.#heldBytes = parts.blockIndex.sizeBytes + parts.blockIndex.blockCount * cachedBlockSizeBytes
    caches.indexes.take(this.#heldBytes)
    this.#file = file
    this.#meta = meta
    this.#caches = caches
    this.#cache = caches.blocks
    this.#cached = caches.blocks.register(parts.blockIndex.blockCount)
  }

  /**
   * Moves the reader to the block if the cache has it. The memory is good until the next block is read. `ordinal`
   * is the entry that is wanted, where that is known.
   */
  openCached(block: number, reader: BlockReader, ordinal: number | undefined): boolean {
    const frame = this.#cache.find(this.#cached, block)
    if (frame < 0) {
      const large = this.#cache.findLarge(this.#cached, block)
      if (large !== undefined) reader.open(large, 0)
      return large !== undefined
    }
    const memory = this.#cache.memoryOf(frame)
    const start = this.#cache.startOf(frame)
    if (ordinal !== undefined)
      this.touched = touchEntry(memory.bytes, start, ordinal, this.#cache.shapeOf(frame))
    reader.open(memory, start)
    return true
  }

  /** As `BlockCache.placeOf`. */
  placeOf(block: number, ordinal: number): number {
    return this.#cache.placeOf(this.#cached, block, ordinal)
  }

  /** Moves the reader to the block if {@link fetchSync} or {@link fetch} brought it in and the cache did not keep it. */
  openPassing(block: number, reader: BlockReader): boolean {
    const memory = this.#cache.passing.find(this.#cached.id, block)
    if (memory === undefined) return false
    reader.open(memory, 0)
    return true
  }

  /**
   * Such a block was what a lookup wanted: its memory belongs to whoever holds a view of it. Returns the size of that.
   */
  takePassing(block: number): number {
    return this.#cache.passing.take(this.#cached.id, block)
  }

  isCached(block: number): boolean {
    return this.#cache.has(this.#cached, block)
  }

  /** Copies a cached block to `at` in `target`. */
  copyCached(block: number, target: BlockMemory, at: number): void {
    const frame = this.#cache.find(this.#cached, block)
    const start = this.#cache.startOf(frame)
    const memory = this.#cache.memoryOf(frame)
    target.bytes.set(memory.bytes.subarray(start, start + plainLengthOf(memory, start)), at)
  }

  /** Brings one block into the cache, or, where it does not fit there, past it. */
  fetchSync(block: number): void {
    this.#cache.missCount += 1
    if (this.#cache.has(this.#cached, block)) return
    const frame = this.#isCacheable(block) ? this.#cache.claim() : noFrame
    if (frame === noFrame) {
      const memory = this.#memoryFor(block)
      this.readSync(block, 1, memory, 0)
      this.#pass(block, memory, 0)
      return
    }
    const memory = this.#cache.memoryOf(frame)
    const at = this.#cache.startOf(frame)
    let isKept = false
    try {
      this.readSync(block, 1, memory, at)
      isKept = this.#expandInPlace(block, memory, at)
      if (!isKept) this.#pass(block, memory, at)
    } finally {
      if (isKept) this.#cache.publish(this.#cached, block, frame)
      else this.#cache.release(frame)
    }
  }

  /** {@link fetchSync} without blocking. */
  async fetch(block: number): Promise<void> {
    this.#cache.missCount += 1
    if (this.#isCacheable(block)) {
      const { memory, at } = cutBlockMemory()
      await this.read(block, 1, memory, at)
      if (this.#expandInPlace(block, memory, at)) this.keep(block, memory, at)
      else this.#pass(block, memory, at)
      return
    }
    const memory = this.#memoryFor(block)
    await this.read(block, 1, memory, 0)
    this.#pass(block, memory, 0)
  }

  /** Puts a checked, plain block that lies at `at` in `memory` into the cache. */
  keep(block: number, memory: BlockMemory, at: number): void {
    if (this.#isKept(block, memory, at)) return
    this.#keepIn(this.#cache.claim(), block, memory, at)
  }

  /**
   * A walk read this block, checked and plain at `at` in `memory`, ahead and past the cache, which a long walk would only
   * wash out. From the second walk through the segment on it is kept where the cache has memory to spare: what was walked
   * twice is walked again.
   */
  offerWalked(block: number, memory: BlockMemory, at: number): void {
    if (this.#walkedCount < this.blockIndex.blockCount) {
      this.#walkedCount += 1
      return
    }
    if (this.#isKept(block, memory, at)) return
    this.#keepIn(this.#cache.claimSpare(), block, memory, at)
  }

  /** Whether the cache has the block or cannot have it. */
  #isKept(block: number, memory: BlockMemory, at: number): boolean {
    if (!this.#cache.isEnabled || plainLengthOf(memory, at) > frameSizeBytes) return true
    return this.#cache.has(this.#cached, block)
  }

  #keepIn(frame: number, block: number, memory: BlockMemory, at: number): void {
    if (frame === noFrame) return
    const length = plainLengthOf(memory, at)
    const target = this.#cache.memoryOf(frame).bytes
    target.set(memory.bytes.subarray(at, at + length), this.#cache.startOf(frame))
    this.#cache.publish(this.#cached, block, frame)
  }

  /** Expands a checked, compressed block at `at` in `memory` to `to` in `target`; they may overlap. */
  expand(block: number, memory: BlockMemory, at: number, target: BlockMemory, to: number): void {
    expandCheckedBlock(memory, at, target, to, this.#file.path, this.blockIndex.offsetOf(block))
  }

  /** Reads `count` blocks, as they are stored, by one read to `at` in `target` and checks each. */
  readSync(first: number, count: number, target: BlockMemory, at: number): void {
    const offset = this.blockIndex.offsetOf(first)
    const length = this.blockIndex.offsetOf(first + count) - offset
    readWholeSync(this.#file, target.bytes.subarray(at, at + length), offset)
    this.#check(first, count, target, at)
  }

  /** {@link readSync} without blocking. */
  async read(first: number, count: number, target: BlockMemory, at: number): Promise<void> {
    const offset = this.blockIndex.offsetOf(first)
    const length = this.blockIndex.offsetOf(first + count) - offset
    try {
      await readWhole(this.#file, target.bytes.subarray(at, at + length), offset)
    } catch (cause) {
      throw this.#isClosed
        ? new ClosedError('the segment was closed while a block was read', { cause })
        : cause
    }
    this.#check(first, count, target, at)
  }

  /** Throws the `CorruptionError` for something wrong at an offset of this file. */
  refuse(message: string, offset: number): never {
    throw new CorruptionError(message, this.#file.path, offset)
  }

  closeSync(): void {
    this.#letGo()
    this.#file.closeSync()
  }

  async close(): Promise<void> {
    this.#letGo()
    await this.#file.close()
  }

  #letGo(): void {
    this.#isClosed = true
    this.#cache.drop(this.#cached)
    this.keyIndex.close()
    this.#caches.indexes.give(this.#heldBytes)
  }

  /** Whether the block as it is stored fits a frame: what is in it may be longer. */
  #isCacheable(block: number): boolean {
    return this.#cache.isEnabled && this.blockIndex.lengthOf(block) <= frameSizeBytes
  }

  /** Memory of its own for a block as it is stored. */
  #memoryFor(block: number): BlockMemory {
    const length = this.blockIndex.lengthOf(block)
    if (length <= 0)
      this.refuse(`block ${block} of the index does not end after it starts`, this.footer.blockIndex.offset)
    return unsetMemory(length)
  }

  /** Makes a block, read to where a frame has room, plain where it lies; `false` when that does not fit. */
  #expandInPlace(block: number, memory: BlockMemory, at: number): boolean {
    if (plainLengthOf(memory, at) > frameSizeBytes) return false
    if (isCompressed(memory, at)) this.expand(block, memory, at, memory, at)
    return true
  }

  /** Hands on a block that was read and has no frame, plain. */
  #pass(block: number, memory: BlockMemory, at: number): void {
    const plain = plainBlockOf(memory, at, this.#file.path, this.blockIndex.offsetOf(block))
    this.#cache.addLarge(this.#cached, block, plain.memory)
  }

  #check(first: number, count: number, memory: BlockMemory, at: number): void {
    if (this.#isClosed) throw new ClosedError('the segment was closed while a block was read')
    const start = this.blockIndex.offsetOf(first)
    for (let block = first; block < first + count; block += 1) {
      const offset = this.blockIndex.offsetOf(block)
      const length = this.blockIndex.lengthOf(block)
      checkBlock(memory, at + offset - start, length, this.#meta.number, this.#file.path, offset)
    }
  }
}
