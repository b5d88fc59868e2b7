/**
 * Writes a segment: entries come in internal-key order, go into blocks, and when all are there the indexes and
 * the footer follow. The file is made, closed and named by the caller, who also syncs its directory. All calls
 * block; each does little, so that a caller can stop between any two (`finishStep` is `finish` in slices).
 */
import { compareRanges } from '../bytes/compare-bytes.ts'
import { copyRange } from '../bytes/copy-range.ts'
import { describeBytes } from '../bytes/describe-bytes.ts'
import { hashKey, keyHash } from '../bytes/key-hash.ts'
import { hashResult } from '../bytes/xxh64.ts'
import { EntryKind, type EntryView, keyLengthMax } from '../entry/entry.ts'
import type { File } from '../fs/file-system.ts'
import { invariant } from '../invariant.ts'
import { hashAt } from './block-check.ts'
import { BlockIndexWriter } from './block-index.ts'
import type { BlockMemory } from './block-memory.ts'
import { BlockWriter, encodeLargeBlock, largeBlockSize } from './block-writer.ts'
import { GrowableWords } from './growable-words.ts'
import { KeyHashes } from './hash-index.ts'
import { ListedKeyTables } from './key-tables.ts'
import { sealBlock } from './seal-block.ts'
import {
  encodeHeader,
  headerChecksumOffset,
  headerSizeBytes,
  indexedBlockCountMax,
} from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'
import { SegmentOutput } from './segment-output.ts'
import { defaultSegmentSettings, type SegmentSettings } from './segment-settings.ts'
import { type SegmentTail, writeTail } from './segment-tail.ts'
import { giveBuffer, takeMemory } from './spare-buffers.ts'

export class SegmentWriter {
  readonly number: number
  readonly #settings: SegmentSettings
  readonly #output: SegmentOutput
  readonly #block: BlockWriter
  readonly #blockIndex = new BlockIndexWriter()
  readonly #hashes = new KeyHashes()
  /** Low and high halves of the checksums of header and blocks, in turn. */
  readonly #checksums = new GrowableWords()
  /** The key of the last entry. */
  readonly #lastKey = new Uint8Array(keyLengthMax)
  #lastKeyLength = 0
  #lastSequence = 0
  #smallestKey = new Uint8Array(0)
  #entryCount = 0
  #tombstoneCount = 0
  #keyBytes = 0
  #valueBytes = 0
  #smallestSequence = Number.MAX_SAFE_INTEGER
  #largestSequence = 0
  #isOver = false
  #isReleased = false
  #finishing: Generator<void, SegmentMeta> | undefined

  /** `file` is new and empty; `number` is the one in its name. */
  constructor(file: File, number: number, settings: SegmentSettings = defaultSegmentSettings) {
    this.number = number
    this.#settings = settings
    this.#output = new SegmentOutput(file, settings)
    this.#block = new BlockWriter(settings.blockSizeBytes)
    this.#writeHeader()
  }

  get entryCount(): number {
    return this.#entryCount
  }

  /** Size of the file so far, what is still in the buffer included. */
  get bytesWritten(): number {
    return this.#output.offset + (this.#block.count === 0 ? 0 : this.#block.sizeBytes)
  }

