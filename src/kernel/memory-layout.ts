/**
 * What lies where in a shared memory, before the arenas:
 *
 *     0       magic, then the size of the scratch space, one word each
 *     64      key of the thread that made the memory: keys are copied here to be looked up
 *     65,600  key of the one other thread that is attached to the memory
 *     131,136 records that are put together for a merge: one half for the thread that made the memory, one for the
 *             other, up to the end of the scratch space
 *     …       arenas
 *
 * Two threads look keys up in the same memory at the same time, each with its own instance of the kernel, and flush arenas
 * in it, so each has its own place for keys and for records.
 */

/** "VMEM", little endian. */
export const memoryMagic = 0x4d454d56
export const memoryMagicWord = 0
export const scratchSizeWord = 1

/** A key and a little more, so that whole words may be read past its end. */
const keySpaceBytes = 65_536
export const ownerKeyPosition = 64
export const visitorKeyPosition: number = ownerKeyPosition + keySpaceBytes
export const recordSpacePosition: number = visitorKeyPosition + keySpaceBytes

/** What gathering leaves at the start of a space for records, a word each (others are its own): where they end in the memory, */
export const gatheredEndWord = 0
/** the slot to go on with or 0, */
export const gatheredSlotWord = 1
/** the entry in it to go on with, 0 for its newest, */
export const gatheredEntryWord = 2
/** and the entry, 0 for none, whose value stayed where it is. */
export const gatheredLargeWord = 3
/** The records begin here. */
export const gatheredHeaderSizeBytes = 64

/** Scratch space of a pooled memory: 4 MiB. */
export const pooledScratchSizeBytes: number = 4 * 1024 * 1024
/** Scratch space of a memory made for one oversize batch. */
export const ownScratchSizeBytes: number = 512 * 1024
