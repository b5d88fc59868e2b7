/**
 * Answers whether something older than a merge's output may hold a key, from the key intervals of all older
 * segments. Asked with ascending keys only: one position a run moves along, so an answer costs no search.
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import type { KeyInterval } from '../manifest/level.ts'

/** For each older run the intervals of its segments by key. Plain data, so that it can go to a worker. */
export type DeeperIntervals = readonly (readonly KeyInterval[])[]

export class DeeperRuns {
  readonly #runs: DeeperIntervals
  readonly #positions: Int32Array

  constructor(runs: DeeperIntervals) {
    this.#runs = runs
    this.#positions = new Int32Array(runs.length)
  }

  /** Whether a segment's interval holds the key. Never with a lesser key than before. */
  mayHold(bytes: Uint8Array, start: number, length: number): boolean {
    for (let i = 0; i < this.#runs.length; i += 1) {
      if (this.#runMayHold(i, bytes, start, length)) return true
    }
    return false
  }

  #runMayHold(index: number, bytes: Uint8Array, start: number, length: number): boolean {
    const run = this.#runs[index] as readonly KeyInterval[]
    let position = this.#positions[index] as number
    while (position < run.length) {
      const { largestKey } = run[position] as KeyInterval
      if (compareRanges(largestKey, 0, largestKey.length, bytes, start, length) >= 0) break
      position += 1
    }
    this.#positions[index] = position
    if (position === run.length) return false
    const { smallestKey } = run[position] as KeyInterval
    return compareRanges(smallestKey, 0, smallestKey.length, bytes, start, length) <= 0
  }
}
