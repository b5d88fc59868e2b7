/**
 * From what callers write (`'json'`, an encoding, an object with `encode` and `decode`) to the encoding that the
 * store works with.
 */
import { InvalidArgumentError } from '../errors.ts'
import { copyBytes } from './byte-slab.ts'
import { bytesEncoding, isBytes } from './bytes-encoding.ts'
import { closestName } from './closest-name.ts'
import { describeValue } from './describe-value.ts'
import type { CustomEncoding, Encoding, EncodingChoice, EncodingName } from './encoding.ts'
import { jsonEncoding } from './json-encoding.ts'
import { tupleEncoding } from './tuple-encoding.ts'
import type { Tuple } from './tuple-format.ts'
import { utf8Encoding } from './utf8-encoding.ts'

/** What each named encoding takes and gives. */
export interface EncodedTypes {
  utf8: string
  bytes: Uint8Array
  json: unknown
  tuple: Tuple
}

const named: { readonly [Name in EncodingName]: Encoding<EncodedTypes[Name]> } = {
  utf8: utf8Encoding,
  bytes: bytesEncoding,
  json: jsonEncoding,
  tuple: tupleEncoding,
}

/** What other stores call the same. */
const otherNames: ReadonlyMap<string, EncodingName> = new Map([
  ['utf-8', 'utf8'],
  ['string', 'utf8'],
  ['text', 'utf8'],
  ['buffer', 'bytes'],
  ['view', 'bytes'],
  ['binary', 'bytes'],
  ['ordered-binary', 'tuple'],
])

/**
 * The encoding that `choice` stands for.
 *
 * @param option - the name of the option, for errors.
 * @throws {InvalidArgumentError} naming the option and what it can be.
 */
export function resolveEncoding<T>(option: string, choice: EncodingChoice<T>): Encoding<T> {
  // The caller's type parameter says what the name stands for; nothing at run time could check it.
  if (typeof choice === 'string') return encodingNamed(option, choice) as Encoding<unknown> as Encoding<T>
  if (typeof choice !== 'object' || choice === null) throw refusal(option, choice)
  if (typeof choice.encode !== 'function' || typeof choice.decode !== 'function')
    throw refusal(option, choice)
  if (!('accepts' in choice)) return wrap(option, choice)
  if ((choice.sizeBound === undefined) !== (choice.encodeInto === undefined)) {
    throw new InvalidArgumentError(
      `${option}: sizeBound and encodeInto only work together; give both or none`,
    )
  }
  return choice
}

function encodingNamed(
  option: string,
  name: string,
): Encoding<string> | Encoding<Uint8Array> | Encoding<unknown> {
  if (Object.hasOwn(named, name)) return named[name as EncodingName]
  const meant = otherNames.get(name.toLowerCase()) ?? closestName(name, Object.keys(named))
  throw refusal(option, name, meant)
}

function refusal(option: string, choice: unknown, meant?: string): InvalidArgumentError {
  const allowed = "one of 'utf8', 'bytes', 'json', 'tuple', or an object with encode() and decode()"
  const hint = meant === undefined ? '' : ` (did you mean '${meant}'?)`
  return new InvalidArgumentError(`${option} must be ${allowed}, got ${describeValue(choice)}${hint}`)
}

/**
 * Makes an encoding out of the two functions a caller gave. They get and give whole arrays, copied on both
 * sides: so `encode` may reuse one buffer or return its argument, and `decode` may return what it was given.
 */
function wrap<T>(option: string, custom: CustomEncoding<T>): Encoding<T> {
  const name = custom.name ?? 'custom'
  return {
    name,
    accepts: `a value for the encoding '${name}'`,
    encode(value) {
      let bytes: unknown
      try {
        bytes = custom.encode(value)
      } catch (cause) {
        throw failure(`the encoding '${name}' could not encode ${describeValue(value)}`, cause)
      }
      if (isBytes(bytes)) return copyBytes(bytes, 0, bytes.length)
      throw new InvalidArgumentError(
        `encode() of ${option} must return a Uint8Array, got ${describeValue(bytes)}`,
      )
    },
    decode(bytes, start, end) {
      const copy = copyBytes(bytes, start, end)
      try {
        return custom.decode(copy)
      } catch (cause) {
        throw failure(`the encoding '${name}' could not decode ${copy.length} bytes`, cause)
      }
    },
  }
}

/** An `InvalidArgumentError` that custom code threw is as good as ours; anything else becomes the cause of one. */
function failure(what: string, cause: unknown): InvalidArgumentError {
  if (cause instanceof InvalidArgumentError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new InvalidArgumentError(`${what}: ${reason}`, { cause })
}
