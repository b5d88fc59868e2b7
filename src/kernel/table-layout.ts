/**
 * What lies where in an arena that holds a MemTable. Every offset is relative to the arena, so that a table
 * reads the same from any thread; 0 stands for "none", as the header is there.
 *
 *     header | filter | entries, growing up →  …  ← tree nodes, growing down
 *
 * A node is a header of 64 bytes and columns of 64 slots: upper and lower half of each slot's key prefix
 * (`prefix.ts`, biased for signed comparison), the offset of the slot's entry, and in inner nodes the child.
 * A leaf has one slot a key, which names the newest entry of that key. An inner node has one slot a child, and
 * the slot's entry is the separator: keys at or after it are in this child. Slot 0 has no separator, only a
 * child. The prefixes of a node are taken after `prefixLength` bytes that all its keys have in common; the
 * first 32 of those lie in the header, and all of them in the key of `prefixEntry`.
 */

// Words of the arena's header.
/** "VMT1", little endian. */
export const tableMagic = 0x31544d56
export const magicWord = 0
export const sizeWord = 1
export const baseSequenceLowWord = 2
export const baseSequenceHighWord = 3
export const rootWord = 4
/** Inner levels above the leaves. */
export const heightWord = 5
/** Where the lowest node begins; entries must stay below. */
export const nodeTopWord = 6
/** Where the next entry goes. */
export const appendOffsetWord = 7
export const entryCountWord = 8
export const tombstoneCountWord = 9
/** Distinct keys, which is slots in leaves. */
export const keyCountWord = 10
export const leafCountWord = 11
export const innerCountWord = 12
/** Goes up whenever a slot moves: what a cursor remembers of the tree is then worthless. */
export const changeCountWord = 13
export const filterOffsetWord = 14
export const filterBlockCountWord = 15
export const smallestDeltaWord = 16
export const largestDeltaWord = 17
/** No read sees an entry with a larger sequence delta; -1 hides all. */
export const visibleDeltaWord = 18
export const firstLeafWord = 19
export const lastLeafWord = 20

export const tableHeaderSizeBytes = 128
/** One part in so many of an arena is its filter. */
export const filterShare = 64
/** With one in 64 of the arena, 100-byte values leave about 19 bits a key, empty ones about 6: a compromise. */
export const filterProbeCount = 4

// Words of a node's header.
export const nodeCountWord = 0
export const nextLeafWord = 1
export const previousLeafWord = 2
export const nodePrefixLengthWord = 3
export const nodePrefixEntryWord = 4
export const inlinePrefixWord = 8
/** So much of a node's common prefix is kept in the node itself. */
export const inlinePrefixLengthMax = 32

/** Slots of a node. A power of two: the slot fits into the low bits of a node's offset. */
export const slotCountMax = 64
export const slotMask: number = slotCountMax - 1
/** What a node keeps at least when it splits in the middle. */
export const splitSlot: number = slotCountMax / 2

// Columns of a node, in words from its beginning.
export const highColumn = 16
export const lowColumn: number = highColumn + slotCountMax
export const entryColumn: number = lowColumn + slotCountMax
export const childColumn: number = entryColumn + slotCountMax

export const leafSizeBytes: number = childColumn * 4
export const innerSizeBytes: number = (childColumn + slotCountMax) * 4
/** Everything in an arena that is not an entry begins on a multiple of this. */
export const nodeAlignmentBytes = 64

// Bytes of an entry's header (`src/entry/entry-layout.ts` has the whole of it).
export const previousByte = 0
export const sequenceDeltaByte = 4
export const keyLengthByte = 8
export const kindByte = 10
export const flagsByte = 11
export const valueLengthByte = 12
export const entryHeaderSizeBytes = 16
/** `EntryFlag.asciiValue`. */
export const asciiValueFlag = 2
/** `EntryKind.tombstone`, which tables count. */
export const tombstoneKind = 2
