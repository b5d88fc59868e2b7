import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentedDump, hexDump } from '../../../test/support/hex-dump.ts'
import { InvalidArgumentError, UnsupportedFormatError } from '../../errors.ts'
import { encodeEnvelope, expiresMsMax, expiresMsOf, openEnvelope } from './value-envelope.ts'

const time = fc.integer({ min: 0, max: expiresMsMax })

describe('the value envelope', () => {
  test('gives back what was put into it', () => {
    const content = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array())
    fc.assert(
      fc.property(content, time, fc.option(time, { nil: undefined }), (content, writtenMs, expiresMs) => {
        const bytes = encodeEnvelope({ content, writtenMs, expiresMs })
        const opened = openEnvelope(bytes, 'key')
        expect(opened.content).toEqual(content)
        expect([opened.writtenMs, opened.expiresMs]).toEqual([writtenMs, expiresMs])
        expect(expiresMsOf(bytes)).toBe(expiresMs)
      }),
    )
  })

  test('is what docs/format/value-envelope.md shows byte by byte', () => {
    const page = readFileSync(new URL('../../../docs/format/value-envelope.md', import.meta.url), 'utf8')
    const writtenMs = Date.UTC(2026, 0, 2, 3, 4, 5)
    const example = encodeEnvelope({ content: 'café', writtenMs, expiresMs: writtenMs + 60_000 })
    expect(documentedDump(page)).toEqual(hexDump(example))
  })

  test('expires after the last millisecond at which it can be read', () => {
    const opened = openEnvelope(encodeEnvelope({ content: '', writtenMs: 0, expiresMs: 1000 }), 'key')
    expect([999, 1000, 1001].map((nowMs) => opened.isExpired(nowMs))).toEqual([false, false, true])
  })

  test.each([
    ['nothing', []],
    ['text', [...new TextEncoder().encode('{"value":1}')]],
    ['a later format', [2, 0, 0, 0, 0, 0, 0, 0]],
    ['an unknown flag', [1, 4, 0, 0, 0, 0, 0, 0]],
    ['a head cut short', [1, 0, 0, 0, 0, 0, 0]],
    ['a head cut short before the expiry', [1, 2, 0, 0, 0, 0, 0, 0, 0]],
  ])('refuses %s, naming the key', (_, bytes) => {
    expect(() => openEnvelope(Uint8Array.from(bytes), 'user:1')).toThrow(UnsupportedFormatError)
    expect(() => openEnvelope(Uint8Array.from(bytes), 'user:1')).toThrow('"user:1"')
    expect(expiresMsOf(Uint8Array.from(bytes))).toBeUndefined()
  })

  test('refuses text that UTF-8 cannot give back', () => {
    const encode = (): Uint8Array => encodeEnvelope({ content: '\ud800', writtenMs: 0, expiresMs: undefined })
    expect(encode).toThrow(InvalidArgumentError)
  })
})
