/**
 * Says where to cut an output so that it overlaps no more than some bytes of the level below. A segment that
 * overlapped much of that would be costly to move on. After LevelDB's `ShouldStopBefore`.
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import type { Grandparent } from './compaction-plan.ts'

/** How many full segments below an output may overlap. */
export const overlappedSegmentCountMax = 10

export class GrandparentLimit {
  readonly #grandparents: readonly Grandparent[]
  readonly #bytesMax: number
  #next = 0
  #overlappedBytes = 0

  constructor(grandparents: readonly Grandparent[], bytesMax: number) {
    this.#grandparents = grandparents
    this.#bytesMax = bytesMax
  }

  /** The answer of {@link isReachedAt} cannot change before this key is passed; `undefined`: never again. */
  get boundary(): Uint8Array | undefined {
    return this.#grandparents[this.#next]?.largestKey
  }

  /**
   * Whether the output should end before this key; asked with the first entry of every key, ascending. A `true`
   * begins the count anew.
   */
  isReachedAt(keyBytes: Uint8Array, keyStart: number, keyLength: number): boolean {
    for (;;) {
      const grandparent = this.#grandparents[this.#next]
      if (grandparent === undefined) break
      const { largestKey, sizeBytes } = grandparent
      if (compareRanges(keyBytes, keyStart, keyLength, largestKey, 0, largestKey.length) <= 0) break
      this.#overlappedBytes += sizeBytes
      this.#next += 1
    }
    if (this.#overlappedBytes <= this.#bytesMax) return false
    this.#overlappedBytes = 0
    return true
  }
}
