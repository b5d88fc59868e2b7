/** Metadata of segments that exist on no disk, for tests of what decides by metadata alone. */
import fc from 'fast-check'
import type { SegmentMeta } from '../../src/segment/segment-meta.ts'

const utf8 = new TextEncoder()

/** A segment from key to key; everything else is plain and can be said. */
export function segmentMeta(
  number: number,
  smallestKey: string,
  largestKey: string,
  rest: Partial<SegmentMeta> = {},
): SegmentMeta {
  const entryCount = rest.entryCount ?? 10
  return {
    number,
    sizeBytes: 1000,
    checksum: { high: 0, low: number },
    entryCount,
    tombstoneCount: 0,
    keyCount: entryCount,
    blockCount: 1,
    keyBytes: 100,
    valueBytes: 100,
    smallestKey: utf8.encode(smallestKey),
    largestKey: utf8.encode(largestKey),
    smallestSequence: 1,
    largestSequence: 100,
    ...rest,
  }
}

/** Any metadata that a manifest may hold; its key interval may be upside down. */
export const anySegmentMeta: fc.Arbitrary<SegmentMeta> = fc.record({
  number: fc.maxSafeNat(),
  sizeBytes: fc.maxSafeNat(),
  checksum: fc.record({ high: fc.nat(0xffff_ffff), low: fc.nat(0xffff_ffff) }),
  entryCount: fc.maxSafeNat(),
  tombstoneCount: fc.maxSafeNat(),
  keyCount: fc.maxSafeNat(),
  blockCount: fc.maxSafeNat(),
  keyBytes: fc.maxSafeNat(),
  valueBytes: fc.maxSafeNat(),
  smallestKey: fc.uint8Array({ maxLength: 40 }),
  largestKey: fc.uint8Array({ maxLength: 40 }),
  smallestSequence: fc.nat(0xffff_ffff),
  largestSequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
})
