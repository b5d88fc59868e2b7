/**
 * What lies where in a shared memory, before the arenas:
 *
 *     0       magic, then the size of the scratch space, one word each
 *     64      key of the thread that made the memory: keys are copied here to be looked up
 *     65,600  key of the one other thread that is attached to the memory
 *     131,136 output space, up to the end of the scratch space
 *     …       arenas
 *
 * Two threads look keys up in the same memory at the same time, each with its own instance of the kernel, so
 * each has its own place for the key. Output space belongs to whoever runs the flush.
 */

/** "VMEM", little endian. */
export const memoryMagic = 0x4d454d56
export const memoryMagicWord = 0
export const scratchSizeWord = 1

/** A key and a little more, so that whole words may be read past its end. */
const keySpaceBytes = 65_536
export const ownerKeyPosition = 64
export const visitorKeyPosition: number = ownerKeyPosition + keySpaceBytes
export const outputPosition: number = visitorKeyPosition + keySpaceBytes

/** Scratch space of a pooled memory: 4 MiB. */
export const pooledScratchSizeBytes: number = 4 * 1024 * 1024
/** Scratch space of a memory made for one oversize batch. */
export const ownScratchSizeBytes: number = 256 * 1024
