import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../bytes/compare-bytes.ts'
import { InvalidArgumentError } from '../errors.ts'
import { tupleEncoding } from './tuple-encoding.ts'
import { bigintLengthMax, type Tuple, type TupleElement, tupleDepthMax } from './tuple-format.ts'

const encode = (tuple: Tuple): Uint8Array => tupleEncoding.encode(tuple)
const decode = (bytes: Uint8Array): Tuple => tupleEncoding.decode(bytes, 0, bytes.length, false)
const hex = (tuple: Tuple): string => Buffer.from(encode(tuple)).toString('hex')

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\x01', '\x02', 'a', 'é', '→', '😀'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
  maxLength: 5,
})
const anyLeaf: fc.Arbitrary<TupleElement> = fc.oneof(
  fc.constantFrom(null, false, true),
  fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -3, max: 3 })),
  fc.oneof(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.bigInt({ min: -300n, max: 300n })),
  anyText,
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.array(fc.constantFrom(0, 1, 2, 255), { maxLength: 4 }).map((values) => Uint8Array.from(values)),
  ),
  fc.date({ noInvalidDate: true }),
)
const { element: anyElement } = fc.letrec<{ element: TupleElement }>((tie) => ({
  element: fc.oneof({ maxDepth: 3 }, anyLeaf, fc.array(tie('element'), { maxLength: 3 })),
}))
const anyTuple: fc.Arbitrary<Tuple> = fc.array(anyElement, { maxLength: 4 })

