/**
 * The kernel in plain TypeScript: what runs where no other does, and what the others are tested against.
 */
import { bloomMayContain } from '../bytes/blocked-bloom.ts'
import { hashResult, xxh64OfWords } from '../bytes/xxh64.ts'
import { gatherRecords } from './gather-records.ts'
import { insertRange } from './insert-range.ts'
import type { Kernel } from './kernel.ts'
import { gatheredHeaderSizeBytes, ownerKeyPosition, recordSpacePosition } from './memory-layout.ts'
import {
  appendOffsetWord,
  entryColumn,
  filterBlockCountWord,
  filterOffsetWord,
  filterProbeCount,
  filterShare,
  magicWord,
  nodeAlignmentBytes,
  nodeTopWord,
  previousByte,
  rootWord,
  sequenceDeltaByte,
  sizeWord,
  tableHeaderSizeBytes,
  tableMagic,
  visibleDeltaWord,
} from './table-layout.ts'
import { descend, searchNode } from './tree-search.ts'
import {
  entryInSlot,
  firstSlotPosition,
  lastSlotPosition,
  nextSlot,
  previousSlot,
  slotAtOrAfter,
  slotAtOrBefore,
} from './tree-walk.ts'

export class PlainKernel implements Kernel {
  readonly buffer: SharedArrayBuffer
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly keyPosition: number
  readonly recordsPosition: number
  readonly recordsSizeBytes: number

  /** `keyPosition` tells this thread's place for keys from the other's (`memory-layout.ts`). */
  constructor(buffer: SharedArrayBuffer, keyPosition: number, scratchSizeBytes: number) {
    this.buffer = buffer
    this.bytes = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.keyPosition = keyPosition
    const spaceSizeBytes = ((scratchSizeBytes - recordSpacePosition) >>> 7) << 6
    this.recordsPosition = recordSpacePosition + (keyPosition === ownerKeyPosition ? 0 : spaceSizeBytes)
    // A copy may write a little past the end of a record.
    this.recordsSizeBytes = spaceSizeBytes - gatheredHeaderSizeBytes - 64
  }

  createTable(base: number, sizeBytes: number, isZeroed: boolean): void {
    const { words } = this
    const header = base >>> 2
    const blockCount = Math.max(1, Math.floor(sizeBytes / filterShare / nodeAlignmentBytes))
    const filterEnd = tableHeaderSizeBytes + blockCount * nodeAlignmentBytes
    if (!isZeroed) words.fill(0, header, header + (filterEnd >>> 2))
    words[header + magicWord] = tableMagic
    words[header + sizeWord] = sizeBytes
    words[header + rootWord] = 0
    words[header + nodeTopWord] = sizeBytes
    words[header + appendOffsetWord] = filterEnd
    words[header + filterOffsetWord] = tableHeaderSizeBytes
    words[header + filterBlockCountWord] = blockCount
    words[header + visibleDeltaWord] = 0x7fff_ffff
  }

  insertRange(base: number, from: number, to: number): number {
    return insertRange(this.words, this.bytes, base, from, to)
  }

  mayContain(base: number, hashHigh: number, hashLow: number): boolean {
    const { words } = this
    const header = base >>> 2
    // Its filter would be a far load for nothing.
    if (words[header + rootWord] === 0) return false
    return bloomMayContain(
      words,
      header + ((words[header + filterOffsetWord] as number) >>> 2),
      words[header + filterBlockCountWord] as number,
      filterProbeCount,
      hashHigh,
      hashLow,
    )
  }

  findEntry(base: number, keyPosition: number, keyLength: number, deltaLimit: number): number {
    const { words, bytes } = this
    if (words[(base >>> 2) + rootWord] === 0) return 0
    const leaf = descend(words, bytes, base, keyPosition, keyLength)
    const slot = searchNode(words, bytes, base, leaf, 0, keyPosition, keyLength)
    if (slot < 0) return 0
    return this.versionAt(base, words[((base + leaf) >>> 2) + entryColumn + slot] as number, deltaLimit)
  }

  versionAt(base: number, entry: number, deltaLimit: number): number {
    const { words } = this
    let version = entry
    while (version !== 0) {
      const word = (base + version) >>> 2
      if ((words[word + sequenceDeltaByte / 4] as number) <= deltaLimit) return version
      version = words[word + previousByte / 4] as number
    }
    return 0
  }

  firstPosition(base: number): number {
    return firstSlotPosition(this.words, base)
  }

  lastPosition(base: number): number {
    return lastSlotPosition(this.words, base)
  }

  positionAtOrAfter(base: number, keyPosition: number, keyLength: number, strict: boolean): number {
    return slotAtOrAfter(this.words, this.bytes, base, keyPosition, keyLength, strict)
  }

  positionAtOrBefore(base: number, keyPosition: number, keyLength: number, strict: boolean): number {
    return slotAtOrBefore(this.words, this.bytes, base, keyPosition, keyLength, strict)
  }

  nextPosition(base: number, slotPosition: number): number {
    return nextSlot(this.words, base, slotPosition)
  }

  previousPosition(base: number, slotPosition: number): number {
    return previousSlot(this.words, base, slotPosition)
  }

  entryAt(base: number, slotPosition: number): number {
    return entryInSlot(this.words, base, slotPosition)
  }

  gatherRecords(
    base: number,
    slotPosition: number,
    entry: number,
    sizeBytes: number,
    lengthMax: number,
  ): void {
    const { words, bytes, recordsPosition } = this
    gatherRecords(words, bytes, base, recordsPosition, slotPosition, entry, sizeBytes, lengthMax)
  }

  writeHash(start: number, end: number, seedHigh: number, seedLow: number, target: number): void {
    xxh64OfWords(this.words, this.bytes, start, end, seedHigh, seedLow)
    this.words[target >>> 2] = hashResult.low
    this.words[(target >>> 2) + 1] = hashResult.high
  }
}
