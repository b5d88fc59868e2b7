/**
 * An entry is a key with a sequence number, a kind and, for a put, a value. It is what MemTables, Segments and
 * the log hold. Order of entries ("internal-key order"): keys ascending by unsigned bytes, and for one key the
 * newest (highest sequence number) first.
 */

/** What an entry says about its key. On disk: never renumber. Unknown kinds are refused by name. */
export const EntryKind = { put: 1, tombstone: 2 } as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** Bits of an entry's flags byte in the log. On disk: never renumber. */
export const EntryFlag = {
  /** The last entry of an atomic batch; a group's checksum makes it whole, this keeps its borders. */
  endOfBatch: 1,
  /** Every byte of the value is below 128, so that reading it as text needs no decoding. */
  asciiValue: 2,
} as const

/** The most bytes a key may have. */
export const keyLengthMax: number = 65_535
/** The most bytes a value may have: 64 MiB. */
export const valueLengthMax: number = 64 * 1024 * 1024
/** The most bytes a batch may have once encoded: 256 MiB. */
export const batchSizeBytesMax: number = 256 * 1024 * 1024

/**
 * The place of a write in the order of all writes: whole numbers from 1, each used once in the life of a store.
 * 48 bits on disk, a plain number here.
 */
export type SequenceNumber = number
export const sequenceNumberMax: SequenceNumber = 2 ** 48 - 1

/**
 * An entry where it lies: offsets into byte arrays that belong to somebody else. Valid until the owner moves
 * on; copy what must stay. The object itself is reused.
 */
export interface EntryView {
  keyBytes: Uint8Array
  keyStart: number
  keyLength: number
  valueBytes: Uint8Array
  valueStart: number
  valueLength: number
  sequenceNumber: SequenceNumber
  kind: EntryKind
  /** {@link EntryFlag.asciiValue} or 0. */
  flags: number
}

const noBytes = new Uint8Array(0)

/** An empty view to be filled by a lookup. One shape for all, so that hot code stays monomorphic. */
export function createEntryView(): EntryView {
  return {
    keyBytes: noBytes,
    keyStart: 0,
    keyLength: 0,
    valueBytes: noBytes,
    valueStart: 0,
    valueLength: 0,
    sequenceNumber: 0,
    kind: EntryKind.put,
    flags: 0,
  }
}
