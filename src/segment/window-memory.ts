/**
 * Memory for single blocks, cut from larger pieces: allocating 4 KB costs over a microsecond, a cut a tenth of
 * it. A piece lives as long as anything that was cut from it.
 */
import { BlockMemory, noMemory } from './block-memory.ts'
import { blockSizeBytesMax } from './segment-format.ts'

/** A part of a memory that belongs to one owner. */
export interface MemoryCut {
  readonly memory: BlockMemory
  /** Where in `memory` the part begins. */
  readonly at: number
}

const pieceSizeBytes = 16 * blockSizeBytesMax

let piece = noMemory
let usedBytes = 0

/** Memory for one block of up to 4 KB; its content is undefined. */
export function cutBlockMemory(): MemoryCut {
  if (usedBytes + blockSizeBytesMax > piece.bytes.length) {
    piece = new BlockMemory(pieceSizeBytes)
    usedBytes = 0
  }
  const at = usedBytes
  usedBytes += blockSizeBytesMax
  return { memory: piece, at }
}
