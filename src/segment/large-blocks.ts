/**
 * Verified blocks that are too large for a frame of the cache and were read at least twice within a while, each in
 * memory of its own. Whoever reads a block for the first time is given its memory instead (`passing-blocks.ts`), so what
 * is read only once is neither copied nor kept.
 *
 * They take the part of the cache's budget that frames have not claimed, and give it back when frames want it: small
 * blocks are worth more for their size. Recycled by CLOCK, as frames are.
 */
import type { BlockMemory } from './block-memory.ts'

export interface LargeBlock {
  readonly memory: BlockMemory
  readonly column: LargeColumn
  readonly block: number
  /** Where it stands in the round. */
  index: number
  isReferenced: boolean
}

/** The large blocks of one segment, by their numbers. */
export type LargeColumn = Map<number, LargeBlock>

/** A single block takes no larger share of the room. */
const roomShare = 8
const bytesPerSeen = 1024
const seenCountMin = 256
const seenCountMax = 262_144

export class LargeBlocks {
  sizeBytes = 0
  readonly #round: LargeBlock[] = []
  #hand = 0
  readonly #seenCount: number
  /** Marks of blocks that were read, each in the place that its hash says, until another takes the place. */
  #seen: Uint32Array | undefined

  /** `budgetBytes` is what the whole cache has. */
  constructor(budgetBytes: number) {
    const wanted = 2 ** Math.floor(Math.log2(Math.max(1, budgetBytes / bytesPerSeen)))
    this.#seenCount = Math.min(seenCountMax, Math.max(seenCountMin, wanted))
  }

  find(column: LargeColumn, block: number): BlockMemory | undefined {
    const found = column.get(block)
    if (found === undefined) return undefined
    found.isReferenced = true
    return found.memory
  }

  /** Keeps a block that was read if that seems worth it; `segment` is the number under which the cache knows it. */
  offer(
    column: LargeColumn,
    segment: number,
    block: number,
    memory: BlockMemory,
    roomBytes: number,
  ): boolean {
    // Two lookups may have read it at the same time.
    if (column.has(block)) return true
    const size = memory.bytes.length
    if (size > roomBytes / roomShare || !this.#wasSeen(segment, block)) return false
    this.shrinkTo(roomBytes - size)
    const kept = { memory, column, block, index: this.#round.length, isReferenced: true }
    this.#round.push(kept)
    column.set(block, kept)
    this.sizeBytes += size
    return true
  }

  shrinkTo(sizeBytes: number): void {
    while (this.sizeBytes > sizeBytes) {
      if (this.#hand >= this.#round.length) this.#hand = 0
      const next = this.#round[this.#hand] as LargeBlock
      if (next.isReferenced) {
        next.isReferenced = false
        this.#hand += 1
      } else {
        this.#remove(next)
      }
    }
  }

  /** Lets all blocks of a segment go. */
  drop(column: LargeColumn): void {
    for (const kept of column.values()) this.#remove(kept)
  }

  #remove(kept: LargeBlock): void {
    const last = this.#round.pop() as LargeBlock
    if (last !== kept) {
      this.#round[kept.index] = last
      last.index = kept.index
    }
    kept.column.delete(kept.block)
    this.sizeBytes -= kept.memory.bytes.length
  }

  /** Whether the block was read before, as far as is remembered; from now on it was. */
  #wasSeen(segment: number, block: number): boolean {
    this.#seen ??= new Uint32Array(this.#seenCount)
    let hash = Math.imul(segment + 1, 0x9e3779b1) ^ Math.imul(block + 1, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash = (hash ^ (hash >>> 16)) >>> 0
    const place = hash & (this.#seenCount - 1)
    const wasSeen = this.#seen[place] === hash
    this.#seen[place] = hash
    return wasSeen
  }
}
