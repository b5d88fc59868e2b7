import { describe, expect, it } from 'vitest'
import { copyRange } from './copy-range.ts'

const lengths = [0, 1, 24, 25, 191, 192, 193, 1000, 65_536, 65_537, 200_001]

function filled(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = (i * 31 + (i >>> 8)) & 0xff
  return bytes
}

describe('copyRange()', () => {
  for (const sourceIsShared of [false, true]) {
    for (const targetIsShared of [false, true]) {
      it(`copies from ${sourceIsShared ? 'shared' : 'own'} to ${targetIsShared ? 'shared' : 'own'} memory, wherever both begin`, () => {
        const size = 200_100
        const source = filled(
          new Uint8Array(sourceIsShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size), 3),
        )
        for (const length of lengths) {
          for (let shift = 0; shift < 8; shift += 1) {
            const target = new Uint8Array(
              targetIsShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size),
              5,
            )
            const start = (shift * 5) % 8
            copyRange(source, start, length, target, shift + 1)
            const copied = Buffer.from(target.slice(shift + 1, shift + 1 + length))
            expect(copied.equals(source.slice(start, start + length)), `${length} bytes, ${shift}`).toBe(true)
            expect(target[shift]).toBe(0)
            expect(target[shift + 1 + length]).toBe(0)
          }
        }
      })
    }
  }
})
