/**
 * The kernel: the few loops that are worth writing for the machine, over one shared memory. Its functions take
 * and give numbers only, so that an implementation in WebAssembly can stand in for the plain one.
 *
 * A *position* is in bytes from the start of the memory (keys to look up, ranges to hash); an *offset* is in
 * bytes from the start of an arena, which begins at position `base` (entries, nodes). A *slot position* is an
 * offset too: that of a leaf plus the number of one of its slots. 0 means "none" for all offsets. Positions of
 * keys must be multiples of four, and words may be read a little past a key's end.
 *
 * One instance serves one memory and one thread. `memory-layout.ts` says what lies in a memory,
 * `table-layout.ts` what lies in an arena.
 */
export interface Kernel {
  readonly buffer: SharedArrayBuffer
  /** The whole memory. */
  readonly bytes: Uint8Array
  /** The whole memory as words. */
  readonly words: Int32Array
  /** Where this instance wants keys that are to be looked up: room for `keyLengthMax` bytes. */
  readonly keyPosition: number
  /** Where this instance puts records together, and how much room it has there; `memory-layout.ts` says what it leaves. */
  readonly recordsPosition: number
  readonly recordsSizeBytes: number

  /** Makes an empty table of the `sizeBytes` at `base`, both multiples of 64. `isZeroed`: they are zero already. */
  createTable(base: number, sizeBytes: number, isZeroed: boolean): void
  /**
   * Enters complete entries into filter and tree, counts them, and links each to the previous entry of its key:
   * those that lie one behind the other from `from` on and begin before `to`. Returns where the last one ends.
   * Entries come in the order of their sequence numbers. There must be room (`tree-room.ts`).
   */
  insertRange(base: number, from: number, to: number): number
  /** Whether the table's filter may hold a key with this hash; `false` is certain. */
  mayContain(base: number, hashHigh: number, hashLow: number): boolean
  /** The newest entry of a key with a sequence delta up to `deltaLimit`, or 0. */
  findEntry(base: number, keyPosition: number, keyLength: number, deltaLimit: number): number
  /** From an entry back along the older ones of its key: the first with a delta up to `deltaLimit`, or 0. */
  versionAt(base: number, entry: number, deltaLimit: number): number

  /** The slot position of the smallest key, or 0. */
  firstPosition(base: number): number
  lastPosition(base: number): number
  /** The slot position of the first key at or after (`strict`: after) the given one, or 0. */
  positionAtOrAfter(base: number, keyPosition: number, keyLength: number, strict: boolean): number
  /** The slot position of the last key at or before (`strict`: before) the given one, or 0. */
  positionAtOrBefore(base: number, keyPosition: number, keyLength: number, strict: boolean): number
  nextPosition(base: number, slotPosition: number): number
  previousPosition(base: number, slotPosition: number): number
  /** The newest entry of the key in a slot. */
  entryAt(base: number, slotPosition: number): number

  /**
   * Puts the table's entries together for a merge (`gather-records.ts`), all versions of all keys in order, from the
   * given slot position and entry on, as many as fit into `sizeBytes`.
   */
  gatherRecords(base: number, slotPosition: number, entry: number, sizeBytes: number, lengthMax: number): void

  /**
   * XXH64 of a range of the memory, written to `target` as a little-endian number. `start` and `target` are
   * multiples of four.
   */
  writeHash(start: number, end: number, seedHigh: number, seedLow: number, target: number): void
}
