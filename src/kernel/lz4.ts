/**
 * LZ4 blocks: what compresses the blocks of segments. The format is the public LZ4 block format by Yann Collet; what
 * is written here, every LZ4 reads, and the other way round. Which bytes are written is settled, too: the compiled
 * codec and its plain twin write the same.
 */
import { createCompiledLz4 } from './compiled-lz4.ts'
import { isPlainKernelWanted } from './kernel-choice.ts'
import { PlainLz4 } from './plain-lz4.ts'

/** Sources and targets may overlap. */
export interface Lz4 {
  /**
   * Compresses `source` from `start` to `end` (exclusive) to `at` in `target`; returns how many bytes that takes, or 0
   * and leaves `target` alone where it is more than `limit`.
   */
  compress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    limit: number,
  ): number
  /**
   * Decompresses `source` from `start` to `end` to the `length` bytes at `at` in `target`. `false` unless that is a
   * whole block of exactly so many bytes; what is in the target then is undefined, beside it nothing has changed.
   */
  decompress(
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    at: number,
    length: number,
  ): boolean
}

let chosen: Lz4 | undefined

/** The codec of this thread: the compiled one where the platform has it and `VARVE_KERNEL` is not `js`. */
export function lz4(): Lz4 {
  chosen ??= (isPlainKernelWanted() ? undefined : createCompiledLz4()) ?? new PlainLz4()
  return chosen
}
