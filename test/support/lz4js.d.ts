/** As much of lz4js as the tests use; it has no types of its own. */
declare module 'lz4js' {
  /** Returns where the output ends. */
  export function decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    targetStart: number,
  ): number
  /** Returns the length of the output, 0 where it would be longer than the input. */
  export function compressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceStart: number,
    sourceLength: number,
    hashTable: Uint32Array,
  ): number
}
