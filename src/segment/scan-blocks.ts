/**
 * Finds the blocks of a segment one behind the other, without its block index. Where one is damaged, the next
 * place is searched at which an intact one starts. What `inspect` shows and what a repair salvages comes from here.
 */
import { UnsupportedFormatError } from '../errors.ts'
import { reasonOf } from '../fs/file-inspection.ts'
import { checkBlock, type PlainBlock, plainBlockOf } from './block-check.ts'
import type { BlockMemory } from './block-memory.ts'
import { BlockKind, blockHeaderSizeBytes, blockSizeBytesMax } from './segment-format.ts'

/** Blocks start and end on multiples of this. */
const alignmentBytes = 8
/** The word of a large block's header that holds its kind, one entry and no common prefix. */
const largeBlockShapes: readonly number[] = [0x0000_0102, 0x0000_0104]
const columnarKinds: readonly number[] = [BlockKind.columnar, BlockKind.compressedColumnar]

/** A block, or what lies between two of them. `unknown`: intact, but of a later release. */
export interface BlockStretch {
  readonly kind: 'intact' | 'damaged' | 'unknown'
  readonly offset: number
  readonly length: number
  /** Why it is not intact; else empty. */
  readonly reason: string
  /** An intact block as a plain one. */
  readonly plain?: PlainBlock
}

/**
 * The stretches from `start` to `end` of segment `number`, in their order, without a gap. `memory` holds the file.
 * Whatever does not end with an intact block before `end` is the last stretch.
 */
export function* scanBlocks(
  memory: BlockMemory,
  start: number,
  end: number,
  number: number,
  path: string,
): Generator<BlockStretch, void> {
  for (let offset = start; offset < end; ) {
    const found = stretchAt(memory, offset, end, number, path)
    const stretch = found.kind === 'damaged' ? widened(found, memory, end, number, path) : found
    yield stretch
    offset += stretch.length
  }
}

/** What starts at the offset; of a damaged stretch the length is not known yet. */
function stretchAt(
  memory: BlockMemory,
  offset: number,
  end: number,
  number: number,
  path: string,
): BlockStretch {
  const length = lengthAt(memory, offset, end)
  if (length === 0) return { kind: 'damaged', offset, length: end - offset, reason: 'no block starts here' }
  try {
    checkBlock(memory, offset, length, number, path, offset)
    return { kind: 'intact', offset, length, reason: '', plain: plainBlockOf(memory, offset, path, offset) }
  } catch (error) {
    const kind = error instanceof UnsupportedFormatError ? 'unknown' : 'damaged'
    return { kind, offset, length, reason: reasonOf(error) }
  }
}

/** The damaged stretch up to the next intact block, or to the end. */
function widened(
  stretch: BlockStretch,
  memory: BlockMemory,
  end: number,
  number: number,
  path: string,
): BlockStretch {
  let next = stretch.offset + alignmentBytes
  while (next < end && !isIntactBlock(memory, next, end, number, path)) next += alignmentBytes
  return { ...stretch, length: Math.min(next, end) - stretch.offset }
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
  const isColumnar = columnarKinds.includes(shape & 0xff) && length <= blockSizeBytesMax
  if (length === 0 || !(isColumnar || largeBlockShapes.includes(shape))) return false
  return stretchAt(memory, offset, end, number, path).kind === 'intact'
}

/** The length in the block's header, or 0 when no block can have it. */
function lengthAt(memory: BlockMemory, offset: number, end: number): number {
  if (offset + blockHeaderSizeBytes > end) return 0
  const length = memory.words[(offset >>> 2) + 3] as number
  const isPossible = length >= blockHeaderSizeBytes && length % alignmentBytes === 0 && length <= end - offset
  return isPossible ? length : 0
}
