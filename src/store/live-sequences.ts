/**
 * The sequence numbers that somebody still reads at: those of snapshots and iterators. Flush and compaction
 * keep what these can see. A snapshot holds nothing but its place here.
 */
import type { SequenceNumber } from '../entry/entry.ts'

export class LiveSequences {
  /** How many readers each number has. */
  readonly #readers = new Map<SequenceNumber, number>()
  snapshotCount = 0
  iteratorCount = 0

  add(sequence: SequenceNumber): void {
    this.#readers.set(sequence, (this.#readers.get(sequence) ?? 0) + 1)
  }

  remove(sequence: SequenceNumber): void {
    const count = this.#readers.get(sequence) ?? 0
    if (count > 1) this.#readers.set(sequence, count - 1)
    else this.#readers.delete(sequence)
  }

  get oldest(): SequenceNumber | undefined {
    let oldest: SequenceNumber | undefined
    for (const sequence of this.#readers.keys()) {
      if (oldest === undefined || sequence < oldest) oldest = sequence
    }
    return oldest
  }

  /** Ascending, with `published` (what every later reader will at least see) among them. */
  list(published: SequenceNumber): SequenceNumber[] {
    return [...new Set([...this.#readers.keys(), published])].sort((a, b) => a - b)
  }
}
