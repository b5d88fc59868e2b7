/**
 * Looks keys up in an open segment: by the hash index where it is loaded, else by filter and block index, and
 * on from the newest version of the key to the one that the reader may see.
 *
 * Synchronous and one at a time, so what a lookup asks for lies in fields while it runs. A lookup that needs a
 * block that is not in memory ends `pending` and is repeated by its caller.
 */
import type { EntryView, SequenceNumber } from '../entry/entry.ts'
import { BlockReader } from './block-reader.ts'
import { FindState } from './find-state.ts'
import { emptySlot, firstSlotOf, tagOf } from './hash-index.ts'
import type { KeyIndex } from './key-index.ts'
import type { OpenedSegment } from './opened-segment.ts'
import { UnfinishedLookups } from './unfinished-lookups.ts'

/** Instead of a block: hash index or filter. */
const keyIndexItself = -1

const noKey = new Uint8Array(0)

export class SegmentLookup {
  /** After `found`: the value may be kept without a copy. */
  foundDetached = false
  /** Of no meaning: what was touched, kept so that no compiler leaves it out. */
  touched = 0
  readonly #opened: OpenedSegment
  readonly #blockCount: number
  readonly #keyIndex: KeyIndex
  readonly #reader = new BlockReader()
  readonly #unfinished = new UnfinishedLookups()
  /** After `pending`: the block that is missing, or the index. */
  #missingBlock = keyIndexItself
  #key: Uint8Array = noKey
  #keyStart = 0
  #keyLength = 0
  #sequenceLimit: SequenceNumber = 0
  /** The reader's block is one that did not fit the cache. */
  #isPassing = false

  constructor(opened: OpenedSegment) {
    this.#opened = opened
    this.#blockCount = opened.blockIndex.blockCount
    this.#keyIndex = opened.keyIndex
  }

  /** As `Segment.find`. */
  find(
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    hashHigh: number,
    hashLow: number,
    sequenceLimit: SequenceNumber,
    out: EntryView,
  ): FindState {
    this.#key = key
    this.#keyStart = keyStart
    this.#keyLength = keyLength
    this.#sequenceLimit = sequenceLimit
    const state = this.#find(hashHigh, hashLow, out)
    // It may be a part of something large.
    this.#key = noKey
    return state
  }

  #find(hashHigh: number, hashLow: number, out: EntryView): FindState {
    if (!this.#unfinished.isEmpty) {
      const state = this.#resume(tagOf(hashHigh), out)
      if (state !== undefined) return state
    }
    const { slots, filter } = this.#keyIndex
    if (slots !== undefined) {
      return this.#probe(slots, firstSlotOf(hashLow, slots.length), tagOf(hashHigh), false, out)
    }
    if (this.#keyIndex.isDue()) return this.#pending(keyIndexItself)
    if (filter !== undefined && !filter.mayContain(hashHigh, hashLow)) return FindState.absent
    return this.#findByBlockIndex(out)
  }

  /** As `Segment.touchSlot`. */
  touchSlot(hashLow: number): void {
    const { slots } = this.#keyIndex
    if (slots !== undefined) this.touched = slots[firstSlotOf(hashLow, slots.length)] as number
  }

  /** As `Segment.placeOf`. */
  placeOf(hashHigh: number, hashLow: number): number {
    const { slots } = this.#keyIndex
    if (slots === undefined) return -1
    const tag = tagOf(hashHigh)
    let slot = firstSlotOf(hashLow, slots.length)
    let content = slots[slot] as number
    while ((content & 0xff) !== tag && content !== emptySlot) {
      slot = slot + 1 === slots.length ? 0 : slot + 1
      content = slots[slot] as number
    }
    return content === emptySlot ? -1 : this.#opened.placeOf(content >>> 16, (content >>> 8) & 0xff)
  }

