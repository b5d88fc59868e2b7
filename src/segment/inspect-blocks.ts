/** Shows the blocks of a segment, as scan-blocks.ts finds them, with what is in each. */
import { createEntryView, EntryKind } from '../entry/entry.ts'
import type { FilePart } from '../fs/file-inspection.ts'
import type { BlockMemory } from './block-memory.ts'
import { BlockReader } from './block-reader.ts'
import { plainLengthOf } from './compressed-block.ts'
import { type BlockStretch, scanBlocks } from './scan-blocks.ts'
import { BlockKind } from './segment-format.ts'

/** The blocks from `start` to `end` of segment `number`, and what lies between them, as parts. */
export function inspectBlocks(
  memory: BlockMemory,
  start: number,
  end: number,
  number: number,
  path: string,
): FilePart[] {
  const reader = new BlockReader()
  const parts: FilePart[] = []
  for (const stretch of scanBlocks(memory, start, end, number, path)) parts.push(partOf(stretch, reader))
  return parts
}

function partOf({ kind, offset, length, reason, plain }: BlockStretch, reader: BlockReader): FilePart {
  if (kind !== 'intact' || plain === undefined) return { offset, length, kind, details: { reason } }
  reader.open(plain.memory, plain.at)
  const isLarge = (plain.memory.bytes[plain.at + 8] as number) === BlockKind.large
  const plainLength = plainLengthOf(plain.memory, plain.at)
  const expanded = plainLength === length ? {} : { compression: 'lz4', plainLength }
  const details = { ...describeBlock(reader), ...expanded }
  return { offset, length, kind: isLarge ? 'large block' : 'columnar block', details }
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