  /**
   * Whether this segment is large enough and `next` begins another key, so that `next` belongs into the next
   * segment. The versions of one key never part.
   */
  shouldClose(next: EntryView): boolean {
    if (this.#entryCount === 0) return false
    const isFull =
      this.bytesWritten >= this.#settings.segmentSizeBytes ||
      this.#blockIndex.blockCount >= this.#settings.blockCountMax
    return isFull && this.#compareWithLastKey(next) !== 0
  }

  /** Appends an entry; throws `InvariantError` unless it sorts after all before it. Its bytes are copied. */
  add(entry: EntryView): void {
    invariant(!this.#isOver, 'nothing follows the end of a segment')
    const isOlderVersion = this.#entryCount > 0 && this.#checkOrder(entry)
    if (BlockWriter.couldFit(entry, this.#settings.blockSizeBytes)) this.#addToBlock(entry, isOlderVersion)
    else this.#addLarge(entry, isOlderVersion)
    this.#count(entry)
  }

  /** Writes the indexes and the footer and syncs the file, whole. */
  finish(): SegmentMeta {
    let meta = this.finishStep()
    while (meta === undefined) meta = this.finishStep()
    return meta
  }

  /** Does a part of {@link finish}, about a millisecond's worth; the result comes with the last. */
  finishStep(): SegmentMeta | undefined {
    if (this.#finishing === undefined) {
      invariant(!this.#isOver, 'a segment ends once')
      this.#finishing = this.#finishInSteps()
      this.#isOver = true
    }
    const step = this.#finishing.next()
    // After a failure too there is nothing to go on with.
    invariant(step.done !== true || step.value !== undefined, 'a segment ends once')
    return step.value ?? undefined
  }

  /** Gives up. The caller closes the file and removes it. */
  abort(): void {
    this.#isOver = true
    this.#release()
  }

  /** Hands all large memory on, once. */
  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#output.release()
    this.#blockIndex.release()
    this.#hashes.release()
    this.#checksums.release()
  }

  *#finishInSteps(): Generator<void, SegmentMeta> {
    invariant(this.#entryCount > 0, 'a segment has at least one entry')
    if (this.#block.count > 0) this.#writeBlock()
    const tail: SegmentTail = {
      number: this.number,
      settings: this.#settings,
      blockIndex: this.#blockIndex,
      keys: new ListedKeyTables(this.#hashes),
      checksums: this.#checksums,
      counts: {
        entryCount: this.#entryCount,
        tombstoneCount: this.#tombstoneCount,
        keyBytes: this.#keyBytes,
        valueBytes: this.#valueBytes,
        smallestKey: this.#smallestKey,
        largestKey: this.#lastKey.slice(0, this.#lastKeyLength),
        smallestSequence: this.#smallestSequence,
        largestSequence: this.#largestSequence,
      },
    }
    const meta = yield* writeTail(this.#output, tail)
    this.#release()
    return meta
  }

  /** Whether the entry has the key of the one before it. */
  #checkOrder(entry: EntryView): boolean {
    const order = this.#compareWithLastKey(entry)
    const isInOrder = order > 0 || (order === 0 && entry.sequenceNumber < this.#lastSequence)
    if (!isInOrder) this.#refuseOrder(entry)
    return order === 0
  }

  #refuseOrder(entry: EntryView): never {
    const key = entry.keyBytes.subarray(entry.keyStart, entry.keyStart + entry.keyLength)
    const last = this.#lastKey.subarray(0, this.#lastKeyLength)
    invariant(
      false,
      `entry ${describeBytes(key)} #${entry.sequenceNumber} cannot follow ${describeBytes(last)} #${this.#lastSequence}`,
    )
  }

  #compareWithLastKey(entry: EntryView): number {
    return compareRanges(
      entry.keyBytes,
      entry.keyStart,
      entry.keyLength,
      this.#lastKey,
      0,
      this.#lastKeyLength,
    )
  }

  #addToBlock(entry: EntryView, isOlderVersion: boolean): void {
    if (!this.#block.hasRoomFor(entry)) this.#writeBlock()
    if (this.#block.count === 0) this.#indexBlock(entry)
    if (!isOlderVersion) this.#indexKey(entry, this.#block.count)
    this.#block.add(entry, isOlderVersion)
  }

  #addLarge(entry: EntryView, isOlderVersion: boolean): void {
    if (this.#block.count > 0) this.#writeBlock()
    this.#indexBlock(entry)
    if (!isOlderVersion) this.#indexKey(entry, 0)
    const sizeBytes = largeBlockSize(entry)
    const output = this.#output
    if (output.couldHold(sizeBytes)) {
      const at = output.place(sizeBytes)
      encodeLargeBlock(entry, isOlderVersion, output.buffer, at)
      output.take(this.#sealBlock(output.buffer, at, sizeBytes))
      return
    }
    const memory = takeMemory(sizeBytes)
    encodeLargeBlock(entry, isOlderVersion, memory, 0)
    output.append(memory.bytes.subarray(0, this.#sealBlock(memory, 0, sizeBytes)))
    giveBuffer(memory.buffer)
  }

  #writeBlock(): void {
    const output = this.#output
    const sizeBytes = this.#block.sizeBytes
    const at = output.place(sizeBytes)
    this.#block.encodeTo(output.buffer, at)
    output.take(this.#sealBlock(output.buffer, at, sizeBytes))
  }

  #sealBlock(memory: BlockMemory, at: number, sizeBytes: number): number {
    const { compression } = this.#settings
    const length = sealBlock(memory, at, sizeBytes, compression, this.number, this.#output.offset)
    this.#keepChecksum()
    return length
  }

  #keepChecksum(): void {
    this.#checksums.push(hashResult.low)
    this.#checksums.push(hashResult.high)
  }

  /** The entry begins a block. */
  #indexBlock(entry: EntryView): void {
    const { keyBytes, keyStart, keyLength } = entry
    const isFirst = this.#entryCount === 0
    const previous = isFirst ? keyBytes : this.#lastKey
    const previousStart = isFirst ? keyStart : 0
    const previousLength = isFirst ? keyLength : this.#lastKeyLength
    const position = this.#output.offset / 8
    this.#blockIndex.add(position, previous, previousStart, previousLength, keyBytes, keyStart, keyLength)
  }

  /** The entry is the newest version of its key, and entry `ordinal` of the block that is being filled. */
  #indexKey(entry: EntryView, ordinal: number): void {
    const block = this.#blockIndex.blockCount - 1
    invariant(block < indexedBlockCountMax, `a key of segment ${this.number} starts in block ${block}`)
    hashKey(entry.keyBytes, entry.keyStart, entry.keyLength)
    this.#hashes.add(keyHash.high, keyHash.low, block, ordinal)
  }

  #count(entry: EntryView): void {
    const { keyBytes, keyStart, keyLength, sequenceNumber } = entry
    if (this.#entryCount === 0) {
      this.#smallestKey = new Uint8Array(keyBytes.subarray(keyStart, keyStart + keyLength))
    }
    this.#entryCount += 1
    if (entry.kind === EntryKind.tombstone) this.#tombstoneCount += 1
    this.#keyBytes += keyLength
    this.#valueBytes += entry.valueLength
    if (sequenceNumber < this.#smallestSequence) this.#smallestSequence = sequenceNumber
    if (sequenceNumber > this.#largestSequence) this.#largestSequence = sequenceNumber
    this.#lastSequence = sequenceNumber
    this.#lastKeyLength = keyLength
    copyRange(keyBytes, keyStart, keyLength, this.#lastKey, 0)
  }

  #writeHeader(): void {
    const header = encodeSealedHeader(this.number)
    this.#keepChecksum()
    this.#output.append(header)
  }
}

/** The header of segment `number`; its checksum is left in `hashResult`, too. */
export function encodeSealedHeader(number: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(headerSizeBytes))
  const bytes = new Uint8Array(header.buffer)
  encodeHeader(header, number)
  hashAt(bytes, 0, headerChecksumOffset, number, 0)
  header.setUint32(headerChecksumOffset, hashResult.low, true)
  header.setUint32(headerChecksumOffset + 4, hashResult.high, true)
  return bytes
}
