import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../errors.ts'
import { bytesEncoding } from './bytes-encoding.ts'
import type { Encoding } from './encoding.ts'
import { EncodingGuard } from './encoding-guard.ts'
import { utf8Encoding } from './utf8-encoding.ts'

/** Calls `act` whenever it is at work; an encoding of its own kind, with all the calls there are. */
function acting(act: () => void): Encoding<string> {
  return {
    name: 'acting',
    accepts: 'a string',
    encode(value) {
      act()
      return utf8Encoding.encode(value)
    },
    decode(bytes, start, end, ascii) {
      act()
      return utf8Encoding.decode(bytes, start, end, ascii)
    },
    sizeBound(value) {
      act()
      return value.length * 3
    },
    encodeInto(value, target, offset) {
      act()
      const bytes = utf8Encoding.encode(value)
      target.set(bytes, offset)
      return bytes.length
    },
  }
}

describe('EncodingGuard', () => {
  test('refuses while a watched encoding is at work, by every one of its calls', () => {
    const guard = new EncodingGuard()
    const watched = guard.watch(acting(() => guard.check()))
    const calls = [
      () => watched.encode('a'),
      () => watched.decode(Uint8Array.of(97), 0, 1, true),
      () => watched.sizeBound?.('a'),
      () => watched.encodeInto?.('a', new Uint8Array(9), 0),
    ]
    for (const call of calls) {
      expect(call).toThrow(InvalidArgumentError)
      // Over when the call is, however that ended.
      guard.check()
    }
  })

  test('gives what the encoding gives', () => {
    const watched = new EncodingGuard().watch(acting(() => undefined))
    expect(watched.encode('añ')).toEqual(utf8Encoding.encode('añ'))
    expect(watched.decode(watched.encode('añ'), 0, 3, false)).toBe('añ')
    expect(watched.sizeBound?.('añ')).toBe(6)
    const target = new Uint8Array(4)
    expect(watched.encodeInto?.('a', target, 2)).toBe(1)
    expect([...target]).toEqual([0, 0, 97, 0])
    expect(watched.name).toBe('acting')
  })

  test('leaves encodings that run no code of a caller as they are', () => {
    const guard = new EncodingGuard()
    expect(guard.watch(utf8Encoding)).toBe(utf8Encoding)
    expect(guard.watch(bytesEncoding)).toBe(bytesEncoding)
  })
})
