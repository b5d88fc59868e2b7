/**
 * The shared memories of the process, and the arenas in them. A shared memory that grows loses what is written
 * through older views, and one that is dropped keeps its address space for an unknown time; so memories are made
 * at their full size (pages cost nothing until they are touched), a few for the whole process, and stay. What
 * comes and goes are arenas: ranges of a memory.
 */
import { BuddyAllocator } from './buddy-allocator.ts'
import { foundKernel, kernelOf } from './kernel-instances.ts'
import { ownScratchSizeBytes, pooledScratchSizeBytes } from './memory-layout.ts'
import { createPlainMemory, createSharedMemory, type SharedMemory } from './shared-memory.ts'
import { appendOffsetWord, magicWord, nodeAlignmentBytes, nodeTopWord, tableMagic } from './table-layout.ts'

/** A range of a shared memory. Plain data: it can be sent to another thread as it is. */
export interface Arena {
  readonly memory: SharedMemory
  /** Where the arena begins in the memory. */
  readonly base: number
  readonly sizeBytes: number
  /**
   * So many bytes at its start, and so many at its end, may hold what somebody left there. Nobody has had what lies between:
   * it is all zero, and its pages are not the process's yet.
   */
  readonly usedFrontBytes: number
  readonly usedBackBytes: number
}

export interface MemoryPoolSettings {
  /** What a memory has; halved while the platform refuses it. A power of two. Default 512 MiB. */
  readonly memorySizeBytes: number
  /** The most memories. Default 16. */
  readonly memoryCountMax: number
  /** Makes a zeroed memory of exactly this size; throws when that is refused. */
  readonly createMemory: (sizeBytes: number) => SharedMemory
}

/** Arenas are no smaller. */
const arenaSizeBytesMin: number = 64 * 1024
const memorySizeBytesMin = 16 * 1024 * 1024

interface PooledMemory {
  readonly memory: SharedMemory
  readonly ranges: BuddyAllocator
  /** From here on nothing was handed out yet. */
  freshFrom: number
  /** Ranges before that that were not used whole, by their start. */
  readonly partlyUsed: Map<number, Arena>
}

export class MemoryPool {
  readonly #settings: MemoryPoolSettings
  readonly #memories: PooledMemory[] = []
  /** Falls when the platform refuses more. */
  #memorySizeBytes: number

  constructor(settings: Partial<MemoryPoolSettings> = {}) {
    this.#settings = {
      memorySizeBytes: 512 * 1024 * 1024,
      memoryCountMax: 16,
      createMemory: createSharedMemory,
      ...settings,
    }
    this.#memorySizeBytes = this.#settings.memorySizeBytes
  }

  /** Memories made so far. */
  get memoryCount(): number {
    return this.#memories.length
  }

  /** Bytes of arenas that are out. */
  get takenBytes(): number {
    return this.#memories.reduce((sum, { ranges }) => sum + ranges.takenBytes - pooledScratchSizeBytes, 0)
  }

  /**
   * An arena of `sizeBytes` (64 KiB and up, a power of two), holding whatever it held before. `undefined` when
   * the process has as many memories as it may have, or can get, and none has room.
   */
  take(sizeBytes: number): Arena | undefined {
    for (const pooled of this.#memories) {
      const arena = takeFrom(pooled, sizeBytes)
      if (arena !== undefined) return arena
    }
    const added = this.#addMemory(sizeBytes)
    return added && takeFrom(added, sizeBytes)
  }

  /** Takes an arena back. Nobody may read it any more, in any thread. */
  giveBack(arena: Arena): void {
    const pooled = this.#memories.find(({ memory }) => memory === arena.memory)
    // Memories made for one arena alone are not ours to keep: they go when nobody refers to them.
    if (pooled === undefined) return
    pooled.ranges.giveBack(arena.base)
    pooled.partlyUsed.set(arena.base, withTableOf(arena))
  }

  /** A memory more, as large as the platform gives; `undefined` if that cannot hold `sizeBytes`. */
  #addMemory(sizeBytes: number): PooledMemory | undefined {
    if (this.#memories.length >= this.#settings.memoryCountMax) return undefined
    // Scratch space takes the lower half from the largest arenas.
    while (this.#memorySizeBytes >= Math.max(memorySizeBytesMin, sizeBytes * 2)) {
      try {
        const memory = this.#settings.createMemory(this.#memorySizeBytes)
        foundKernel(memory, pooledScratchSizeBytes)
        const ranges = new BuddyAllocator(this.#memorySizeBytes, arenaSizeBytesMin)
        // The first range of a fresh memory begins at 0: the scratch space.
        ranges.take(pooledScratchSizeBytes)
        const pooled = { memory, ranges, freshFrom: 0, partlyUsed: new Map() }
        this.#memories.push(pooled)
        return pooled
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        this.#memorySizeBytes /= 2
      }
    }
    // Later calls try again from the smallest size that was refused: it need not be refused for ever.
    if (this.#memorySizeBytes < memorySizeBytesMin) this.#memorySizeBytes = memorySizeBytesMin
    return undefined
  }
}

function takeFrom(pooled: PooledMemory, sizeBytes: number): Arena | undefined {
  const { memory, ranges } = pooled
  const base = ranges.take(sizeBytes)
  if (base === undefined) return undefined
  const end = base + sizeBytes
  const isFresh = base >= pooled.freshFrom
  pooled.freshFrom = Math.max(pooled.freshFrom, end)
  const known = takeKnown(pooled.partlyUsed, base, end)
  if (known?.base === base && known.sizeBytes === sizeBytes) return known
  return { memory, base, sizeBytes, usedFrontBytes: isFresh ? 0 : sizeBytes, usedBackBytes: 0 }
}

/** Takes out what was known of any part of a range; the last of it. */
function takeKnown(partlyUsed: Map<number, Arena>, base: number, end: number): Arena | undefined {
  let last: Arena | undefined
  for (const known of partlyUsed.values()) {
    if (known.base >= end || known.base + known.sizeBytes <= base) continue
    partlyUsed.delete(known.base)
    last = known
  }
  return last
}

/** What is used of an arena after the table that it held, if it held one. */
function withTableOf(arena: Arena): Arena {
  const { memory, base, sizeBytes } = arena
  const { words } = kernelOf(memory)
  const header = base >>> 2
  if (words[header + magicWord] !== tableMagic) return arena
  return {
    ...arena,
    usedFrontBytes: Math.max(arena.usedFrontBytes, words[header + appendOffsetWord] as number),
    usedBackBytes: Math.max(arena.usedBackBytes, sizeBytes - (words[header + nodeTopWord] as number)),
  }
}

/** The pool of this thread's stores. */
export const memoryPool: MemoryPool = new MemoryPool()

/** An arena in a memory of its own, for a batch too large for any other. It goes when nobody refers to it. */
export function createOwnArena(sizeBytes: number): Arena {
  const size = Math.ceil(sizeBytes / nodeAlignmentBytes) * nodeAlignmentBytes
  const memory = createPlainMemory(ownScratchSizeBytes + size)
  foundKernel(memory, ownScratchSizeBytes)
  return { memory, base: ownScratchSizeBytes, sizeBytes: size, usedFrontBytes: 0, usedBackBytes: 0 }
}
