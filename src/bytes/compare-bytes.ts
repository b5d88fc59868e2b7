/**
 * The order of keys: unsigned bytes from the left, a proper prefix before what it begins. Loops in JavaScript
 * beat the runtime's own comparison below a few hundred bytes, and keys are short.
 */

/** Negative, zero or positive as range `a` sorts before, equal to or after range `b`. */
export function compareRanges(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const shorter = Math.min(aLength, bLength)
  for (let i = 0; i < shorter; i += 1) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number)
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

/** {@link compareRanges} of two whole arrays; fits `Array.prototype.sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareRanges(a, 0, a.length, b, 0, b.length)
}

/** Whether two ranges hold the same bytes. */
export function equalRanges(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): boolean {
  if (aLength !== bLength) return false
  for (let i = 0; i < aLength; i += 1) {
    if (a[aStart + i] !== b[bStart + i]) return false
  }
  return true
}

/** How many bytes from the left two ranges have in common. */
export function commonPrefixLength(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const shorter = Math.min(aLength, bLength)
  let i = 0
  while (i < shorter && a[aStart + i] === b[bStart + i]) i += 1
  return i
}
