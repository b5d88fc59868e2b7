/** A snapshot of a LogStructuredStore: a sequence number that flush and compaction respect until it is closed. */
import { ClosedError, InvalidArgumentError } from '../errors.ts'
import type { Snapshot } from './key-value-store.ts'

export class SequenceSnapshot implements Snapshot {
  readonly sequenceNumber: number
  readonly #owner: object
  readonly #onClose: (snapshot: SequenceSnapshot) => void
  #isOpen = true

  /** `owner` is the store that reads with it. */
  constructor(owner: object, sequenceNumber: number, onClose: (snapshot: SequenceSnapshot) => void) {
    this.#owner = owner
    this.sequenceNumber = sequenceNumber
    this.#onClose = onClose
  }

  /** The sequence number for a read by `owner`. */
  static read(snapshot: Snapshot, owner: object): number {
    if (!(snapshot instanceof SequenceSnapshot) || snapshot.#owner !== owner) {
      throw new InvalidArgumentError('the snapshot was made by another store; each store reads its own')
    }
    if (!snapshot.#isOpen) throw new ClosedError('the snapshot is closed')
    return snapshot.sequenceNumber
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose(this)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
