/**
 * The filter region: tells keys that a segment cannot hold, for an eighth of the hash index's memory and a few
 * wrong guesses in a hundred. Used where the hash index does not fit the memory allowed.
 *
 *     filter = word:u32[16 * blocks] probeCount:u32 zero:u32
 */
import {
  addToBloom,
  bloomBlockCountFor,
  bloomBlockSizeBytes,
  bloomMayContain,
  bloomProbeCountFor,
  bloomProbeCountMax,
} from '../bytes/blocked-bloom.ts'
import { BlockMemory } from './block-memory.ts'
import type { KeyHashes } from './hash-index.ts'
import { takeBuffer } from './spare-buffers.ts'

const bitsPerKey = 10
const trailerSizeBytes = 8

/** What a filter for so many keys looks like. */
export function filterShapeFor(keyCount: number): {
  readonly blockCount: number
  readonly probeCount: number
  readonly sizeBytes: number
} {
  const blockCount = bloomBlockCountFor(keyCount, bitsPerKey)
  const sizeBytes = blockCount * bloomBlockSizeBytes + trailerSizeBytes
  return { blockCount, probeCount: bloomProbeCountFor(bitsPerKey), sizeBytes }
}

/** A filter with room for `keyCount` keys, empty. */
export function createFilter(keyCount: number): BlockMemory {
  const { sizeBytes } = filterShapeFor(keyCount)
  return emptyFilter(new BlockMemory(sizeBytes, takeBuffer(sizeBytes)))
}

/** Makes the memory, which has the size of a filter, an empty one. */
export function emptyFilter(memory: BlockMemory): BlockMemory {
  memory.words.fill(0)
  memory.words[memory.words.length - 2] = bloomProbeCountFor(bitsPerKey)
  return memory
}

/** Enters keys `from` to `to` (exclusive). */
export function fillFilter(memory: BlockMemory, hashes: KeyHashes, from: number, to: number): void {
  const { highs, lows } = hashes
  const words = signedWordsOf(memory)
  const probeCount = memory.words[memory.words.length - 2]!
  const blockCount = blockCountOf(memory)
  for (let key = from; key < to; key += 1) {
    addToBloom(words, 0, blockCount, probeCount, highs.words[key] as number, lows.words[key] as number)
  }
}

/** What is wrong with the shape of a filter region, if anything. */
export function filterProblem(memory: BlockMemory): string | undefined {
  const probeCount = memory.words[memory.words.length - 2] ?? 0
  const bloomSize = memory.bytes.length - trailerSizeBytes
  const isWhole = bloomSize >= bloomBlockSizeBytes && bloomSize % bloomBlockSizeBytes === 0
  if (!isWhole || probeCount < 1 || probeCount > bloomProbeCountMax) return 'the filter has no valid shape'
  return undefined
}

/** A loaded filter; {@link filterProblem} found nothing. */
export class Filter {
  readonly sizeBytes: number
  readonly #words: Int32Array
  readonly #blockCount: number
  readonly #probeCount: number

  constructor(memory: BlockMemory) {
    this.sizeBytes = memory.bytes.length
    this.#words = signedWordsOf(memory)
    this.#blockCount = blockCountOf(memory)
    this.#probeCount = memory.words[memory.words.length - 2]!
  }

  /** `false` is certain. */
  mayContain(hashHigh: number, hashLow: number): boolean {
    return bloomMayContain(this.#words, 0, this.#blockCount, this.#probeCount, hashHigh, hashLow)
  }
}

function blockCountOf(memory: BlockMemory): number {
  return (memory.bytes.length - trailerSizeBytes) / bloomBlockSizeBytes
}

function signedWordsOf({ words }: BlockMemory): Int32Array {
  return new Int32Array(words.buffer)
}
