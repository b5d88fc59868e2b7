import { expect, test } from 'vitest'
import { describeBytes } from './describe-bytes.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test.each([
  ['user:1', '"user:1"'],
  ['', '""'],
  ['Grüße, 世界 🦉', '"Grüße, 世界 🦉"'],
  ['say "hi" \\o/', '"say \\"hi\\" \\\\o/"'],
])('shows printable text as it is: %s', (text, expected) => {
  expect(describeBytes(bytesOf(text))).toBe(expected)
})

test.each([
  [[0x61, 0x00, 0x0a, 0xff], '"a\\x00\\x0a\\xff"'],
  [[0xc3], '"\\xc3"'],
  [[0x22, 0x5c, 0x01], '"\\"\\\\\\x01"'],
  [[0xe2, 0x80, 0xa8], '"\\xe2\\x80\\xa8"'],
])('escapes what would not print: %j', (bytes, expected) => {
  expect(describeBytes(Uint8Array.from(bytes))).toBe(expected)
})

test('counts the bytes that it does not show', () => {
  expect(describeBytes(bytesOf('abcdefgh'), 3)).toBe('"abc"… (5 more bytes)')
})

test('shows a text that it cuts in the middle of a character as text all the same', () => {
  expect(describeBytes(bytesOf('aé'), 2)).toBe('"a"… (2 more bytes)')
})

test('reads shared memory', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(2))
  shared.set(bytesOf('ok'))
  expect(describeBytes(shared)).toBe('"ok"')
})
