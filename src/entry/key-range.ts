/**
 * A stretch of the key space: what is left of `gte gt lte lt prefix` once keys are bytes. Everything that walks
 * or clears a part of a store works with this one shape. A bound that is absent is open, so `{}` is everything.
 */
import { compareBytes, compareRanges } from '../bytes/compare-bytes.ts'

export interface KeyBound {
  /** Not to be changed while the range is in use. */
  readonly key: Uint8Array
  /** Whether the key itself belongs to the range. */
  readonly inclusive: boolean
}

export interface KeyRange {
  readonly lower?: KeyBound
  readonly upper?: KeyBound
}

/** Bounds as callers give them, encoded. Given both, `gte` beats `gt` and `lte` beats `lt`. */
export interface EncodedBounds {
  readonly gt?: Uint8Array | undefined
  readonly gte?: Uint8Array | undefined
  readonly lt?: Uint8Array | undefined
  readonly lte?: Uint8Array | undefined
  readonly prefix?: Uint8Array | undefined
}

/** Every key. */
export const everyKey: KeyRange = {}

/** The keys that lie within the bounds and start with the prefix. */
export function keyRangeOf({ gt, gte, lt, lte, prefix }: EncodedBounds): KeyRange {
  const between = rangeBetween(boundOf(gte, gt), boundOf(lte, lt))
  return prefix === undefined ? between : intersectRanges(rangeOfPrefix(prefix), between)
}

/** The keys whose bytes start with `prefix`, itself included. */
export function rangeOfPrefix(prefix: Uint8Array): KeyRange {
  if (prefix.length === 0) return everyKey
  const after = prefixSuccessor(prefix)
  const upper = after === undefined ? undefined : { key: after, inclusive: false }
  return rangeBetween({ key: prefix, inclusive: true }, upper)
}

/**
 * The first key after all that start with `prefix`: `61 62` → `61 63`, `61 ff` → `62`. `undefined` when there is
 * none, because the prefix is empty or all `ff`.
 */
export function prefixSuccessor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  // Not slice(): what a Buffer calls so is a view.
  const successor = new Uint8Array(prefix.subarray(0, length))
  successor[length - 1] = (prefix[length - 1] as number) + 1
  return successor
}

/** The keys that belong to both. */
export function intersectRanges(a: KeyRange, b: KeyRange): KeyRange {
  return rangeBetween(higherLower(a.lower, b.lower), lowerUpper(a.upper, b.upper))
}

/** Whether the bounds leave no key. */
export function isEmptyRange({ lower, upper }: KeyRange): boolean {
  if (lower === undefined || upper === undefined) return false
  const order = compareBytes(lower.key, upper.key)
  return order > 0 || (order === 0 && !(lower.inclusive && upper.inclusive))
}

/** Whether the key of `length` bytes at `start` is neither before nor after the range. */
export function isInRange(range: KeyRange, bytes: Uint8Array, start: number, length: number): boolean {
  return !isBeforeRange(range, bytes, start, length) && !isAfterRange(range, bytes, start, length)
}

/** Whether the key lies below the lower bound. */
export function isBeforeRange(
  { lower }: KeyRange,
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  if (lower === undefined) return false
  const order = compareRanges(bytes, start, length, lower.key, 0, lower.key.length)
  return order < 0 || (order === 0 && !lower.inclusive)
}

/** Whether the key lies above the upper bound. */
export function isAfterRange({ upper }: KeyRange, bytes: Uint8Array, start: number, length: number): boolean {
  if (upper === undefined) return false
  const order = compareRanges(bytes, start, length, upper.key, 0, upper.key.length)
  return order > 0 || (order === 0 && !upper.inclusive)
}

function boundOf(inclusive: Uint8Array | undefined, exclusive: Uint8Array | undefined): KeyBound | undefined {
  if (inclusive !== undefined) return { key: inclusive, inclusive: true }
  return exclusive === undefined ? undefined : { key: exclusive, inclusive: false }
}

function rangeBetween(lower: KeyBound | undefined, upper: KeyBound | undefined): KeyRange {
  return { ...(lower && { lower }), ...(upper && { upper }) }
}

function higherLower(a: KeyBound | undefined, b: KeyBound | undefined): KeyBound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const order = compareBytes(a.key, b.key)
  if (order === 0) return a.inclusive ? b : a
  return order > 0 ? a : b
}

function lowerUpper(a: KeyBound | undefined, b: KeyBound | undefined): KeyBound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const order = compareBytes(a.key, b.key)
  if (order === 0) return a.inclusive ? b : a
  return order < 0 ? a : b
}
