/**
 * What lies where in the memory of the merge kernel: the numbers of assembly/merge/layout.ts, as far as the
 * owner of a merge needs them. All are in bytes from the start of the memory.
 */

/** Control words. */
export const Control = {
  hashLow: 0x00,
  hashHigh: 0x04,
  sourceIndex: 0x08,
  answer: 0x0c,
  sourceCount: 0x10,
  sources: 0x14,
  order: 0x18,
  liveSequences: 0x1c,
  liveCount: 0x20,
  deeperRunCount: 0x24,
  boundaryLength: 0x28,
  blockSizeMax: 0x2c,
  segmentSizeMax: 0x30,
  blockCountMax: 0x34,
  output: 0x38,
  outputSize: 0x3c,
  outputUsed: 0x40,
  blockListCount: 0x44,
  keys: 0x48,
  keyCapacity: 0x4c,
  keyCount: 0x50,
  segmentNumber: 0x54,
  fileOffset: 0x58,
  isSegmentOpen: 0x5c,
  entryCount: 0x60,
  tombstoneCount: 0x64,
  keyBytes: 0x68,
  valueBytes: 0x70,
  smallestSequence: 0x78,
  largestSequence: 0x80,
  blockCount: 0x88,
  lastKeyLength: 0x8c,
  entriesRead: 0x90,
  entriesDropped: 0x94,
  entryBytes: 0x98,
  isCompressing: 0xa0,
  separatorsUsed: 0xa4,
} as const

export const noBoundary = 0xffff_ffff
export const lastKeyAt = 0x11100
export const boundaryKeyAt = 0x21200
export const blockListAt = 0x34000
/** From here on the owner decides what lies where. */
export const dynamicAt = 0x60000

/** A block that was laid out, in words: position in the file, its separator, flags, and where it lies. */
export const ListedBlock = {
  position: 0,
  separatorAt: 1,
  separatorLength: 2,
  flags: 3,
  blockAt: 4,
  wordCount: 5,
  continues: 1,
  large: 2,
} as const

/** A source. */
export const Source = {
  keyAt: 16,
  keyLength: 20,
  valueAt: 24,
  valueLength: 28,
  entryFlags: 32,
  windowAt: 36,
  windowEnd: 40,
  windowKind: 44,
  count: 52,
  ordinal: 56,
  isLast: 60,
  sizeBytes: 72,
  sequence: 8,
} as const

export const WindowKind = { blocks: 1, records: 2 } as const

/** An entry that the owner put together: header, key, value unless it stays elsewhere, padding to eight bytes. */
export const WindowRecord = {
  sequence: 0,
  flags: 8,
  keyLength: 12,
  valueLength: 16,
  headerSizeBytes: 24,
  /** As `BlockEntryFlag.asciiValue`. */
  asciiValue: 0x10,
  valueElsewhere: 0x100,
} as const

/** Bytes a key takes in the list of keys. */
export const listedKeySizeBytes = 12

/** Why the kernel stopped. */
export const MergeExit = {
  budgetUsed: 0,
  done: 1,
  windowNeeded: 2,
  outputFull: 3,
  keyListFull: 4,
  tombstoneAsked: 5,
  boundaryPassed: 6,
  segmentFull: 7,
  segmentNeeded: 8,
  largeEntry: 9,
  orderBroken: 10,
} as const
export type MergeExit = (typeof MergeExit)[keyof typeof MergeExit]