  /** After `pending`: brings what is missing into memory, blocking. */
  loadSync(): void {
    if (this.#missingBlock === keyIndexItself) this.#keyIndex.loadSync()
    else this.#opened.fetchSync(this.#missingBlock)
  }

  /** {@link loadSync} without blocking. */
  load(): Promise<void> {
    if (this.#missingBlock === keyIndexItself) return this.#keyIndex.load()
    return this.#opened.fetch(this.#missingBlock)
  }

  /** Goes on with a lookup that stopped for a block, if this is the repetition of one. */
  #resume(tag: number, out: EntryView): FindState | undefined {
    const lookup = this.#unfinished.take(this.#key, this.#keyStart, this.#keyLength, this.#sequenceLimit)
    if (lookup === undefined) return undefined
    if (lookup.slot >= 0) return this.#probe(this.#keyIndex.slots as Uint32Array, lookup.slot, tag, true, out)
    return this.#findOlder(lookup.block, out)
  }

  /** Follows the slots from `slot` on until one leads to the key or is empty. */
  #probe(slots: Uint32Array, slot: number, tag: number, isResumed: boolean, out: EntryView): FindState {
    let isFirstCandidate = !isResumed
    for (;;) {
      const content = slots[slot] as number
      if (content === emptySlot) return FindState.absent
      if ((content & 0xff) === tag) {
        const block = content >>> 16
        const ordinal = (content >>> 8) & 0xff
        if (block >= this.#blockCount) this.#refuseSlot(slot)
        if (this.#enter(block, ordinal)) {
          if (ordinal >= this.#reader.count) this.#refuseSlot(slot)
          if (this.#reader.hasKey(ordinal, this.#key, this.#keyStart, this.#keyLength)) {
            return this.#chooseVersion(block, ordinal, out)
          }
          isFirstCandidate = false
        } else if (this.#couldHoldKey(block)) {
          // A first candidate needs no memory: the repetition meets it first again.
          if (!isFirstCandidate) this.#remember(slot, block)
          return this.#pending(block)
        }
      }
      slot = slot + 1 === slots.length ? 0 : slot + 1
    }
  }

  /**
   * Tags agree by chance for one missing key in thirty. A search in the block index, which is in memory, tells nearly
   * always, and spares reading a block for it.
   */
  #couldHoldKey(block: number): boolean {
    return this.#opened.blockIndex.blockOf(this.#key, this.#keyStart, this.#keyLength) === block
  }

  #findByBlockIndex(out: EntryView): FindState {
    const block = this.#opened.blockIndex.blockOf(this.#key, this.#keyStart, this.#keyLength)
    if (!this.#enter(block)) return this.#pending(block)
    const reader = this.#reader
    const ordinal = reader.search(this.#key, this.#keyStart, this.#keyLength, false)
    if (ordinal === reader.count) return FindState.absent
    if (!reader.hasKey(ordinal, this.#key, this.#keyStart, this.#keyLength)) return FindState.absent
    return this.#chooseVersion(block, ordinal, out)
  }

  /** The versions of the key lie newest first from entry `first` of the reader's block on. */
  #chooseVersion(block: number, first: number, out: EntryView): FindState {
    const reader = this.#reader
    for (let ordinal = first; ordinal < reader.count; ordinal += 1) {
      if (ordinal > first && !reader.isOlderVersion(ordinal)) return FindState.absent
      if (reader.sequenceNumberOf(ordinal) > this.#sequenceLimit) continue
      reader.view(ordinal, out)
      if (this.#isPassing) this.#letGo(block, out)
      return FindState.found
    }
    return this.#findOlder(block + 1, out)
  }

  /** All versions so far were too new; `block` may begin with older ones. */
  #findOlder(block: number, out: EntryView): FindState {
    if (block === this.#blockCount || !this.#opened.blockIndex.continues(block)) return FindState.absent
    if (!this.#enter(block)) {
      this.#remember(-1, block)
      return this.#pending(block)
    }
    return this.#chooseVersion(block, 0, out)
  }

  #enter(block: number, ordinal?: number): boolean {
    this.foundDetached = false
    this.#isPassing = false
    if (this.#opened.openCached(block, this.#reader, ordinal)) return true
    this.#isPassing = this.#opened.openPassing(block, this.#reader)
    return this.#isPassing
  }

  /** The block was read for this lookup alone. A small value should not keep all of it alive, though. */
  #letGo(block: number, { valueLength }: EntryView): void {
    this.foundDetached = valueLength * 2 >= this.#opened.takePassing(block)
  }

  #pending(missingBlock: number): FindState {
    this.#missingBlock = missingBlock
    return FindState.pending
  }

  #remember(slot: number, block: number): void {
    this.#unfinished.add(this.#key, this.#keyStart, this.#keyLength, this.#sequenceLimit, slot, block)
  }

  #refuseSlot(slot: number): never {
    this.#opened.refuse(
      `slot ${slot} of the hash index names an entry that is not there`,
      this.#opened.footer.hashIndex.offset + slot * 4,
    )
  }
}
