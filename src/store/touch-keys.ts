/**
 * Touches what the lookups of several keys are about to read, a step for all of them before the next: the slots of the hash
 * indexes, then the entries. A load from far memory takes as long as hundreds of steps of code, but the processor
 * makes many at once where none needs another's answer and the loop between them is short. What is read is thrown away:
 * a lookup does not know of it, and finds its memory near.
 */
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import type { BlockCache } from '../segment/block-cache.ts'
import type { Segment } from '../segment/segment.ts'
import type { ReadView, SegmentRun } from './read-view.ts'

/** As many as are still near when their turn comes. */
export const keysTouchedAtOnce = 32
/** Where the block cache holds less, most of it is near anyway: the touches would cost more than they save. */
const nearSizeBytes = 16 * 1024 * 1024

export class KeyToucher {
  readonly #blocks: BlockCache
  readonly #highs = new Int32Array(keysTouchedAtOnce)
  readonly #lows = new Int32Array(keysTouchedAtOnce)
  readonly #segments: (Segment | undefined)[] = []
  readonly #places = new Int32Array(keysTouchedAtOnce)

  constructor(blocks: BlockCache) {
    this.#blocks = blocks
  }

  get isWorthIt(): boolean {
    return this.#blocks.sizeBytes > nearSizeBytes
  }

  /** Touches what is in the picture for up to {@link keysTouchedAtOnce} keys. */
  touch({ runs }: ReadView, keys: readonly Uint8Array[]): void {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as Uint8Array
      hashKey(key, 0, key.length)
      this.#highs[i] = keyHash.high
      this.#lows[i] = keyHash.low
    }
    for (let i = 0; i < runs.length; i++) this.#touchIn(runs[i] as SegmentRun, keys)
  }

  #touchIn(run: SegmentRun, keys: readonly Uint8Array[]): void {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as Uint8Array
      const segment = run.segmentFor(key, 0, key.length)
      this.#segments[i] = segment
      segment?.touchSlot(this.#lows[i] as number)
    }
    let placeCount = 0
    for (let i = 0; i < keys.length; i++) {
      const place = this.#segments[i]?.placeOf(this.#highs[i] as number, this.#lows[i] as number) ?? -1
      if (place >= 0) this.#places[placeCount++] = place
      // It may be closed before the next call comes.
      this.#segments[i] = undefined
    }
    this.#blocks.touchEntries(this.#places, placeCount)
  }
}
