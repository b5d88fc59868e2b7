/**
 * Tuples to bytes, in two passes: the first refuses what a tuple cannot hold and adds up how much room the rest
 * can need, the second writes and cannot fail. Counterpart of `tuple-reader.ts`.
 */
import { InvalidArgumentError } from '../errors.ts'
import { isBytes } from './bytes-encoding.ts'
import { describeValue } from './describe-value.ts'
import {
  bigintLengthMax,
  escapeByte,
  type Tuple,
  type TupleElement,
  TupleTag,
  terminatorByte,
  tupleDepthMax,
  writeOrderedNumber,
} from './tuple-format.ts'
import { isWellFormed, writeUtf8 } from './utf8.ts'

/** What a tuple is, in words. */
export const tupleAccepts =
  'an array of null, booleans, numbers, bigints, strings, Uint8Arrays, Dates and such arrays'

/** The most bytes that {@link writeTuple} needs for `tuple`. Throws for what a tuple cannot hold, with its place. */
export function tupleBound(tuple: Tuple): number {
  if (!Array.isArray(tuple)) {
    throw new InvalidArgumentError(`expected ${tupleAccepts}, got ${describeValue(tuple)}`)
  }
  return elementsBound(tuple, '', 0)
}

/** Writes a tuple that {@link tupleBound} accepted; returns its length in bytes. */
export function writeTuple(tuple: Tuple, target: Uint8Array, offset: number): number {
  return writeElements(tuple, target, offset) - offset
}

function elementsBound(elements: Tuple, path: string, depth: number): number {
  if (depth > tupleDepthMax) {
    throw new InvalidArgumentError(`a tuple's arrays may be nested ${tupleDepthMax} deep, this one is deeper`)
  }
  let bound = 0
  for (let i = 0; i < elements.length; i++) bound += elementBound(elements[i], path, i, depth)
  return bound
}

/** `element` may be anything: callers without types, holes in arrays. */
function elementBound(element: unknown, path: string, index: number, depth: number): number {
  switch (typeof element) {
    case 'string':
      if (!isWellFormed(element)) break
      // At most three bytes a UTF-16 unit; the two characters that need an escape take two.
      return 2 + element.length * 3
    case 'number':
      if (Number.isNaN(element)) break
      return 9
    case 'boolean':
      return 1
    case 'bigint': {
      const length = magnitudeLength(element)
      if (length > bigintLengthMax) break
      return 3 + length
    }
    case 'object':
      if (element === null) return 1
      if (isBytes(element)) return 2 + element.length * 2
      if (element instanceof Date && !Number.isNaN(element.getTime())) return 9
      if (Array.isArray(element)) return 2 + elementsBound(element, `${path}[${index}]`, depth + 1)
  }
  throw new InvalidArgumentError(`element ${path}[${index}] of a tuple cannot be ${describeElement(element)}`)
}

function describeElement(element: unknown): string {
  if (typeof element === 'string') return `${describeValue(element)}: it holds half of a surrogate pair`
  if (typeof element === 'bigint') return `a bigint of over ${bigintLengthMax} bytes`
  if (element instanceof Date) return 'an invalid Date'
  return `${describeValue(element)}; expected ${tupleAccepts}`
}

function writeElements(elements: Tuple, target: Uint8Array, offset: number): number {
  for (let i = 0; i < elements.length; i++) offset = writeElement(elements[i] as TupleElement, target, offset)
  return offset
}

/** Returns the offset after the element. */
function writeElement(element: TupleElement, target: Uint8Array, offset: number): number {
  switch (typeof element) {
    case 'string':
      target[offset++] = TupleTag.string
      return endEscaped(target, offset, writeUtf8(element, target, offset))
    case 'number':
      target[offset] = TupleTag.number
      writeOrderedNumber(element, target, offset + 1)
      return offset + 9
    case 'boolean':
      target[offset] = element ? TupleTag.true : TupleTag.false
      return offset + 1
    case 'bigint':
      return writeBigint(element, target, offset)
    default:
      return writeObject(element, target, offset)
  }
}

function writeObject(element: Uint8Array | Date | Tuple | null, target: Uint8Array, offset: number): number {
  if (element === null) {
    target[offset] = TupleTag.null
    return offset + 1
  }
  if (isBytes(element)) {
    target[offset++] = TupleTag.bytes
    target.set(element, offset)
    return endEscaped(target, offset, element.length)
  }
  if (element instanceof Date) {
    target[offset] = TupleTag.date
    writeOrderedNumber(element.getTime(), target, offset + 1)
    return offset + 9
  }
  target[offset] = TupleTag.array
  const end = writeElements(element, target, offset + 1)
  target[end] = terminatorByte
  return end + 1
}

/** Escapes the `length` bytes at `start` where they lie, from the last to the first, and ends them. */
function endEscaped(target: Uint8Array, start: number, length: number): number {
  let escapeCount = 0
  for (let i = start; i < start + length; i++) if ((target[i] as number) <= escapeByte) escapeCount++
  const end = start + length + escapeCount
  for (let from = start + length, to = end; from < to; ) {
    const byte = target[--from] as number
    if (byte > escapeByte) target[--to] = byte
    else {
      target[--to] = byte + 1
      target[--to] = escapeByte
    }
  }
  target[end] = terminatorByte
  return end + 1
}

function writeBigint(value: bigint, target: Uint8Array, offset: number): number {
  const isNegative = value < 0n
  const flip = isNegative ? 0xff : 0
  const hex = hexOf(value)
  const length = hex.length / 2
  target[offset] = isNegative ? TupleTag.negativeBigint : TupleTag.bigint
  target[offset + 1] = (length >>> 8) ^ flip
  target[offset + 2] = (length & 0xff) ^ flip
  for (let i = 0; i < length; i++) {
    target[offset + 3 + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16) ^ flip
  }
  return offset + 3 + length
}

function magnitudeLength(value: bigint): number {
  return hexOf(value).length / 2
}

/** The magnitude in whole bytes, none for 0n. */
function hexOf(value: bigint): string {
  if (value === 0n) return ''
  const hex = (value < 0n ? -value : value).toString(16)
  return hex.length % 2 === 0 ? hex : `0${hex}`
}
