import { expect, test } from 'vitest'
import { hexOf64 } from './hex-of-64.ts'

test('hexOf64() gives sixteen digits, the upper half first', () => {
  expect(hexOf64(0, 0)).toBe('0000000000000000')
  expect(hexOf64(0x0000_00ab, 0x1)).toBe('000000ab00000001')
})

test('hexOf64() takes halves signed and unsigned', () => {
  expect(hexOf64(-1, 0xffff_fffe)).toBe('fffffffffffffffe')
  expect(hexOf64(0xffff_ffff, -2)).toBe('fffffffffffffffe')
})
