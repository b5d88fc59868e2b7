import { describe, expect, test } from 'vitest'
import { batchSizeBytesMax } from '../entry/entry.ts'
import { InvalidArgumentError } from '../errors.ts'
import {
  checkArray,
  checkBatchSize,
  checkClearOptions,
  checkDurability,
  checkFunction,
  checkOperation,
  checkOptionNames,
  checkRangeOptions,
  checkReadOptions,
  checkWholeNumber,
  checkWriteOptions,
} from './arguments.ts'

const refusal = (message: string): InvalidArgumentError => new InvalidArgumentError(message)

describe('checkOptionNames()', () => {
  test('takes known names, whatever their values', () => {
    checkOptionNames('open', {}, ['a'])
    checkOptionNames('open', { a: undefined }, ['a', 'b'])
    checkOptionNames('open', Object.create(null), [])
  })

  test('names an unknown option and what was probably meant, or what there is', () => {
    expect(() => checkOptionNames('open', { createIfMising: true }, ['createIfMissing'])).toThrow(
      refusal('open has no option "createIfMising"; did you mean createIfMissing?'),
    )
    expect(() => checkOptionNames('put', { ttl: 1 }, ['durability', 'signal'])).toThrow(
      refusal('put has no option "ttl"; it knows durability, signal'),
    )
    expect(() => checkOptionNames('put', { constructor: 1 }, ['durability', 'signal'])).toThrow(
      refusal('put has no option "constructor"; it knows durability, signal'),
    )
    expect(() => checkOptionNames('put', { sync: true }, ['durability', 'signal'])).toThrow(
      refusal('put has no option "sync"; did you mean durability: \'disk\'?'),
    )
  })

  test('refuses what is no object', () => {
    for (const options of [null, 1, 'x'] as never[]) {
      expect(() => checkOptionNames('open', options, [])).toThrow(
        /^the options of open must be an object, got /,
      )
    }
  })
})

test('absent options are fine everywhere', () => {
  checkReadOptions('get', undefined)
  checkWriteOptions('put', undefined)
  checkRangeOptions('entries', undefined)
  checkClearOptions(undefined)
  checkReadOptions('get', {})
  checkWriteOptions('put', {})
  checkRangeOptions('entries', {})
  checkClearOptions({})
})

test('every option that the contract has is known', () => {
  const { signal } = new AbortController()
  const snapshot = {} as never
  checkReadOptions('get', { snapshot, signal })
  checkWriteOptions('put', { durability: 'disk', signal })
  const range = { gt: 1, gte: 2, lt: 3, lte: 4, prefix: 5, reverse: true, limit: 0, snapshot, signal }
  checkRangeOptions('entries', range)
  checkClearOptions({ ...range, durability: 'memory' })
})

test('clear alone refuses bounds that are undefined, which would remove more than was meant', () => {
  const range = { prefix: undefined } as object
  checkRangeOptions('entries', range)
  expect(() => checkClearOptions(range)).toThrow(
    refusal('prefix of clear is undefined; leave it out to clear without this bound'),
  )
  checkClearOptions({ limit: undefined, reverse: undefined } as object)
})

test('wrong options win over an aborted signal, whose reason is thrown as it is', () => {
  const signal = AbortSignal.abort('enough')
  expect(() => checkWriteOptions('put', { signal, durability: 'ram' as never })).toThrow(InvalidArgumentError)
  for (const check of [
    () => checkWriteOptions('put', { signal }),
    () => checkReadOptions('get', { signal }),
    () => checkRangeOptions('keys', { signal }),
    () => checkClearOptions({ signal }),
  ]) {
    let thrown: unknown
    try {
      check()
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBe('enough')
  }
})

test('checkWholeNumber() returns the number or names what it must be', () => {
  expect(checkWholeNumber('limit', 0, 0, 9)).toBe(0)
  expect(checkWholeNumber('limit', 9, 0, 9)).toBe(9)
  for (const value of [-1, 10, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined] as number[]) {
    expect(() => checkWholeNumber('limit', value, 0, 9)).toThrow(
      /^limit must be a whole number from 0 to 9, got /,
    )
  }
  expect(() => checkWholeNumber('limit', -1, 0, Number.MAX_SAFE_INTEGER)).toThrow(
    refusal('limit must be a whole number of at least 0, got the number -1'),
  )
})

test('checkDurability() returns the durability or names the three', () => {
  expect((['memory', 'os', 'disk'] as const).map(checkDurability)).toEqual(['memory', 'os', 'disk'])
  expect(() => checkDurability('fsync' as never)).toThrow(
    refusal("durability must be 'memory', 'os' or 'disk', got the string \"fsync\""),
  )
})

test('checkFunction() and checkArray() name the argument', () => {
  checkFunction('visit', () => 1)
  checkArray('keys', [])
  expect(() => checkFunction('visit', 1)).toThrow(refusal('visit must be a function, got the number 1'))
  expect(() => checkArray('keys', 'a')).toThrow(refusal('keys must be an array, got the string "a"'))
})

test('checkOperation() takes put and delete and names any other by its index', () => {
  checkOperation({ type: 'put' }, 0)
  checkOperation({ type: 'delete' }, 0)
  expect(() => checkOperation({ type: 'del' }, 7)).toThrow(
    refusal("operations[7].type must be 'put' or 'delete', got the string \"del\""),
  )
  expect(() => checkOperation(null as never, 2)).toThrow(refusal('operations[2] must be an object, got null'))
})

test('checkBatchSize() takes what a batch may have and not a byte more', () => {
  checkBatchSize(batchSizeBytesMax)
  expect(() => checkBatchSize(batchSizeBytesMax + 1)).toThrow(
    /^a batch may have 268435456 bytes, .* 268435457 or more/,
  )
})
