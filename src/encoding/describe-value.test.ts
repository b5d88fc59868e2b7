import { expect, test } from 'vitest'
import { describeValue } from './describe-value.ts'

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [3, 'the number 3'],
  [-0, 'the number -0'],
  [Number.NaN, 'the number NaN'],
  [10n, 'the bigint 10n'],
  ['a"b', 'the string "a\\"b"'],
  ['x'.repeat(50), `the string "${'x'.repeat(40)}…"`],
  [Symbol('s'), 'a symbol'],
  [() => 1, 'a function'],
  [[], 'an array of 0 items'],
  [['a'], 'an array of 1 item'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Date(0), 'a Date'],
  [new Map(), 'a Map'],
  [new ArrayBuffer(3), 'an ArrayBuffer'],
  [Uint8Array.of(1, 2), 'a Uint8Array of 2 bytes'],
  [Buffer.from([1]), 'a Buffer of 1 bytes'],
  [new (class {})(), 'an object'],
])('describeValue() of %s says %s', (value, words) => {
  expect(describeValue(value)).toBe(words)
})
