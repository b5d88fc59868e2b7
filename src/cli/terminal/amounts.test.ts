import { expect, test } from 'vitest'
import { counted, formatBytes, formatCount, formatDuration } from './amounts.ts'

test('sizes have three digits and steps of 1,024', () => {
  expect(
    [0, 999, 1_000, 12_345, 1_023_000, 1_024_000, 1.5 * 1024 ** 3, 2_000 * 1024 ** 4].map(formatBytes),
  ).toEqual(['0 B', '999 B', '0.98 KiB', '12.1 KiB', '999 KiB', '0.98 MiB', '1.50 GiB', '2000 TiB'])
})

test('counts have their thousands apart, and their noun', () => {
  expect(formatCount(63_666)).toBe('63,666')
  expect(counted(1, 'entry', 'entries')).toBe('1 entry')
  expect(counted(0, 'run')).toBe('0 runs')
})

test('times go from milliseconds to minutes', () => {
  expect([0.4, 85, 999.4, 1_240, 59_990, 99_949, 99_960, 200_400].map(formatDuration)).toEqual([
    '0 ms',
    '85 ms',
    '999 ms',
    '1.24 s',
    '60.0 s',
    '99.9 s',
    '1 min 40 s',
    '3 min 20 s',
  ])
})
