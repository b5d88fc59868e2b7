import { describe, expect, it } from 'vitest'
import { giveBuffer, takeBuffer } from './spare-buffers.ts'

describe('spare buffers', () => {
  it('are large enough and given out once', () => {
    const first = takeBuffer(5000)
    const second = takeBuffer(5000)
    expect(first.byteLength).toBeGreaterThanOrEqual(5000)
    expect(second).not.toBe(first)
    giveBuffer(first)
    expect(takeBuffer(6000)).toBe(first)
    expect(takeBuffer(6000)).not.toBe(first)
  })

  it('are not kept beyond a bound', () => {
    const large = Array.from({ length: 5 }, () => takeBuffer(16 * 1024 * 1024))
    for (const buffer of large) giveBuffer(buffer)
    const again = Array.from({ length: 5 }, () => takeBuffer(16 * 1024 * 1024))
    expect(again.filter((buffer) => large.includes(buffer)).length).toBeLessThanOrEqual(2)
  })
})
