/**
 * Decides which entries outlive a merge. Pure: the merge feeds it entries in internal-key order.
 *
 * An entry is dropped when no live sequence sees it, a newer one for the same key being there. A tombstone that
 * every live sequence sees is dropped too, when no deeper run can hold its key. Hence `liveSequences`: dropping
 * earlier would let a reader see an old value come back.
 *
 * Example, live sequences 5 and 9, entries of one key: `put 8`, `put 6`, `tombstone 4`, `put 3`. Sequence 9 sees
 * 8 and sequence 5 sees 4, so 6 and 3 go. The tombstone goes as well when nothing deeper holds the key.
 */
import { equalRanges } from '../bytes/compare-bytes.ts'
import { EntryKind, type EntryView, type SequenceNumber } from '../entry/entry.ts'
import { invariant } from '../invariant.ts'
import type { DeeperRuns } from './deeper-runs.ts'

/** Below it, copying byte by byte beats making a view. */
const shortKeyLength = 64

export class Survivors {
  /** Ascending. */
  readonly #live: Float64Array
  readonly #oldest: SequenceNumber
  readonly #newest: SequenceNumber
  readonly #deeper: DeeperRuns
  #key: Uint8Array = new Uint8Array(256)
  #keyLength = -1
  /** Sequence number of the entry before, when it was of the same key. */
  #newer: SequenceNumber = Infinity

  /** Whether the entry asked about last was the first one of its key. */
  startsKey = false

  /**
   * @param liveSequences - what readers may look at, ascending, each once; the last one is the published
   * sequence number at the start of the merge, because every later reader looks at that or at more.
   * @param deeper - what is older than the output.
   */
  constructor(liveSequences: readonly SequenceNumber[], deeper: DeeperRuns) {
    invariant(liveSequences.length > 0, 'live sequences hold the published one')
    invariant(
      liveSequences.every((sequence, i) => i === 0 || sequence > (liveSequences[i - 1] as number)),
      'live sequences ascend',
    )
    this.#live = Float64Array.from(liveSequences)
    this.#oldest = this.#live[0] as number
    this.#newest = this.#live[this.#live.length - 1] as number
    this.#deeper = deeper
  }

  /** Whether the entry outlives the merge. Every entry once, in internal-key order. */
  keeps(entry: EntryView): boolean {
    this.#noticeKey(entry)
    const sequence = entry.sequenceNumber
    const newer = this.#newer
    this.#newer = sequence
    if (!this.#isSeen(sequence, newer)) return false
    if (entry.kind !== EntryKind.tombstone || sequence > this.#oldest) return true
    return this.#deeper.mayHold(entry.keyBytes, entry.keyStart, entry.keyLength)
  }

  #noticeKey(entry: EntryView): void {
    const { keyBytes, keyStart, keyLength } = entry
    this.startsKey = !equalRanges(keyBytes, keyStart, keyLength, this.#key, 0, this.#keyLength)
    if (!this.startsKey) return
    this.#newer = Infinity
    this.#keyLength = keyLength
    if (keyLength > this.#key.length) this.#key = new Uint8Array(2 * keyLength)
    if (keyLength > shortKeyLength) this.#key.set(keyBytes.subarray(keyStart, keyStart + keyLength))
    else for (let i = 0; i < keyLength; i += 1) this.#key[i] = keyBytes[keyStart + i] as number
  }

  /**
   * Whether some reader, now or later, sees `sequence` although `newer` hides it from that number on. Above the
   * published number everything is kept: a reader may still come that looks between two such entries.
   */
  #isSeen(sequence: SequenceNumber, newer: SequenceNumber): boolean {
    if (newer > this.#newest) return sequence < newer
    if (newer <= this.#oldest) return false
    return this.#newestBelow(newer) >= sequence
  }

  /** The greatest live sequence below `limit`, which is above the least. */
  #newestBelow(limit: SequenceNumber): SequenceNumber {
    let low = 0
    let high = this.#live.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.#live[middle] as number) < limit) low = middle
      else high = middle
    }
    return this.#live[low] as number
  }
}
