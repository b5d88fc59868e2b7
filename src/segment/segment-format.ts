/**
 * The format of a segment file (`n.seg`). Multi-byte numbers are little endian; header, blocks, regions and
 * footer start on multiples of eight, and a *position* is an offset in the file divided by eight.
 *
 *     segment     = header block+ hash-index filter block-index properties footer
 *     header      = magic:8 format:u32 zero:u32 number:u64 checksum:u64                         32 bytes
 *     block       = columnar | large | compressed
 *     columnar    = block-header prefixHigh:u32[n] prefixLow:u32[n] sequenceDelta:u32[n] end:u16[n+1]
 *                   keyLength:u16[n] entryFlags:u8[n] (key value)[n] padding
 *     large       = block-header keyLength:u32 valueLength:u32 entryFlags:u8 zero:7 key value padding
 *     compressed  = block-header plainLength:u32 compressedLength:u32 LZ4-block padding     (compressed-block.ts)
 *     block-header= checksum:u64 kind:u8 count:u8 commonPrefixLength:u16 length:u32 baseSequence:u64   24 bytes
 *     hash-index  = slot:u32[slots] padding           (hash-index.ts)
 *     filter      = blocked Bloom filter              (bytes/blocked-bloom.ts)
 *     block-index = where blocks start, and with which keys    (block-index.ts)
 *     properties  = (number:u16 flags:u16 length:u32 bytes)*   (property-table.ts)
 *     footer      = see `encodeFooter`                                                        200 bytes
 *
 * Every byte is covered by an XXH64. Its seed is the low half of the segment's number (upper 32 bits) and the
 * position of what is covered (lower 32 bits), so that a block of another segment, of another place, or of an
 * earlier life of the same disk sector never passes. The checksum of header, block or footer covers all its
 * other bytes, padding included. The file's checksum is the XXH64 (seed: number, position 0) over all stored
 * checksums in the order of the file but the footer's; it is in the footer and in the manifest.
 *
 * `end[i]` is where entry i - 1 ends and entry i begins, counted from the start of the block. A prefix is the
 * eight bytes of the key after the block's common prefix, as a big-endian number, padded with zeros. A
 * sequence number is the block's base plus the entry's delta.
 */
import { EntryKind } from '../entry/entry.ts'

/** On disk: never renumber. */
export const segmentFormatNumber = 1
/** `VARVESEG`, as two little-endian words. On disk: never change. */
const segmentMagic: { readonly low: number; readonly high: number } = {
  low: 0x56524156,
  high: 0x47455345,
}

export const headerSizeBytes = 32
export const footerSizeBytes = 200

/** What a block holds; the last two are those before them, compressed. On disk: never renumber. */
export const BlockKind = { columnar: 1, large: 2, compressedColumnar: 3, compressedLarge: 4 } as const

export const blockHeaderSizeBytes = 24
/** Where the LZ4 block begins in a compressed block, from its start. */
export const compressedDataOffset = 32
/** Where keys begin in a large block, from its start. */
export const largeDataOffset = 40
/** The most entries a block may have, so that an ordinal and "no slot" fit a byte of the hash index. */
export const blockEntryCountMax = 255
/** The most bytes of a block that goes through the cache, and of any columnar block. */
export const blockSizeBytesMax = 4096
/** The newest version of every key starts in a block below this one. */
export const indexedBlockCountMax = 65_536

/** Bits of an entry's flags byte in a block; the four lowest are its {@link EntryKind}. On disk: never renumber. */
export const BlockEntryFlag = {
  kindMask: 0x0f,
  /** As `EntryFlag.asciiValue`. */
  asciiValue: 0x10,
  /** The entry is an older version of the key of the entry before it, maybe in the block before. */
  olderVersion: 0x80,
} as const

/** Size of the parts of a columnar block that do not hold keys and values. */
export function columnsSizeBytes(count: number): number {
  return blockHeaderSizeBytes + 17 * count + 2
}

/** Whether this release knows what the kind says. */
export function isKnownEntryKind(kind: number): boolean {
  return kind === EntryKind.put || kind === EntryKind.tombstone
}

/** Where a region lies and what its checksum is. */
export interface Region {
  readonly offset: number
  readonly length: number
  readonly checksumHigh: number
  readonly checksumLow: number
}

