/** Bytes of src/kernel/table-layout.ts, which says what they are; both kernels find the same tables. */

// The arena's header.
export const baseSequenceByte: u32 = 8
export const rootByte: u32 = 16
export const heightByte: u32 = 20
export const nodeTopByte: u32 = 24
export const appendOffsetByte: u32 = 28
export const entryCountByte: u32 = 32
export const tombstoneCountByte: u32 = 36
export const keyCountByte: u32 = 40
export const leafCountByte: u32 = 44
export const innerCountByte: u32 = 48
export const changeCountByte: u32 = 52
export const filterOffsetByte: u32 = 56
export const filterBlockCountByte: u32 = 60
export const smallestDeltaByte: u32 = 64
export const largestDeltaByte: u32 = 68
export const visibleDeltaByte: u32 = 72
export const firstLeafByte: u32 = 76
export const lastLeafByte: u32 = 80

export const filterProbeCount: u32 = 4

// A node's header.
export const nodeCountByte: u32 = 0
export const nextLeafByte: u32 = 4
export const previousLeafByte: u32 = 8
export const prefixLengthByte: u32 = 12
export const prefixEntryByte: u32 = 16
export const inlinePrefixByte: u32 = 32
export const inlinePrefixLengthMax: u32 = 32

// A node's columns.
export const slotCountMax: u32 = 64
export const splitSlot: u32 = 32
export const columnSizeBytes: u32 = 256
export const highColumn: u32 = 64
export const lowColumn: u32 = 320
export const entryColumn: u32 = 576
export const childColumn: u32 = 832
export const leafSizeBytes: u32 = 832
export const innerSizeBytes: u32 = 1088

// An entry's header.
export const previousByte: u32 = 0
export const sequenceDeltaByte: u32 = 4
export const keyLengthByte: u32 = 8
export const kindByte: u32 = 10
export const flagsByte: u32 = 11
export const valueLengthByte: u32 = 12
export const entryHeaderSizeBytes: u32 = 16
export const kindTombstone: u32 = 2
export const asciiValueFlag: u32 = 2

/** A walk reads a word of so many entries ahead. */
export const touchedSlotCount: u32 = 8

// What gathering leaves: src/kernel/memory-layout.ts.
export const gatheredEndByte: u32 = 0
export const gatheredSlotByte: u32 = 4
export const gatheredEntryByte: u32 = 8
export const gatheredLargeByte: u32 = 12
export const touchedByte: u32 = 16

// A record: src/kernel/merge-layout.ts.
export const recordFlagsByte: u32 = 8
export const recordKeyLengthByte: u32 = 12
export const recordValueLengthByte: u32 = 16
export const recordHeaderSizeBytes: u32 = 24
export const recordAsciiValue: u32 = 0x10
export const recordValueElsewhere: u32 = 0x100
