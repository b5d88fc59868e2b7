/**
 * Blocks that were read for a lookup but are too large for the cache, or have no cache to go to. They stay until
 * a lookup found its entry in them, which then owns the memory, or until newer ones displace them. So lookups
 * that go through many segments do not read the same block twice.
 */
import type { BlockMemory } from './block-memory.ts'

const blockCountMax = 64
const sizeBytesMax = 4 * 1024 * 1024
/** More blocks than any segment has. */
const keysPerSegment = 2 ** 32

export class PassingBlocks {
  readonly #blocks = new Map<number, BlockMemory>()
  #sizeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** `segment` is the number under which the cache knows it. */
  add(segment: number, block: number, memory: BlockMemory): void {
    this.take(segment, block)
    this.#blocks.set(segment * keysPerSegment + block, memory)
    this.#sizeBytes += memory.bytes.length
    for (const [key, { bytes }] of this.#blocks) {
      const isWithinBounds = this.#blocks.size <= blockCountMax && this.#sizeBytes <= sizeBytesMax
      if (isWithinBounds || this.#blocks.size === 1) break
      this.#blocks.delete(key)
      this.#sizeBytes -= bytes.length
    }
  }

  find(segment: number, block: number): BlockMemory | undefined {
    if (this.#blocks.size === 0) return undefined
    return this.#blocks.get(segment * keysPerSegment + block)
  }

  /** Lets a block go, if it is here; returns how much memory it has. */
  take(segment: number, block: number): number {
    const key = segment * keysPerSegment + block
    const memory = this.#blocks.get(key)
    if (memory === undefined) return 0
    this.#blocks.delete(key)
    this.#sizeBytes -= memory.bytes.length
    return memory.bytes.length
  }

  /** Lets all blocks of a segment go. */
  drop(segment: number): void {
    for (const key of this.#blocks.keys()) {
      if (Math.floor(key / keysPerSegment) === segment) this.take(segment, key % keysPerSegment)
    }
  }
}
