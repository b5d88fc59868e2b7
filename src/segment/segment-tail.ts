/**
 * The end of a segment file: hash index, filter, block index, properties and footer, written in that order when
 * all blocks are there. Runs in steps, since building the tables of half a million keys takes a while.
 */
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { hashAt } from './block-check.ts'
import type { BlockIndexWriter } from './block-index.ts'
import { BlockMemory } from './block-memory.ts'
import type { GrowableWords } from './growable-words.ts'
import type { KeyTables } from './key-tables.ts'
import { encodeProperties, PropertyNumber } from './property-table.ts'
import { encodeFooter, footerSizeBytes, type Region } from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'
import type { SegmentOutput } from './segment-output.ts'
import type { SegmentSettings } from './segment-settings.ts'
import { giveBuffer } from './spare-buffers.ts'

/** What the writer gathered. */
export interface SegmentTail {
  readonly number: number
  readonly settings: SegmentSettings
  readonly blockIndex: BlockIndexWriter
  readonly keys: KeyTables
  /** Low and high halves of the checksums so far, in turn; those of the regions are added. */
  readonly checksums: GrowableWords
  readonly counts: Omit<SegmentMeta, 'number' | 'sizeBytes' | 'checksum' | 'keyCount' | 'blockCount'>
}

/** Writes the tail and syncs the file; the caller may pause at each `yield`. */
export function* writeTail(output: SegmentOutput, tail: SegmentTail): Generator<void, SegmentMeta> {
  const blocksEnd = output.offset
  const { number, checksums, keys, counts } = tail
  const hashIndex = writeTable(output, tail, yield* keys.buildHashIndex())
  yield
  const filter = writeTable(output, tail, yield* keys.buildFilter())
  yield
  const index = tail.blockIndex.encode(blocksEnd / 8, counts.smallestKey, counts.largestKey)
  const blockIndex = writeRegion(output, tail, index)
  giveBuffer(index.buffer)
  const properties = writeRegion(output, tail, encodeTailProperties(tail))

  const sums = new Uint8Array(checksums.words.buffer, 0, checksums.length * 4)
  xxh64(sums, 0, sums.length, number >>> 0, 0)
  const checksum = { high: hashResult.high, low: hashResult.low }
  const blockCount = tail.blockIndex.blockCount
  const footer = new DataView(new ArrayBuffer(footerSizeBytes))
  encodeFooter(footer, {
    number,
    checksumHigh: checksum.high,
    checksumLow: checksum.low,
    hashIndex,
    filter,
    blockIndex,
    properties,
    keyCount: keys.count,
    blockCount,
    ...counts,
  })
  const bytes = new Uint8Array(footer.buffer)
  hashAt(bytes, 8, bytes.length, number, output.offset)
  footer.setUint32(0, hashResult.low, true)
  footer.setUint32(4, hashResult.high, true)
  output.append(bytes)
  yield
  output.finish()
  return { number, sizeBytes: output.offset, checksum, keyCount: keys.count, blockCount, ...counts }
}

function encodeTailProperties({ counts, settings }: SegmentTail): BlockMemory {
  const blockSize = new Uint8Array(4)
  new DataView(blockSize.buffer).setUint32(0, settings.blockSizeBytes, true)
  const encoded = encodeProperties([
    { number: PropertyNumber.smallestKey, required: false, bytes: counts.smallestKey },
    { number: PropertyNumber.largestKey, required: false, bytes: counts.largestKey },
    { number: PropertyNumber.blockSizeBytes, required: false, bytes: blockSize },
  ])
  const memory = new BlockMemory(encoded.length)
  memory.bytes.set(encoded)
  return memory
}

/** Writes a region whose memory others may use then. */
function writeTable(output: SegmentOutput, tail: SegmentTail, memory: BlockMemory): Region {
  const region = writeRegion(output, tail, memory)
  tail.keys.takeBack(memory)
  return region
}

function writeRegion(output: SegmentOutput, tail: SegmentTail, { bytes }: BlockMemory): Region {
  const offset = output.offset
  hashAt(bytes, 0, bytes.length, tail.number, offset)
  const region = {
    offset,
    length: bytes.length,
    checksumHigh: hashResult.high,
    checksumLow: hashResult.low,
  }
  tail.checksums.push(hashResult.low)
  tail.checksums.push(hashResult.high)
  output.append(bytes)
  return region
}