describe('tuple encoding', () => {
  test('gives back what it took', () => {
    fc.assert(
      fc.property(anyTuple, (tuple) => {
        expect(decode(encode(tuple))).toEqual(withoutNegativeZero(tuple))
      }),
      { numRuns: 1500 },
    )
  })

  test('orders bytes as it orders tuples', () => {
    fc.assert(
      fc.property(anyTuple, anyTuple, (a, b) => {
        expect(Math.sign(compareBytes(encode(a), encode(b)))).toBe(compareElements(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  test('orders tuples that differ in one place', () => {
    fc.assert(
      fc.property(anyTuple, anyElement, anyElement, anyTuple, anyTuple, (start, x, y, endX, endY) => {
        const a = [...start, x, ...endX]
        const b = [...start, y, ...endY]
        expect(Math.sign(compareBytes(encode(a), encode(b)))).toBe(compareElements(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  test('writes leading elements as a prefix that only tuples with these elements have', () => {
    fc.assert(
      fc.property(anyTuple, anyTuple, (start, other) => {
        const prefix = encode(start)
        const startsWith = compareBytes(encode(other).subarray(0, prefix.length), prefix) === 0
        expect(startsWith).toBe(compareElements(other.slice(0, start.length), start) === 0)
      }),
      { numRuns: 2000 },
    )
    expect(hex(['user', 1, 'x']).startsWith(hex(['user', 1]))).toBe(true)
    expect(hex(['user\0']).startsWith(hex(['user']))).toBe(false)
  })

  test('never needs more room than its bound', () => {
    fc.assert(
      fc.property(anyTuple, (tuple) => {
        expect(encode(tuple).length).toBeLessThanOrEqual(tupleEncoding.sizeBound?.(tuple) as number)
      }),
    )
  })

  test('writes at an offset and leaves the bytes around it alone', () => {
    fc.assert(
      fc.property(anyTuple, (tuple) => {
        const bound = tupleEncoding.sizeBound?.(tuple) as number
        const target = new Uint8Array(new SharedArrayBuffer(bound + 10)).fill(0xee)
        const length = tupleEncoding.encodeInto?.(tuple, target, 5) as number
        expect(Uint8Array.from(target.subarray(5, 5 + length))).toEqual(encode(tuple))
        expect([...target.subarray(0, 5), ...target.subarray(5 + bound)]).toEqual(Array(10).fill(0xee))
        expect(tupleEncoding.decode(target, 5, 5 + length, false)).toEqual(withoutNegativeZero(tuple))
      }),
    )
  })

  test('writes the bytes that docs/format/tuple.md shows', () => {
    const example = ['user', 1, null, 258n, Uint8Array.of(0, 255)]
    expect(hex(example)).toBe('40757365720030bff000000000000010390002010250 0101ff00'.replaceAll(' ', ''))
    expect(hex([])).toBe('')
    expect(hex([null, false, true])).toBe('102021')
    expect(hex([1])).toBe('30bff0000000000000')
    expect(hex([-1])).toBe('30400fffffffffffff')
    expect(hex([0])).toBe('308000000000000000')
    expect(hex([258n, 0n, -258n])).toBe('39000201023900 00 38fffdfefd'.replaceAll(' ', ''))
    expect(hex(['user', 'a\0\x01'])).toBe('40757365720040610101010200')
    expect(hex([Uint8Array.of(0, 0xff)])).toBe('500101ff00')
    expect(hex([new Date(0)])).toBe('608000000000000000')
    expect(hex([['a'], []])).toBe('704061000070 00'.replaceAll(' ', ''))
  })

  test('takes -0 for 0', () => {
    expect(hex([-0])).toBe(hex([0]))
    expect(hex([new Date(-0)])).toBe(hex([new Date(0)]))
  })

  test('takes bigints up to its bound', () => {
    const largest = 2n ** BigInt(8 * bigintLengthMax) - 1n
    expect(decode(encode([largest, -largest]))).toEqual([largest, -largest])
    expect(() => encode([largest + 1n])).toThrow(/element \[0\].*bigint of over 65535 bytes/)
  })

  test('takes views of shared memory and of other realms', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7)
    expect(hex([shared])).toBe('50070700')
    expect(hex([Buffer.from([7])])).toBe('500700')
  })
})

describe('tuple encoding refuses', () => {
  test.each<[string, unknown, RegExp]>([
    ['what is no array', 'user', /expected an array of .*, got the string "user"/],
    ['undefined', ['a', undefined], /element \[1\] of a tuple cannot be undefined/],
    ['holes', new Array(1), /element \[0\] of a tuple cannot be undefined/],
    ['NaN', [Number.NaN], /element \[0\] of a tuple cannot be the number NaN/],
    ['objects', [1, [2, {}]], /element \[1\]\[1\] of a tuple cannot be an object/],
    ['functions', [() => 1], /cannot be a function/],
    ['half of a surrogate pair', ['\ud800'], /half of a surrogate pair/],
    ['invalid dates', [new Date(Number.NaN)], /cannot be an invalid Date/],
    ['typed arrays other than Uint8Array', [new Uint16Array(1)], /cannot be a Uint16Array/],
  ])('%s', (_, tuple, message) => {
    expect(() => encode(tuple as Tuple)).toThrow(InvalidArgumentError)
    expect(() => encode(tuple as Tuple)).toThrow(message)
  })

  test('arrays nested too deep, and rings', () => {
    const nested = (depth: number): Tuple => (depth === 0 ? [] : [nested(depth - 1)])
    expect(decode(encode(nested(tupleDepthMax)))).toEqual(nested(tupleDepthMax))
    expect(() => encode(nested(tupleDepthMax + 1))).toThrow(/nested 64 deep/)
    const ring: TupleElement[] = []
    ring.push(ring)
    expect(() => encode(ring)).toThrow(/nested 64 deep/)
  })

  test.each<[string, string]>([
    ['unknown types', '99'],
    ['a number cut short', '30bff0'],
    ['NaN', '30fff8000000000000'],
    ['-0', '307fffffffffffffff'],
    ['a string without its end', '4061'],
    ['an unknown escape', '40010300'],
    ['a cut escape', '4001'],
    ['an array without its end', '7010'],
    ['a bigint with a leading zero', '3900010000'],
    ['a negative zero bigint', '38ffff'],
    ['a bigint cut short', '39000201'],
    ['a date between milliseconds', '60bfe0000000000000'],
    ['a date beyond the calendar', '60ffeeeeeeeeeeeeee'],
    ['a bare end', '00'],
    ['arrays nested too deep', '70'.repeat(65)],
  ])('to read %s', (_, bytes) => {
    expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(InvalidArgumentError)
    expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(/are not a tuple \(.*before byte \d+\)/)
  })

  test('or reads the one tuple, whatever the bytes', () => {
    const likely = fc.constantFrom(0, 1, 2, 0x10, 0x20, 0x30, 0x38, 0x39, 0x40, 0x50, 0x60, 0x70, 0xff)
    fc.assert(
      fc.property(fc.array(likely, { maxLength: 14 }), (values) => {
        const bytes = Uint8Array.from(values)
        let tuple: Tuple
        try {
          tuple = decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgumentError)
          return
        }
        // Text that is not UTF-8 reads with replacement characters.
        fc.pre(!JSON.stringify(tuple, stringOfBigint).includes('\ufffd'))
        expect(encode(tuple)).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })
})

function stringOfBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function withoutNegativeZero(tuple: Tuple): Tuple {
  return tuple.map((element) => {
    if (Array.isArray(element)) return withoutNegativeZero(element as Tuple)
    return Object.is(element, -0) ? 0 : element
  })
}

const typeOrder = ['null', 'false', 'true', 'number', 'bigint', 'string', 'bytes', 'date', 'array']

function typeOf(element: TupleElement): string {
  if (element === null) return 'null'
  if (typeof element === 'boolean') return String(element)
  if (typeof element !== 'object') return typeof element
  if (element instanceof Uint8Array) return 'bytes'
  return element instanceof Date ? 'date' : 'array'
}

/** The order in words of the documentation, computed from the values. */
function compareElements(a: TupleElement, b: TupleElement): number {
  const type = typeOf(a)
  if (type !== typeOf(b)) return Math.sign(typeOrder.indexOf(type) - typeOrder.indexOf(typeOf(b)))
  if (type === 'string') return compareLists(codePoints(a as string), codePoints(b as string))
  if (type === 'bytes') return compareLists([...(a as Uint8Array)], [...(b as Uint8Array)])
  if (type === 'array') return compareLists(a as Tuple, b as Tuple)
  if (type === 'date') return compareNumbers((a as Date).getTime(), (b as Date).getTime())
  return compareNumbers(a as number, b as number)
}

function compareLists(a: readonly TupleElement[], b: readonly TupleElement[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareElements(a[i] as TupleElement, b[i] as TupleElement)
    if (order !== 0) return order
  }
  return Math.sign(a.length - b.length)
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number)
}
