/**
 * What lies where in the memory of the merge kernel. The owner (src/kernel/merge-machine.ts has the same numbers)
 * writes settings and answers into the control words and reads counts from them; sources, output and the list of
 * keys lie behind `dynamicAt`, where the owner puts them.
 */

// Control words, by their position.
export const hashResultAt: u32 = 0x00
/** After an exit: the number of the source it is about. */
export const sourceIndexAt: u32 = 0x08
/** The owner's answer to a question: 1 is yes. */
export const answerAt: u32 = 0x0c
export const sourceCountAt: u32 = 0x10
export const sourcesAt: u32 = 0x14
export const orderAt: u32 = 0x18
export const liveSequencesAt: u32 = 0x1c
export const liveCountAt: u32 = 0x20
/** 0: nothing deeper can hold a key, so tombstones go without a question. */
export const deeperRunCountAt: u32 = 0x24
/** Length of the key at `boundaryKeyAt`, or `noBoundary`. */
export const boundaryLengthAt: u32 = 0x28
export const blockSizeMaxAt: u32 = 0x2c
export const segmentSizeMaxAt: u32 = 0x30
export const blockCountMaxAt: u32 = 0x34
export const outputAt: u32 = 0x38
export const outputSizeAt: u32 = 0x3c
export const outputUsedAt: u32 = 0x40
export const blockListCountAt: u32 = 0x44
export const keysAt: u32 = 0x48
export const keyCapacityAt: u32 = 0x4c
// Of the open segment.
export const keyCountAt: u32 = 0x50
export const segmentNumberAt: u32 = 0x54
export const fileOffsetAt: u32 = 0x58
export const isSegmentOpenAt: u32 = 0x5c
export const entryCountAt: u32 = 0x60
export const tombstoneCountAt: u32 = 0x64
export const keyBytesAt: u32 = 0x68
export const valueBytesAt: u32 = 0x70
export const smallestSequenceAt: u32 = 0x78
export const largestSequenceAt: u32 = 0x80
export const blockCountAt: u32 = 0x88
export const lastKeyLengthAt: u32 = 0x8c
// Of the whole merge.
export const entriesReadAt: u32 = 0x90
export const entriesDroppedAt: u32 = 0x94
export const entryBytesAt: u32 = 0x98
/** 1: blocks of the output are compressed where that saves enough. */
export const isCompressingAt: u32 = 0xa0
/** Bytes of the separators of listed blocks. */
export const separatorsUsedAt: u32 = 0xa4

export const noBoundary: u32 = 0xffffffff

// Fixed places, with a little room behind each, so that whole words may be copied.
/** The key met last, whether it was written or not. */
export const seenKeyAt: u32 = 0x1000
/** The key written last. */
export const lastKeyAt: u32 = 0x11100
export const boundaryKeyAt: u32 = 0x21200
/** Keys and values of the block being filled. */
export const blockDataAt: u32 = 0x31400
export const startsAt: u32 = 0x32500
export const keyLengthsAt: u32 = 0x32800
export const flagsAt: u32 = 0x32b00
export const sequencesAt: u32 = 0x32d00
/** The blocks laid out since the owner took the output, one record each. */
export const blockListAt: u32 = 0x34000
export const blockListCountMax: u32 = 4096
/** The table of the compressor. */
export const compressionTableAt: u32 = 0x48000
/** A block that is being compressed or expanded. */
export const stagingAt: u32 = 0x4c000
/** The separators of the blocks in the list, but for large ones. */
export const separatorsAt: u32 = 0x4e000
export const separatorsSizeBytes: u32 = 0x10000

// A record of the block list.
export const listedPositionByte: u32 = 0
export const listedSeparatorAtByte: u32 = 4
export const listedSeparatorLengthByte: u32 = 8
export const listedFlagsByte: u32 = 12
export const listedBlockAtByte: u32 = 16
export const listedBlockSizeBytes: u32 = 20
export const listedContinues: u32 = 1
export const listedLarge: u32 = 2

// A source. Sources lie one behind the other, newest first.
export const prefixByte: u32 = 0
export const sequenceByte: u32 = 8
export const keyAtByte: u32 = 16
export const keyLengthByte: u32 = 20
export const valueAtByte: u32 = 24
export const valueLengthByte: u32 = 28
export const entryFlagsByte: u32 = 32
export const windowAtByte: u32 = 36
export const windowEndByte: u32 = 40
export const windowKindByte: u32 = 44
export const blockAtByte: u32 = 48
export const countByte: u32 = 52
export const ordinalByte: u32 = 56
/** Set by the owner: no window follows. */
export const isLastByte: u32 = 60
export const baseSequenceByte: u32 = 64
export const sourceSizeBytes: u32 = 72

/** A window holds columnar blocks as they are in files, or records put together by the owner. */
export const windowOfBlocks: u32 = 1
export const windowOfRecords: u32 = 2

// A record: header, key, value (unless it is left out), padding up to a multiple of eight.
export const recordSequenceByte: u32 = 0
export const recordFlagsByte: u32 = 8
export const recordKeyLengthByte: u32 = 12
export const recordValueLengthByte: u32 = 16
export const recordHeaderSizeBytes: u32 = 24

// Flags of an entry: those of a block, and one for records.
export const kindMask: u32 = 0x0f
export const tombstone: u32 = 2
export const olderVersion: u32 = 0x80
/** The value is not in the record: the owner has it. */
export const valueElsewhere: u32 = 0x100

// Blocks (src/segment/segment-format.ts).
export const blockHeaderSizeBytes: u32 = 24
export const columnarKind: u32 = 1
/** What compressing adds to a kind. */
export const compressedKindStep: u32 = 2
export const compressedDataOffset: u32 = 32
export const plainLengthByte: u32 = 24
export const compressedLengthByte: u32 = 28
export const blockEntryCountMax: u32 = 255

export function columnsSize(count: u32): u32 {
  return blockHeaderSizeBytes + 17 * count + 2
}

export function aligned(size: u32): u32 {
  return (size + 7) & ~7
}
