/**
 * LZ4 by itself, for blocks that lie in a memory of JavaScript: the owner (src/kernel/compiled-lz4.ts) copies them in
 * and out. The merge kernel has the same two functions in its own memory.
 */

export { compress } from './compress'
export { decompress } from './decompress'
