/**
 * Checks a whole segment file against everything it claims: every checksum, the order of entries, the counts of
 * footer and manifest, and that block index, hash index and filter agree with the blocks. Reads the file by
 * itself, past the cache, so that it sees what is on the disk.
 */
import { compareBytes, compareRanges } from '../bytes/compare-bytes.ts'
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { hashResult, xxh64 } from '../bytes/xxh64.ts'
import { createEntryView, EntryKind } from '../entry/entry.ts'
import { CorruptionError } from '../errors.ts'
import type { File, Files } from '../fs/file-system.ts'
import { checkBlock, plainBlockOf } from './block-check.ts'
import { BlockMemory } from './block-memory.ts'
import { BlockReader } from './block-reader.ts'
import type { Filter } from './filter.ts'
import { GrowableWords } from './growable-words.ts'
import { emptySlot, firstSlotOf, slotOf, tagOf } from './hash-index.ts'
import { loadFilter, loadSlots } from './key-index.ts'
import { decodeProperties, PropertyNumber } from './property-table.ts'
import { answerSync, loadRegion, readWholeSync } from './region-reading.ts'
import { footerSizeBytes, headerChecksumOffset, headerSizeBytes } from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'
import { openSegmentSync, type SegmentParts } from './segment-opening.ts'

/** What was read and found good. */
export interface SegmentReport {
  readonly byteCount: number
  readonly blockCount: number
  readonly entryCount: number
}

/** Bytes read and checked between two pauses, except where a single block has more. */
const stepSizeBytes = 64 * 1024

/** As `Segment.verify`. */
export function* verifySegment(fs: Files, path: string, meta: SegmentMeta): Generator<number, SegmentReport> {
  const { file, parts } = openSegmentSync(fs, path, meta)
  try {
    yield footerSizeBytes
    const verifier = new SegmentVerifier(file, parts, meta)
    yield* verifier.run()
    return { byteCount: meta.sizeBytes, blockCount: meta.blockCount, entryCount: meta.entryCount }
  } finally {
    file.closeSync()
  }
}

class SegmentVerifier {
  readonly #file: File
  readonly #parts: SegmentParts
  readonly #meta: SegmentMeta
  readonly #slots: Uint32Array
  readonly #filter: Filter
  readonly #checksums = new GrowableWords()
  readonly #reader = new BlockReader()
  readonly #entry = createEntryView()
  /** The key of the entry before. */
  #lastKey: Uint8Array = new Uint8Array(0)
  #lastSequence = 0
  #entryCount = 0
  #tombstoneCount = 0
  #keyCount = 0
  #keyBytes = 0
  #valueBytes = 0
  #smallestSequence = Number.MAX_SAFE_INTEGER
  #largestSequence = 0

  constructor(file: File, parts: SegmentParts, meta: SegmentMeta) {
    this.#file = file
    this.#parts = parts
    this.#meta = meta
    this.#slots = answerSync(file, loadSlots(file.path, meta, parts.footer))
    this.#filter = answerSync(file, loadFilter(file.path, meta, parts.footer))
  }

  *run(): Generator<number, void> {
    const index = this.#parts.blockIndex
    const problem = index.problem()
    if (problem !== undefined)
      throw new CorruptionError(problem, this.#file.path, this.#parts.footer.blockIndex.offset)
    this.#readHeader()
    for (let first = 0; first < index.blockCount; ) {
      const next = this.#blockAfterStep(first)
      this.#verifyBlocks(first, next)
      first = next
      yield index.offsetOf(next)
    }
    this.#verifyCounts()
    yield this.#parts.footer.blockIndex.offset
    this.#verifySlotCount()
    this.#verifyProperties()
    this.#verifyFileChecksum()
  }

  #blockAfterStep(first: number): number {
    const index = this.#parts.blockIndex
    let next = first + 1
    while (next < index.blockCount && index.offsetOf(next + 1) - index.offsetOf(first) <= stepSizeBytes)
      next += 1
    return next
  }

