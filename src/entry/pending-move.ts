/**
 * What a cursor must remember about a `rewind` or `seek` that answered `pending` when it was already under way:
 * the repetition of the same move goes on where it stopped, every other move begins afresh.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'

const noBytes = new Uint8Array(0)

export class PendingMove {
  #kind: 'none' | 'rewind' | 'seek' = 'none'
  #key: Uint8Array = noBytes
  #isStrict = false

  /** Whether a `rewind` called now is the repetition of one that was remembered. */
  isRewind(): boolean {
    return this.#kind === 'rewind'
  }

  /** Whether a `seek` called now is the repetition of one that was remembered. */
  isSeek(key: Uint8Array, strict: boolean): boolean {
    return this.#kind === 'seek' && this.#isStrict === strict && compareBytes(this.#key, key) === 0
  }

  rememberRewind(): void {
    this.#kind = 'rewind'
  }

  /** Copies the key. */
  rememberSeek(key: Uint8Array, strict: boolean): void {
    this.#kind = 'seek'
    this.#key = new Uint8Array(key)
    this.#isStrict = strict
  }

  forget(): void {
    this.#kind = 'none'
  }
}
