import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BuddyAllocator } from './buddy-allocator.ts'

test('ranges that are out never overlap, lie on multiples of their size, and all come back as one', () => {
  const move = fc.oneof(
    fc.record({ take: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ giveBack: fc.nat() }),
  )
  fc.assert(
    fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
      const allocator = new BuddyAllocator(1024, 16)
      const out: { start: number; size: number }[] = []
      for (const step of moves) {
        if ('take' in step) {
          const start = allocator.take(step.take)
          if (start === undefined) continue
          const size = allocator.sizeFor(step.take)
          expect(size).toBeGreaterThanOrEqual(step.take)
          expect(start % size).toBe(0)
          expect(start + size).toBeLessThanOrEqual(1024)
          for (const other of out) {
            expect(start + size <= other.start || other.start + other.size <= start).toBe(true)
          }
          out.push({ start, size })
        } else if (out.length > 0) {
          const [range] = out.splice(step.giveBack % out.length, 1)
          if (range !== undefined) allocator.giveBack(range.start)
        }
        expect(allocator.takenBytes).toBe(out.reduce((sum, { size }) => sum + size, 0))
      }
      for (const { start } of out) allocator.giveBack(start)
      expect(allocator.take(1024)).toBe(0)
    }),
  )
})

test('refuses only when no range is large enough', () => {
  const allocator = new BuddyAllocator(64, 16)
  expect([allocator.take(16), allocator.take(32), allocator.take(32), allocator.take(16)]).toEqual([
    0,
    32,
    undefined,
    16,
  ])
  expect(allocator.take(16)).toBeUndefined()
  expect(new BuddyAllocator(64, 16).take(65)).toBeUndefined()
})

test('the lowest free range goes out first, for its pages are warm', () => {
  const allocator = new BuddyAllocator(128, 16)
  const starts = [allocator.take(16), allocator.take(16), allocator.take(16)] as number[]
  allocator.giveBack(starts[2] as number)
  allocator.giveBack(starts[0] as number)
  expect(allocator.take(16)).toBe(0)
})

test('a range can be given back once only', () => {
  const allocator = new BuddyAllocator(64, 16)
  const start = allocator.take(16) as number
  allocator.giveBack(start)
  expect(() => allocator.giveBack(start)).toThrow(/is out/)
})