  /** Opening compared it with its checksum; here the checksum counts towards that of the file. */
  #readHeader(): void {
    const header = new Uint8Array(headerSizeBytes)
    readWholeSync(this.#file, header, 0)
    const view = new DataView(header.buffer)
    this.#checksums.push(view.getUint32(headerChecksumOffset, true))
    this.#checksums.push(view.getUint32(headerChecksumOffset + 4, true))
  }

  #verifyBlocks(first: number, next: number): void {
    const index = this.#parts.blockIndex
    const start = index.offsetOf(first)
    const memory = new BlockMemory(index.offsetOf(next) - start)
    readWholeSync(this.#file, memory.bytes, start)
    for (let block = first; block < next; block += 1) {
      const offset = index.offsetOf(block)
      const at = offset - start
      checkBlock(memory, at, index.lengthOf(block), this.#meta.number, this.#file.path, offset)
      this.#checksums.push(memory.words[at >>> 2]!)
      this.#checksums.push(memory.words[(at >>> 2) + 1]!)
      const plain = plainBlockOf(memory, at, this.#file.path, offset)
      this.#reader.open(plain.memory, plain.at)
      this.#verifyBlock(block, offset)
    }
  }

  #verifyBlock(block: number, offset: number): void {
    const reader = this.#reader
    this.#require(reader.hasTruePrefixes(), 'the prefixes of a block are not those of its keys', offset)
    for (let ordinal = 0; ordinal < reader.count; ordinal += 1) {
      reader.view(ordinal, this.#entry)
      const isOlderVersion = this.#entryCount > 0 && this.#compareWithLast(offset)
      this.#require(
        reader.isOlderVersion(ordinal) === isOlderVersion,
        'an entry is wrong about being an older version',
        offset,
      )
      if (ordinal === 0) this.#verifySeparator(block, isOlderVersion)
      if (!isOlderVersion) this.#verifyKey(block, ordinal, offset)
      this.#count()
    }
  }

  /** Whether the entry has the key of the one before; throws unless it sorts after it. */
  #compareWithLast(offset: number): boolean {
    const { keyBytes, keyStart, keyLength, sequenceNumber } = this.#entry
    const order = compareRanges(keyBytes, keyStart, keyLength, this.#lastKey, 0, this.#lastKey.length)
    const isInOrder = order > 0 || (order === 0 && sequenceNumber < this.#lastSequence)
    this.#require(isInOrder, 'the entries of the segment are not in order', offset)
    return order === 0
  }

  #verifySeparator(block: number, continues: boolean): void {
    const index = this.#parts.blockIndex
    const { keyBytes, keyStart, keyLength } = this.#entry
    const separator = index.separatorOf(block)
    const isBeforeKey = compareRanges(separator, 0, separator.length, keyBytes, keyStart, keyLength) <= 0
    const afterLast = block === 0 ? 1 : compareBytes(separator, this.#lastKey)
    this.#require(
      isBeforeKey && (continues ? afterLast === 0 : afterLast > 0) && index.continues(block) === continues,
      `the block index is wrong about block ${block}`,
      this.#parts.footer.blockIndex.offset,
    )
  }

  /** The entry is the newest version of a key: filter and hash index must lead to it. */
  #verifyKey(block: number, ordinal: number, offset: number): void {
    this.#keyCount += 1
    hashKey(this.#entry.keyBytes, this.#entry.keyStart, this.#entry.keyLength)
    const { high, low } = keyHash
    const { filter, hashIndex } = this.#parts.footer
    this.#require(
      this.#filter.mayContain(high, low),
      `the filter lacks a key of the block at ${offset}`,
      filter.offset,
    )
    const slots = this.#slots
    const wanted = slotOf(block, ordinal, tagOf(high))
    let slot = firstSlotOf(low, slots.length)
    while (slots[slot] !== wanted && slots[slot] !== emptySlot)
      slot = slot + 1 === slots.length ? 0 : slot + 1
    this.#require(
      slots[slot] === wanted,
      `the hash index lacks a key of the block at ${offset}`,
      hashIndex.offset + slot * 4,
    )
  }

  #count(): void {
    const { keyBytes, keyStart, keyLength, valueLength, sequenceNumber, kind } = this.#entry
    this.#entryCount += 1
    if (kind === EntryKind.tombstone) this.#tombstoneCount += 1
    this.#keyBytes += keyLength
    this.#valueBytes += valueLength
    this.#smallestSequence = Math.min(this.#smallestSequence, sequenceNumber)
    this.#largestSequence = Math.max(this.#largestSequence, sequenceNumber)
    const isSmallest = this.#entryCount === 1
    this.#lastKey = new Uint8Array(keyBytes.subarray(keyStart, keyStart + keyLength))
    this.#lastSequence = sequenceNumber
    if (!isSmallest) return
    this.#require(
      compareBytes(this.#lastKey, this.#meta.smallestKey) === 0,
      'the smallest key is not the one that the manifest names',
      headerSizeBytes,
    )
  }

  #verifyCounts(): void {
    const { blockIndex, footer } = this.#parts
    const lastOffset = blockIndex.offsetOf(blockIndex.blockCount - 1)
    this.#require(
      compareBytes(this.#lastKey, this.#meta.largestKey) === 0,
      'the largest key is not the one that the manifest names',
      lastOffset,
    )
    const isCounted =
      this.#entryCount === footer.entryCount &&
      this.#tombstoneCount === footer.tombstoneCount &&
      this.#keyCount === footer.keyCount &&
      this.#keyBytes === footer.keyBytes &&
      this.#valueBytes === footer.valueBytes &&
      this.#smallestSequence === footer.smallestSequence &&
      this.#largestSequence === footer.largestSequence
    this.#require(
      isCounted,
      'the counts of the footer are not those of the blocks',
      this.#meta.sizeBytes - footerSizeBytes,
    )
  }

  #verifySlotCount(): void {
    let used = 0
    for (const slot of this.#slots) if (slot !== emptySlot) used += 1
    const { hashIndex, keyCount } = this.#parts.footer
    this.#require(
      used === keyCount,
      'the hash index names more entries than there are keys',
      hashIndex.offset,
    )
  }

  #verifyProperties(): void {
    const { properties } = this.#parts.footer
    const { bytes } = answerSync(
      this.#file,
      loadRegion(this.#file.path, this.#meta, properties, 'property table'),
    )
    const table = decodeProperties(bytes, this.#file.path, properties.offset)
    const smallestKey = table.get(PropertyNumber.smallestKey) ?? this.#meta.smallestKey
    const largestKey = table.get(PropertyNumber.largestKey) ?? this.#meta.largestKey
    this.#require(
      compareBytes(smallestKey, this.#meta.smallestKey) === 0 &&
        compareBytes(largestKey, this.#meta.largestKey) === 0,
      'the property table is wrong about the smallest or the largest key',
      properties.offset,
    )
  }

  #verifyFileChecksum(): void {
    const { footer } = this.#parts
    for (const region of [footer.hashIndex, footer.filter, footer.blockIndex, footer.properties]) {
      this.#checksums.push(region.checksumLow)
      this.#checksums.push(region.checksumHigh)
    }
    const { words, length } = this.#checksums
    xxh64(new Uint8Array(words.buffer, 0, length * 4), 0, length * 4, this.#meta.number >>> 0, 0)
    this.#require(
      hashResult.low === footer.checksumLow && hashResult.high === footer.checksumHigh,
      'the checksum of the file is not that of its parts',
      this.#meta.sizeBytes - footerSizeBytes,
    )
  }

  #require(condition: boolean, message: string, offset: number): void {
    if (!condition) throw new CorruptionError(message, this.#file.path, offset)
  }
}
