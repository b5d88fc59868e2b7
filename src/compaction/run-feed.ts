/** A run of segments as a source of a merge: read once from first to last, one file open at a time. */
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { File, FileSystem } from '../fs/file-system.ts'
import { Control, WindowKind } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { checkBlock, checkHashedBlock } from '../segment/block-check.ts'
import type { BlockIndex } from '../segment/block-index.ts'
import { BlockMemory } from '../segment/block-memory.ts'
import { BlockReader } from '../segment/block-reader.ts'
import { readWholeSync } from '../segment/region-reading.ts'
import { BlockKind, blockSizeBytesMax } from '../segment/segment-format.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { openSegmentSync } from '../segment/segment-opening.ts'
import { blocksSizeBytes, endSource, type MergeFeed, openWindow, RecordWindow } from './merge-feed.ts'

interface OpenInput {
  readonly file: File
  readonly number: number
  readonly index: BlockIndex
}

export class RunFeed implements MergeFeed {
  readonly #fs: FileSystem
  readonly #directory: string
  readonly #segments: readonly SegmentMeta[]
  readonly #records: RecordWindow
  readonly #reader = new BlockReader()
  readonly #entry = createEntryView()
  #nextSegment = 0
  #open: OpenInput | undefined
  #nextBlock = 0
  /** The machine's memory as blocks are read in it; made anew when it has grown. */
  #view: BlockMemory = new BlockMemory(0)

  constructor(fs: FileSystem, directory: string, segments: readonly SegmentMeta[], blockSizeBytes: number) {
    this.#fs = fs
    this.#directory = directory
    this.#segments = segments
    this.#records = new RecordWindow(blockSizeBytes)
  }

  get largeEntry(): EntryView | undefined {
    return this.#records.largeEntry
  }

  fill(machine: MergeMachine, source: number): void {
    this.#records.begin(machine, source)
    const input = this.#current()
    if (input === undefined) {
      endSource(machine, source)
      return
    }
    const isLarge = input.index.lengthOf(this.#nextBlock) > blockSizeBytesMax
    if (isLarge || !this.#fillBlocks(machine, source, input)) this.#fillRecord(machine, source, input)
  }

  close(): void {
    this.#open?.file.closeSync()
    this.#open = undefined
  }

  /** The segment that the next block is in; `undefined` behind the last. */
  #current(): OpenInput | undefined {
    if (this.#open !== undefined && this.#nextBlock < this.#open.index.blockCount) return this.#open
    this.close()
    const meta = this.#segments[this.#nextSegment]
    if (meta === undefined) return undefined
    const path = joinPath(this.#directory, segmentFileName(meta.number))
    const { file, parts } = openSegmentSync(this.#fs, path, meta)
    this.#open = { file, number: meta.number, index: parts.blockIndex }
    this.#nextSegment += 1
    this.#nextBlock = 0
    return this.#open
  }

  /**
   * Reads as many blocks as a window takes. Only columnar ones go to the machine: it ends before one that holds a
   * single entry, and is `false` when that comes first.
   */
  #fillBlocks(machine: MergeMachine, source: number, { file, number, index }: OpenInput): boolean {
    const first = this.#nextBlock
    const start = index.offsetOf(first)
    let count = 0
    while (first + count < index.blockCount && index.lengthOf(first + count) <= blockSizeBytesMax) {
      if (index.offsetOf(first + count + 1) - start > blocksSizeBytes) break
      count += 1
    }
    const view = this.#viewOf(machine)
    const windowAt = machine.windowAt(source)
    const length = index.offsetOf(first + count) - start
    readWholeSync(file, view.bytes.subarray(windowAt, windowAt + length), start)
    let at = windowAt
    for (let block = first; block < first + count; block += 1) {
      const blockLength = index.lengthOf(block)
      const offset = index.offsetOf(block)
      machine.hash(at + 8, at + blockLength, number >>> 0, offset / 8)
      const hash = { low: machine.get(Control.hashLow), high: machine.get(Control.hashHigh) }
      checkHashedBlock(view, at, blockLength, file.path, offset, hash)
      if (((view.words[(at >>> 2) + 2] as number) & 0xff) !== BlockKind.columnar) break
      at += blockLength
      this.#nextBlock += 1
    }
    if (at === windowAt) return false
    openWindow(machine, source, WindowKind.blocks, windowAt, at)
    return true
  }

  /** The block holds a single entry, large or not. */
  #fillRecord(machine: MergeMachine, source: number, { file, number, index }: OpenInput): void {
    const length = index.lengthOf(this.#nextBlock)
    const offset = index.offsetOf(this.#nextBlock)
    const memory = new BlockMemory(length)
    readWholeSync(file, memory.bytes, offset)
    checkBlock(memory, 0, length, number, file.path, offset)
    this.#reader.open(memory, 0)
    this.#reader.view(0, this.#entry)
    this.#nextBlock += 1
    this.#records.add(machine, this.#entry)
    this.#records.end(machine, source)
  }

  #viewOf(machine: MergeMachine): BlockMemory {
    const buffer = machine.bytes.buffer as ArrayBuffer
    if (this.#view.buffer !== buffer) this.#view = new BlockMemory(buffer.byteLength, buffer)
    return this.#view
  }
}
