/**
 * What the manifest knows about a segment. Plain data: it is written into the manifest and passed between
 * threads. Size and checksum are how an emptied, swapped or stale file is found at its first use.
 */
import type { SequenceNumber } from '../entry/entry.ts'

export interface SegmentMeta {
  /** The number in the file's name; never used twice in the life of a store. */
  readonly number: number
  /** Length of the file. */
  readonly sizeBytes: number
  /** XXH64 over every checksum in the file, in the order of the file; two unsigned 32-bit halves. */
  readonly checksum: { readonly high: number; readonly low: number }
  /** Entries, older versions and tombstones included. */
  readonly entryCount: number
  readonly tombstoneCount: number
  /** Different keys. */
  readonly keyCount: number
  readonly blockCount: number
  /** Sum of the lengths of the keys of all entries. */
  readonly keyBytes: number
  /** Sum of the lengths of all values. */
  readonly valueBytes: number
  readonly smallestKey: Uint8Array
  readonly largestKey: Uint8Array
  readonly smallestSequence: SequenceNumber
  readonly largestSequence: SequenceNumber
}
