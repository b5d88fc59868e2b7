/**
 * Anything that `JSON.stringify` can say, by its rules: members that are `undefined` or functions disappear, a
 * `Date` becomes a string, `NaN` becomes `null`. As a key encoding it orders by the bytes of the text (`"a"` with
 * its quotes, `10` before `9`, the members of an object as they were added); for keys of several parts, or of
 * numbers in order, take `tuple`.
 */
import { InvalidArgumentError } from '../errors.ts'
import { fillBytes } from './byte-slab.ts'
import { describeValue } from './describe-value.ts'
import type { Encoding } from './encoding.ts'
import { decodeUtf8, utf8Bound, writeUtf8 } from './utf8.ts'

const accepts = 'a value that JSON can represent'

export const jsonEncoding: Encoding<unknown> = {
  name: 'json',
  accepts,
  encode(value) {
    // JSON.stringify escapes lone surrogates, so its text is always well-formed.
    const text = stringify(value)
    return fillBytes(text, utf8Bound(text), writeUtf8)
  },
  decode(bytes, start, end, ascii) {
    const text = decodeUtf8(bytes, start, end, ascii)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new InvalidArgumentError(
        `the ${end - start} bytes stored here are not JSON (${JSON.stringify(text.slice(0, 40))}); ` +
          'they were probably written with another encoding',
        { cause },
      )
    }
  },
}

function stringify(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InvalidArgumentError(`expected ${accepts}, got ${describeValue(value)}: ${reason}`, { cause })
  }
  if (text !== undefined) return text
  throw new InvalidArgumentError(`expected ${accepts}, got ${describeValue(value)}`)
}
