/**
 * How many entries a columnar block has and how long it is, in 16 bits. The cache has it for each frame side by side, near
 * the processor: so a lookup can say where in a block its entry lies before anything of the block itself was loaded.
 *
 *     shape = count:8 | (4096 - length) / 16, rounded down
 */
import type { BlockMemory } from './block-memory.ts'
import { blockSizeBytesMax } from './segment-format.ts'

/** The shape of the plain block at `at`, which is no longer than a frame. */
export function shapeOf({ words }: BlockMemory, at: number): number {
  const wordAt = at >>> 2
  const count = ((words[wordAt + 2] as number) >>> 8) & 0xff
  return (count << 8) | ((blockSizeBytesMax - (words[wordAt + 3] as number)) >>> 4)
}

export function countIn(shape: number): number {
  return shape >>> 8
}

/** At most 15 bytes too long. */
export function lengthIn(shape: number): number {
  return blockSizeBytesMax - ((shape & 0xff) << 4)
}
