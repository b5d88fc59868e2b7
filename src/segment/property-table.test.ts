import { expect, test } from 'vitest'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { decodeProperties, encodeProperties, type Property, PropertyNumber } from './property-table.ts'

const bytes = Uint8Array.of(1, 2, 3)
const decode = (...properties: Property[]): Map<number, Uint8Array> =>
  decodeProperties(encodeProperties(properties), '/store/7.seg', 4000)

test('gives back what was put in, padding or not', () => {
  const properties = [
    { number: PropertyNumber.smallestKey, required: true, bytes },
    { number: PropertyNumber.largestKey, required: false, bytes: new Uint8Array(0) },
  ]
  const expected = new Map([
    [1, bytes],
    [2, new Uint8Array(0)],
  ])
  expect(decode(...properties)).toEqual(expected)
  const padded = new Uint8Array(64)
  padded.set(encodeProperties(properties))
  expect(decodeProperties(padded, '', 0)).toEqual(expected)
})

test('passes over an unknown property that is not required', () => {
  expect(decode({ number: 999, required: false, bytes }).get(PropertyNumber.smallestKey)).toBeUndefined()
})

test('refuses an unknown property that is required, by its number', () => {
  expect(() => decode({ number: 999, required: true, bytes })).toThrow(UnsupportedFormatError)
  expect(() => decode({ number: 999, required: true, bytes })).toThrow('/store/7.seg needs property 999')
})

test('finds a property that is longer than its table', () => {
  const encoded = encodeProperties([{ number: 1, required: false, bytes }])
  for (const length of [3, 7, 9, 10]) {
    expect(() => decodeProperties(encoded.subarray(0, length), '/store/7.seg', 4000)).toThrow(CorruptionError)
  }
})
