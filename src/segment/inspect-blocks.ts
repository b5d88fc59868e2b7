/**
 * Finds the blocks of a segment one behind the other, without its block index. Where one is damaged, the next
 * place is searched at which an intact one starts.
 */
import { createEntryView, EntryKind } from '../entry/entry.ts'
import { UnsupportedFormatError } from '../errors.ts'
import { type FilePart, reasonOf } from '../fs/file-inspection.ts'
import { checkBlock } from './block-check.ts'
import type { BlockMemory } from './block-memory.ts'
import { BlockReader } from './block-reader.ts'
import { BlockKind, blockHeaderSizeBytes, blockSizeBytesMax } from './segment-format.ts'

/** Blocks start and end on multiples of this. */
const alignmentBytes = 8
/** The word of a large block's header that holds kind 2, one entry and no common prefix. */
const largeBlockShape = 0x0000_0102

/**
 * The blocks from `start` to `end` of segment `number`, as parts. `memory` holds the file. Whatever does not end
 * with an intact block before `end` is the last part.
 */
export function inspectBlocks(
  memory: BlockMemory,
  start: number,
  end: number,
  number: number,
  path: string,
): FilePart[] {
  const parts: FilePart[] = []
  const reader = new BlockReader()
  for (let offset = start; offset < end; ) {
    const found = partAt(memory, offset, end, number, path, reader)
    const part = found.kind === 'damaged' ? widened(found, memory, end, number, path) : found
    parts.push(part)
    offset += part.length
  }
  return parts
}

/** What starts at the offset; of a damaged part the length is not known yet. */
function partAt(
  memory: BlockMemory,
  offset: number,
  end: number,
  number: number,
  path: string,
  reader: BlockReader,
): FilePart {
  const length = lengthAt(memory, offset, end)
  if (length === 0) {
    const reason = 'no block starts here'
    return { offset, length: end - offset, kind: 'damaged', details: { reason } }
  }
  try {
    checkBlock(memory, offset, length, number, path, offset)
  } catch (error) {
    const kind = error instanceof UnsupportedFormatError ? 'unknown' : 'damaged'
    return { offset, length, kind, details: { reason: reasonOf(error) } }
  }
  reader.open(memory, offset)
  const isLarge = (memory.bytes[offset + 8] as number) === BlockKind.large
  return { offset, length, kind: isLarge ? 'large block' : 'columnar block', details: describeBlock(reader) }
}

/** The damaged part up to the next intact block, or to the end. */
function widened(part: FilePart, memory: BlockMemory, end: number, number: number, path: string): FilePart {
  let next = part.offset + alignmentBytes
  while (next < end && !isIntactBlock(memory, next, end, number, path)) next += alignmentBytes
  return { ...part, length: Math.min(next, end) - part.offset }
}

/** Looks for the shapes that this release writes only, so that searching costs few checksums. */
function isIntactBlock(
  memory: BlockMemory,
  offset: number,
  end: number,
  number: number,
  path: string,
): boolean {
  const length = lengthAt(memory, offset, end)
  const shape = memory.words[(offset >>> 2) + 2] as number
  const isColumnar = (shape & 0xff) === BlockKind.columnar && length <= blockSizeBytesMax
  if (length === 0 || !(isColumnar || shape === largeBlockShape)) return false
  try {
    checkBlock(memory, offset, length, number, path, offset)
    return true
  } catch {
    return false
  }
}

/** The length in the block's header, or 0 when no block can have it. */
function lengthAt(memory: BlockMemory, offset: number, end: number): number {
  if (offset + blockHeaderSizeBytes > end) return 0
  const length = memory.words[(offset >>> 2) + 3] as number
  const isPossible = length >= blockHeaderSizeBytes && length % alignmentBytes === 0 && length <= end - offset
  return isPossible ? length : 0
}

function describeBlock(reader: BlockReader): Record<string, unknown> {
  const entry = createEntryView()
  const sequences = { smallestSequence: Number.POSITIVE_INFINITY, largestSequence: 0 }
  let tombstoneCount = 0
  let olderVersionCount = 0
  const keyOf = (ordinal: number): Uint8Array => {
    reader.view(ordinal, entry)
    return entry.keyBytes.slice(entry.keyStart, entry.keyStart + entry.keyLength)
  }
  for (let ordinal = 0; ordinal < reader.count; ordinal += 1) {
    reader.view(ordinal, entry)
    if (entry.kind === EntryKind.tombstone) tombstoneCount += 1
    if (reader.isOlderVersion(ordinal)) olderVersionCount += 1
    sequences.smallestSequence = Math.min(sequences.smallestSequence, entry.sequenceNumber)
    sequences.largestSequence = Math.max(sequences.largestSequence, entry.sequenceNumber)
  }
  const keys = { firstKey: keyOf(0), lastKey: keyOf(reader.count - 1) }
  return { entryCount: reader.count, tombstoneCount, olderVersionCount, ...keys, ...sequences }
}
