/** What every block gets last, whoever laid it out: it is compressed where that is wanted, and then its checksum. */
import { hashResult } from '../bytes/xxh64.ts'
import { hashBlock } from './block-check.ts'
import type { BlockMemory } from './block-memory.ts'
import { compressBlock } from './compressed-block.ts'
import type { SegmentSettings } from './segment-settings.ts'

/**
 * Seals the plain block of `sizeBytes` at `at`, which comes to `offset` in segment `number`. Returns how long it is
 * then; its checksum is in `hashResult`, too.
 */
export function sealBlock(
  memory: BlockMemory,
  at: number,
  sizeBytes: number,
  compression: SegmentSettings['compression'],
  number: number,
  offset: number,
): number {
  const length = compression === 'lz4' ? compressBlock(memory, at, sizeBytes) : sizeBytes
  hashBlock(memory, at, length, number, offset)
  memory.words[at >>> 2] = hashResult.low
  memory.words[(at >>> 2) + 1] = hashResult.high
  return length
}
