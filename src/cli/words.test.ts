import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTypedWords, splitLine } from './session/line-words.ts'
import { bytesOfWord, quoteBytes, quoteWord, wordOfBytes } from './words.ts'

describe('splitLine()', () => {
  test('splits at spaces and joins what stands together', () => {
    expect(splitLine('  put  a\tb ')).toEqual(['put', 'a', 'b'])
    expect(splitLine('a"b c"\'d e\'f')).toEqual(['ab cd ef'])
    expect(splitLine('')).toEqual([])
    expect(splitLine('put "" \'\'')).toEqual(['put', '', ''])
  })

  test('takes single quotes literally and knows escapes in double quotes', () => {
    expect(splitLine("'a\\n$\"'")).toEqual(['a\\n$"'])
    expect(splitLine('"a\\n\\t\\r\\0\\\\\\"\\u00e9\\u{1f600}"')).toEqual(['a\n\t\r\0\\"é😀'])
    expect(splitLine('a\\ b \\"')).toEqual(['a b', '"'])
    expect(splitLine('"\\xc3\\xa9"')).toEqual(['é'])
  })

  test('keeps bytes that are no UTF-8', () => {
    const [word = ''] = splitLine('"a\\xff\\x00é"')
    expect([...bytesOfWord(word)]).toEqual([0x61, 0xff, 0x00, 0xc3, 0xa9])
  })

  test('says where a quote is open or an escape unknown', () => {
    expect(() => splitLine('put "a')).toThrow('the quote at character 5 is not closed')
    expect(() => splitLine("put a'b")).toThrow('character 5')
    expect(() => splitLine('"\\q"')).toThrow('unknown escape \\q at character 2')
    expect(() => splitLine('"\\u{d800}"')).toThrow('no character')
    expect(() => splitLine('"\\u{110000}"')).toThrow('no character')
  })
})

describe('readTypedWords()', () => {
  test('refuses nothing and says which word is open', () => {
    expect(readTypedWords('get "a b')).toMatchObject([
      { text: 'get', start: 0, end: 3, isOpen: false },
      { text: 'a b', start: 4, end: 8, isOpen: true },
    ])
    expect(readTypedWords('"\\q\\u{d800}')).toMatchObject([{ isOpen: true }])
  })
})

test('any bytes come back from what is shown of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const word = wordOfBytes(bytes)
      expect([...bytesOfWord(word)]).toEqual([...bytes])
      for (const shown of [quoteBytes(bytes), quoteWord(word)]) {
        expect(splitLine(`get ${shown}`)).toEqual(['get', word])
      }
    }),
  )
})

test('any text comes back from what is shown of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(text)
      expect(wordOfBytes(bytes)).toBe(text)
      expect(splitLine(quoteBytes(bytes))).toEqual([text])
    }),
  )
})

test('what is shown never steers a terminal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(quoteBytes(bytes)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    }),
  )
  expect(quoteBytes(Buffer.from('a\u202eb\u0085\u2028'))).toBe('"a\\u{202e}b\\u{85}\\u{2028}"')
})
