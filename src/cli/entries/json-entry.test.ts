import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonOfEntry } from './entry-printer.ts'
import { EntryFormatError, jsonOfValue, readJsonEntry } from './json-entry.ts'

const storedFor = (line: string): string => Buffer.from(readJsonEntry(line).value).toString()
const written = (text: string): string => jsonOfValue(Buffer.from(text), false)

describe('readJsonEntry()', () => {
  test('stores strings as their text and all other JSON as its compact text', () => {
    expect(storedFor('{"key":"a","value":"b\\n"}')).toBe('b\n')
    expect(storedFor(' { "key" : "a" , "value" : { "b" : [ 1 , "c d" ] } } ')).toBe('{"b":[1,"c d"]}')
    for (const json of ['1', 'true', 'null', '[]', '{}'])
      expect(storedFor(`{"key":"a","value":${json}}`)).toBe(json)
  })

  test('changes no number, no escape and no name that stands twice', () => {
    for (const json of [
      '1.0',
      '12345678901234567890',
      '1e5',
      '-0',
      '{"a":1,"a":2}',
      '"\\u00e9"',
      '["\\u00e9\\/"]',
    ]) {
      const expected = json.startsWith('"') ? 'é' : json
      expect(storedFor(`{"value":${json},"key":"a"}`)).toBe(expected)
    }
  })

  test('takes an object with nothing but base64 as bytes', () => {
    expect([...readJsonEntry('{"key":{"base64":"/wA="},"value":{"base64":"AA=="}}').key]).toEqual([255, 0])
    expect([...readJsonEntry('{"key":"a","value":{ "base64" : "/wA=" }}').value]).toEqual([255, 0])
    expect([...readJsonEntry('{"key":"a","value":{"b\\u0061se64":""}}').value]).toEqual([])
    expect(storedFor('{"key":"a","value":{"base64":5}}')).toBe('{"base64":5}')
    expect(storedFor('{"key":"a","value":{"base64":"AA==","b":1}}')).toBe('{"base64":"AA==","b":1}')
    expect(storedFor('{"key":"a","value":"{\\"base64\\":\\"AA==\\"}"}')).toBe('{"base64":"AA=="}')
  })

  test('is not misled by quotes, brackets and backslashes in strings', () => {
    expect(storedFor('{"key":"},\\"value\\":1","value":["\\\\", "}\\"]", {"value":2}]}')).toBe(
      '["\\\\","}\\"]",{"value":2}]',
    )
  })

  test('says what is wrong', () => {
    const problem = (line: string): string => {
      try {
        readJsonEntry(line)
      } catch (error) {
        if (error instanceof EntryFormatError) return error.message
        throw error
      }
      return 'none'
    }
    expect(problem('{"key":"a"')).toMatch(/^no JSON/)
    expect(problem('[1]')).toMatch(/^not an object/)
    expect(problem('null')).toMatch(/^not an object/)
    expect(problem('{"key":"a"}')).toMatch(/^no "value"/)
    expect(problem('{"value":"a"}')).toMatch(/^no "key"/)
    expect(problem('{"key":"a","value":1,"ttl":5}')).toMatch(/^unknown member "ttl"/)
    expect(problem('{"key":5,"value":1}')).toMatch(/^the key must be a string/)
    expect(problem('{"key":"a","value":{"base64":"hello"}}')).toMatch(/^the value is no padded base64/)
    expect(problem('{"key":{"base64":"AA"},"value":1}')).toMatch(/^the key is no padded base64$/)
    expect(problem('{"key":"a","value":"\\ud800"}')).toMatch(/^the value holds half a surrogate pair/)
    expect(problem('{"key":"\\udc00a","value":1}')).toMatch(/^the key holds half/)
  })
})

describe('jsonOfValue()', () => {
  test('writes compact JSON as it is and all other text as strings', () => {
    for (const json of ['{"a":1}', '[1.0,12345678901234567890]', '{"a":1,"a":2}', 'null', '-5']) {
      expect(written(json)).toBe(json)
      expect(jsonOfValue(Buffer.from(json), true)).toBe(JSON.stringify(json))
    }
    for (const text of [
      '',
      'plain',
      '{"a": 1}',
      '{a}',
      '01',
      ' 1',
      '1\n',
      '"quoted"',
      '{"base64":"AA=="}',
      'nulls',
    ]) {
      expect(written(text)).toBe(JSON.stringify(text))
    }
  })
})

/** Texts that look like JSON, nearly are JSON, or are. */
const trickyText = fc.oneof(
  fc.json(),
  fc.json().map((json) => JSON.stringify(JSON.parse(json), undefined, 1)),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', ' ', '1', '.', 'base64', '\n'))
    .map((all) => all.join('')),
)
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  trickyText.map((text) => Buffer.from(text)),
)

test('any entry comes back from its line, with and without --strings', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, fc.boolean(), (key, value, stringsOnly) => {
      const read = readJsonEntry(jsonOfEntry(key, value, 'both', stringsOnly))
      expect(Buffer.from(read.key)).toEqual(key)
      expect(Buffer.from(read.value)).toEqual(value)
    }),
  )
})

test('a compact line comes back from its entry, letter for letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.jsonValue(), (key, value) => {
      fc.pre(!(typeof value === 'object' && value !== null && Object.keys(value).join() === 'base64'))
      fc.pre(typeof value !== 'string' || written(value) === JSON.stringify(value))
      const line = JSON.stringify({ key, value })
      const read = readJsonEntry(line)
      expect(jsonOfEntry(read.key, read.value, 'both', false)).toBe(line)
    }),
  )
})
