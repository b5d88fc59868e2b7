import { describe, expect, test } from 'vitest'
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'
import { decodeCheckedText, encodeCheckedText, numberField } from './checked-text.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('a checked text', () => {
  const bytes = encodeCheckedText('current', { manifest: '3', synced: '12 34' })

  test('is a few lines that a person can read', () => {
    expect(text(bytes)).toMatch(/^varve current 1\nmanifest 3\nsynced 12 34\nxxh64 [0-9a-f]{16}\n$/)
  })

  test('gives its fields back in their order', () => {
    expect([...decodeCheckedText(bytes, 'current', 'f')]).toEqual([
      ['manifest', '3'],
      ['synced', '12 34'],
    ])
    expect(decodeCheckedText(encodeCheckedText('closed', {}), 'closed', 'f').size).toBe(0)
  })

  test('is refused when any bit is another, any byte is missing, or something follows', () => {
    for (let offset = 0; offset < bytes.length; offset++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Uint8Array.from(bytes)
        flipped[offset] = (flipped[offset] as number) ^ (1 << bit)
        expect(() => decodeCheckedText(flipped, 'current', 'f')).toThrow(CorruptionError)
      }
      expect(() => decodeCheckedText(bytes.slice(0, offset), 'current', 'f')).toThrow(CorruptionError)
    }
    for (const extra of ['\n', ' ', 'x', 'varve current 1\n']) {
      const longer = Uint8Array.from([...bytes, ...new TextEncoder().encode(extra)])
      expect(() => decodeCheckedText(longer, 'current', 'f')).toThrow(CorruptionError)
    }
    const twice = Uint8Array.from([...bytes, ...bytes])
    expect(() => decodeCheckedText(twice, 'current', 'f')).toThrow(CorruptionError)
  })

  test('of another kind is refused', () => {
    expect(() => decodeCheckedText(bytes, 'closed', 'f')).toThrow(/expected a "closed" file/)
  })

  test('of a newer format is refused as such', () => {
    const newer = sealed('varve current 2\nmanifest 3\n')
    expect(() => decodeCheckedText(newer, 'current', 'f')).toThrow(UnsupportedFormatError)
    expect(decodeCheckedText(sealed('varve current 1\nmanifest 3\n'), 'current', 'f').size).toBe(1)
  })
})

/** The text with the checksum that belongs to it. */
function sealed(body: string): Uint8Array {
  const bytes = new TextEncoder().encode(body)
  xxh64(bytes, 0, bytes.length, 0, 0)
  return new TextEncoder().encode(`${body}xxh64 ${hexOf64(hashResult.high, hashResult.low)}\n`)
}

describe('numberField()', () => {
  const fields = new Map([
    ['good', '42'],
    ['negative', '-1'],
    ['empty', ''],
    ['text', '4x'],
    ['long', '1'.repeat(17)],
  ])

  test('gives a whole number', () => {
    expect(numberField(fields, 'good', 'f')).toBe(42)
  })

  test('refuses anything else', () => {
    for (const name of ['negative', 'empty', 'text', 'long', 'missing']) {
      expect(() => numberField(fields, name, 'f')).toThrow(CorruptionError)
    }
  })
})
