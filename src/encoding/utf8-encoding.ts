/**
 * Strings as UTF-8, the default for keys and values. Keys sort by code point, which is how their bytes compare;
 * JavaScript's `<` compares UTF-16 units and differs above U+FFFF only. A string with half of a surrogate pair
 * standing alone is refused, because UTF-8 cannot give it back. Bytes that were not written as UTF-8 read with
 * U+FFFD in place of what is not text.
 */
import { InvalidArgumentError } from '../errors.ts'
import { fillBytes } from './byte-slab.ts'
import { describeValue } from './describe-value.ts'
import type { Encoding } from './encoding.ts'
import { decodeUtf8, isWellFormed, utf8Bound, writeUtf8 } from './utf8.ts'

const accepts = 'a string'

export const utf8Encoding: Encoding<string> = {
  name: 'utf8',
  accepts,
  encode: (value) => fillBytes(value, textSizeBound(value), writeUtf8),
  decode: decodeUtf8,
  sizeBound: textSizeBound,
  encodeInto: writeUtf8,
}

/** The most bytes that `value` takes. Throws `InvalidArgumentError` for what is no string, or not well-formed. */
export function textSizeBound(value: string): number {
  if (typeof value !== 'string') {
    throw new InvalidArgumentError(`expected ${accepts}, got ${describeValue(value)}`)
  }
  if (!isWellFormed(value)) {
    throw new InvalidArgumentError(
      `the string ${JSON.stringify(value.slice(0, 40))} holds half of a surrogate pair, which UTF-8 cannot store; ` +
        "repair it with toWellFormed(), or use the 'bytes' encoding",
    )
  }
  return utf8Bound(value)
}
