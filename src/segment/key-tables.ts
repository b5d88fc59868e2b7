/** The two tables over the keys of a segment, hash index and filter, made when all of its keys are known. */
import type { BlockMemory } from './block-memory.ts'
import { createFilter, fillFilter } from './filter.ts'
import { emptySlot, fillHashIndex, type KeyHashes, slotCountFor } from './hash-index.ts'
import { giveBuffer, takeMemory } from './spare-buffers.ts'

/** Where the tail of a segment gets them from. The caller may pause at each `yield`. */
export interface KeyTables {
  /** Different keys. */
  readonly count: number
  buildHashIndex(): Generator<void, BlockMemory>
  buildFilter(): Generator<void, BlockMemory>
  /** The table is written; its memory may be used for something else. */
  takeBack(memory: BlockMemory): void
}

/** Keys entered into a table in one step. */
export const keysPerStep = 8192

/** Of hashes that were gathered in a list. */
export class ListedKeyTables implements KeyTables {
  readonly #hashes: KeyHashes

  constructor(hashes: KeyHashes) {
    this.#hashes = hashes
  }

  get count(): number {
    return this.#hashes.count
  }

  *buildHashIndex(): Generator<void, BlockMemory> {
    const sizeBytes = slotCountFor(this.count) * 4
    const memory = takeMemory(sizeBytes)
    memory.words.fill(emptySlot)
    for (let key = 0; key < this.count; key += keysPerStep) {
      fillHashIndex(memory.words, this.#hashes, key, Math.min(key + keysPerStep, this.count))
      yield
    }
    return memory
  }

  *buildFilter(): Generator<void, BlockMemory> {
    const memory = createFilter(this.count)
    for (let key = 0; key < this.count; key += keysPerStep) {
      fillFilter(memory, this.#hashes, key, Math.min(key + keysPerStep, this.count))
      yield
    }
    return memory
  }

  takeBack(memory: BlockMemory): void {
    giveBuffer(memory.buffer)
  }
}
