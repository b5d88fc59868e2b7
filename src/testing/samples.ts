/** Keys and values for the suite, for each named encoding: ordinary ones, odd ones, and what must be refused. */
import type { EncodingName } from '../encoding/encoding.ts'

export interface Samples {
  /** Different values whose encodings differ as well; as keys, some begin with others. */
  readonly valid: readonly unknown[]
  /** What the encoding refuses, `undefined` and `null` aside. */
  readonly refused: readonly unknown[]
  /** A value for each whole number up to 999,999, in the order of their bytes, different from `valid`. */
  numbered(number: number): unknown
  /** A value of exactly `length` bytes once encoded; `length` is at least 16. */
  ofLength(length: number): unknown
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const utf8: Samples = {
  valid: [
    '',
    '\0',
    'a',
    'a\0',
    'aa',
    'ab',
    'b',
    'user:1',
    'user:10',
    'user:2',
    'é',
    'éa',
    '→',
    '\ufeffmark',
    '\uffff',
    '😀',
  ],
  refused: [1, true, {}, bytes(1), '\ud800', 'a\udc00b'],
  numbered: (number) => `n${String(number).padStart(6, '0')}`,
  ofLength: (length) => 'x'.repeat(length),
}

const binary: Samples = {
  valid: [
    bytes(),
    bytes(0),
    bytes(0, 0),
    bytes(0, 255),
    bytes(1),
    bytes(97),
    bytes(97, 0),
    bytes(97, 98),
    bytes(97, 99),
    bytes(127),
    bytes(128),
    bytes(254, 255),
    bytes(255),
    bytes(255, 0),
    bytes(255, 255),
    bytes(255, 255, 255),
  ],
  refused: ['text', 1, [1, 2], new Uint16Array(1), new ArrayBuffer(1)],
  numbered: (number) => bytes(110, number >>> 16, number >>> 8, number),
  ofLength: (length) => new Uint8Array(length).fill(7),
}

const json: Samples = {
  valid: [
    '',
    'a',
    'aa',
    'b',
    '\ud800',
    0,
    1,
    10,
    2,
    -1.5,
    true,
    false,
    [],
    [1, 'é'],
    { a: 1 },
    { a: { b: [{}] } },
  ],
  refused: [() => 1, Symbol('s'), 1n],
  numbered: (number) => ({ n: String(number).padStart(6, '0') }),
  ofLength: (length) => 'x'.repeat(length - 2),
}

const tuple: Samples = {
  valid: [
    [],
    [null],
    [false],
    [true],
    [-1.5],
    [0],
    [2],
    [10],
    [-7n],
    [2n ** 64n],
    ['user'],
    ['user', 1],
    ['user', 1, 'name'],
    ['user\0'],
    [bytes(0, 255), 'é'],
    [new Date(0), [['deep'], null]],
  ],
  refused: ['text', 1, {}, [undefined], [Number.NaN], [{}], ['\ud800'], [new Date(Number.NaN)]],
  numbered: (number) => ['n', number],
  ofLength: (length) => ['x'.repeat(length - 2)],
}

export const samplesOf: { readonly [Name in EncodingName]: Samples } = { utf8, bytes: binary, json, tuple }
