/**
 * Keeps an encoding from using the store whose keys and values it turns into bytes. Its code may be the caller's
 * (an encoding of their own, a `toJSON`), and it runs in the middle of a write or a read, which another one would
 * spoil: half an entry is in memory then, or the bytes that are being decoded may be replaced.
 */
import { InvalidArgumentError } from '../errors.ts'
import { bytesEncoding } from './bytes-encoding.ts'
import type { Encoding } from './encoding.ts'
import { utf8Encoding } from './utf8-encoding.ts'

/** These run no code of the caller's. */
const harmless: readonly unknown[] = [utf8Encoding, bytesEncoding]

export class EncodingGuard {
  #isAtWork = false

  /** Asked by every call of the store. Throws while one of its encodings is at work. */
  check(): void {
    if (!this.#isAtWork) return
    throw new InvalidArgumentError(
      'an encoding used the store that it works for; encode(), decode() and toJSON() may use other stores only',
    )
  }

  /** The same encoding, watched. */
  watch<T>(encoding: Encoding<T>): Encoding<T> {
    if (harmless.includes(encoding)) return encoding
    const { sizeBound, encodeInto } = encoding
    const watched: Encoding<T> = {
      name: encoding.name,
      accepts: encoding.accepts,
      encode: (value) => this.#during(() => encoding.encode(value)),
      decode: (bytes, start, end, ascii) => this.#during(() => encoding.decode(bytes, start, end, ascii)),
    }
    if (sizeBound === undefined || encodeInto === undefined) return watched
    return {
      ...watched,
      sizeBound: (value) => this.#during(() => sizeBound.call(encoding, value)),
      encodeInto: (value, target, offset) =>
        this.#during(() => encodeInto.call(encoding, value, target, offset)),
    }
  }

  #during<R>(work: () => R): R {
    this.#isAtWork = true
    try {
      return work()
    } finally {
      this.#isAtWork = false
    }
  }
}