/** The footer's content; the counts are those of `SegmentMeta`. */
export interface Footer {
  readonly number: number
  readonly checksumHigh: number
  readonly checksumLow: number
  readonly hashIndex: Region
  readonly filter: Region
  readonly blockIndex: Region
  readonly properties: Region
  readonly entryCount: number
  readonly tombstoneCount: number
  readonly keyCount: number
  readonly blockCount: number
  readonly keyBytes: number
  readonly valueBytes: number
  readonly smallestSequence: number
  readonly largestSequence: number
}

/** Writes all of the header but its checksum at the start of `target`. */
export function encodeHeader(target: DataView, number: number): void {
  target.setUint32(0, segmentMagic.low, true)
  target.setUint32(4, segmentMagic.high, true)
  target.setUint32(8, segmentFormatNumber, true)
  target.setUint32(12, 0, true)
  setNumber(target, 16, number)
}

export function hasMagic(source: DataView, offset: number): boolean {
  return (
    source.getUint32(offset, true) === segmentMagic.low &&
    source.getUint32(offset + 4, true) === segmentMagic.high
  )
}

/** Where the format number is in the header, in every format. */
export const headerFormatOffset = 8
export const headerNumberOffset = 16
export const headerChecksumOffset = 24
export const footerMagicOffset = 192

/** Writes all of the footer but its own checksum, which is its first field, at the start of `target`. */
export function encodeFooter(target: DataView, footer: Footer): void {
  setNumber(target, 8, footer.number)
  target.setUint32(16, footer.checksumLow, true)
  target.setUint32(20, footer.checksumHigh, true)
  setRegion(target, 24, footer.hashIndex)
  setRegion(target, 48, footer.filter)
  setRegion(target, 72, footer.blockIndex)
  setRegion(target, 96, footer.properties)
  setNumber(target, 120, footer.entryCount)
  setNumber(target, 128, footer.tombstoneCount)
  setNumber(target, 136, footer.keyCount)
  setNumber(target, 144, footer.blockCount)
  setNumber(target, 152, footer.keyBytes)
  setNumber(target, 160, footer.valueBytes)
  setNumber(target, 168, footer.smallestSequence)
  setNumber(target, 176, footer.largestSequence)
  target.setUint32(184, segmentFormatNumber, true)
  target.setUint32(188, 0, true)
  target.setUint32(192, segmentMagic.low, true)
  target.setUint32(196, segmentMagic.high, true)
}

/** Reads a footer whose checksum was verified. */
export function decodeFooter(source: DataView): Footer {
  return {
    number: getNumber(source, 8),
    checksumLow: source.getUint32(16, true),
    checksumHigh: source.getUint32(20, true),
    hashIndex: getRegion(source, 24),
    filter: getRegion(source, 48),
    blockIndex: getRegion(source, 72),
    properties: getRegion(source, 96),
    entryCount: getNumber(source, 120),
    tombstoneCount: getNumber(source, 128),
    keyCount: getNumber(source, 136),
    blockCount: getNumber(source, 144),
    keyBytes: getNumber(source, 152),
    valueBytes: getNumber(source, 160),
    smallestSequence: getNumber(source, 168),
    largestSequence: getNumber(source, 176),
  }
}

/** Reads a whole number of 64 bits; above 2^53 it loses precision, which no valid file has. */
export function getNumber(source: DataView, offset: number): number {
  return source.getUint32(offset, true) + source.getUint32(offset + 4, true) * 0x1_0000_0000
}

function setNumber(target: DataView, offset: number, value: number): void {
  target.setUint32(offset, value % 0x1_0000_0000, true)
  target.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true)
}

function setRegion(target: DataView, offset: number, region: Region): void {
  setNumber(target, offset, region.offset)
  setNumber(target, offset + 8, region.length)
  target.setUint32(offset + 16, region.checksumLow, true)
  target.setUint32(offset + 20, region.checksumHigh, true)
}

function getRegion(source: DataView, offset: number): Region {
  return {
    offset: getNumber(source, offset),
    length: getNumber(source, offset + 8),
    checksumLow: source.getUint32(offset + 16, true),
    checksumHigh: source.getUint32(offset + 20, true),
  }
}
