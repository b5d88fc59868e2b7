/**
 * A Bloom filter whose probes for one key all fall into one block of 64 bytes, so that a lookup costs one cache
 * miss. It lies in a range of 32-bit words that somebody else owns: part of an arena or of a file. Part of the
 * format on disk: never change it.
 *
 * A filter is `blockCount` blocks of 16 words (little endian on disk). For a key hash (`key-hash.ts`), with
 * `*` modulo 2^32 where it says so:
 *
 *     block = floor(high * blockCount / 2^32)                 (high unsigned, exact)
 *     g = low, then for each of the probes:  bit = g >>> 23,  g = g * 0x9e3779b9 modulo 2^32
 *
 * and bit number `bit` of the block is bit `bit & 31` of its word `bit >>> 5`. The choice of bits is that of
 * RocksDB's FastLocalBloom.
 */

export const bloomBlockSizeBytes = 64
const blockWordCount = 16
/** The most blocks a filter may have (64 MiB), so that picking a block stays exact in a double. */
const bloomBlockCountMax: number = 2 ** 20
export const bloomProbeCountMax = 16

/** Blocks needed for `keyCount` keys at `bitsPerKey`; at least one. */
export function bloomBlockCountFor(keyCount: number, bitsPerKey: number): number {
  const blockCount = Math.ceil((keyCount * bitsPerKey) / (bloomBlockSizeBytes * 8))
  return Math.min(Math.max(blockCount, 1), bloomBlockCountMax)
}

/** The number of probes with the fewest false positives: a little under `bitsPerKey * ln 2`, as blocks fill unevenly. */
export function bloomProbeCountFor(bitsPerKey: number): number {
  return Math.min(Math.max(Math.round(bitsPerKey * 0.6), 1), bloomProbeCountMax)
}

/** Adds a key's hash to the filter of `blockCount` blocks that begins at `startWord`. */
export function addToBloom(
  words: Int32Array,
  startWord: number,
  blockCount: number,
  probeCount: number,
  hashHigh: number,
  hashLow: number,
): void {
  const block = startWord + blockOf(hashHigh, blockCount) * blockWordCount
  let g = hashLow
  for (let probe = 0; probe < probeCount; probe += 1) {
    const bit = g >>> 23
    const word = block + (bit >>> 5)
    words[word] = (words[word] as number) | (1 << (bit & 31))
    g = Math.imul(g, 0x9e3779b9)
  }
}

/** Whether a key with this hash may have been added; `false` is certain. */
export function bloomMayContain(
  words: Int32Array,
  startWord: number,
  blockCount: number,
  probeCount: number,
  hashHigh: number,
  hashLow: number,
): boolean {
  const block = startWord + blockOf(hashHigh, blockCount) * blockWordCount
  let g = hashLow
  for (let probe = 0; probe < probeCount; probe += 1) {
    const bit = g >>> 23
    if (((words[block + (bit >>> 5)] as number) & (1 << (bit & 31))) === 0) return false
    g = Math.imul(g, 0x9e3779b9)
  }
  return true
}

function blockOf(hashHigh: number, blockCount: number): number {
  return Math.floor(((hashHigh >>> 0) * blockCount) / 0x1_0000_0000)
}
