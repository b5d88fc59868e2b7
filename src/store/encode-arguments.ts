/**
 * Keys, values and bounds from the caller to bytes, with errors that name the argument. Encodings speak of the
 * value only ("expected a string, got the number 3"); here the place is put before it ("operations[2].key: …").
 */
import { describeValue } from '../encoding/describe-value.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { keyLengthMax, valueLengthMax } from '../entry/entry.ts'
import { everyKey, type KeyRange, keyRangeOf } from '../entry/key-range.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { KeyBounds } from './key-value-store.ts'

/** The bytes of a key. `argument` names it in errors. */
export function encodeKey<K>(encoding: Encoding<K>, key: K, argument = 'key'): Uint8Array {
  checkKeyPresence(encoding, key, argument)
  const bytes = encodeNamed(encoding, key, argument)
  checkKeyLength(bytes.length, argument)
  return bytes
}

/** The bytes of a value. `null` is up to the encoding: JSON has it. */
export function encodeValue<V>(encoding: Encoding<V>, value: V, argument = 'value'): Uint8Array {
  checkValuePresence(encoding, value, argument)
  const bytes = encodeNamed(encoding, value, argument)
  checkValueLength(bytes.length, argument)
  return bytes
}

/** The keys that the bounds leave. A bound that is `undefined` is no bound. */
export function encodeBounds<K>(encoding: Encoding<K>, bounds: KeyBounds<K> | undefined): KeyRange {
  if (bounds === undefined) return everyKey
  const encode = (name: keyof KeyBounds<K>): Uint8Array | undefined =>
    bounds[name] === undefined ? undefined : encodeKey(encoding, bounds[name] as K, name)
  return keyRangeOf({
    gt: encode('gt'),
    gte: encode('gte'),
    lt: encode('lt'),
    lte: encode('lte'),
    prefix: encode('prefix'),
  })
}

/** Refuses a key that is missing. */
export function checkKeyPresence<K>(encoding: Encoding<K>, key: K, argument = 'key'): void {
  if (key === undefined || key === null) throw missing(encoding, key, argument)
}

/** Refuses a value that is missing. */
export function checkValuePresence<V>(encoding: Encoding<V>, value: V, argument = 'value'): void {
  if (value === undefined) throw missing(encoding, value, argument)
}

/** Refuses a key of so many bytes. */
function checkKeyLength(length: number, argument: string): void {
  if (length > keyLengthMax) throw tooLong(argument, length, keyLengthMax)
}

/** Refuses a value of so many bytes. */
function checkValueLength(length: number, argument: string): void {
  if (length > valueLengthMax) throw tooLong(argument, length, valueLengthMax)
}

/** What an encoding threw for `argument`, with the argument's name put before the message. */
export function withArgumentName(error: unknown, argument: string): unknown {
  if (!(error instanceof InvalidArgumentError)) return error
  return new InvalidArgumentError(`${argument}: ${error.message}`, { cause: error.cause ?? error })
}

function encodeNamed<T>(encoding: Encoding<T>, value: T, argument: string): Uint8Array {
  try {
    return encoding.encode(value)
  } catch (error) {
    throw withArgumentName(error, argument)
  }
}

function missing<T>(encoding: Encoding<T>, value: T, argument: string): InvalidArgumentError {
  return new InvalidArgumentError(`${argument}: expected ${encoding.accepts}, got ${describeValue(value)}`)
}

function tooLong(argument: string, length: number, lengthMax: number): InvalidArgumentError {
  return new InvalidArgumentError(`${argument}: may have ${lengthMax} bytes, this one has ${length}`)
}
