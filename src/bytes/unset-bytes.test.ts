import { expect, test } from 'vitest'
import { unsetBuffer, unsetBytes } from './unset-bytes.ts'

test('is memory of its own, of just that size', () => {
  for (const size of [0, 1, 100, 4096, 70_000]) {
    expect(unsetBuffer(size).byteLength).toBe(size)
    const [a, b] = [unsetBytes(size), unsetBytes(size)]
    expect(a).toHaveLength(size)
    expect(a.byteOffset).toBe(0)
    expect(a.buffer).not.toBe(b.buffer)
    expect(Object.getPrototypeOf(a)).toBe(Uint8Array.prototype)
  }
})
