/** A run of segments as a source of a merge: read once from first to last, one file open at a time. */
import { createEntryView, type EntryView } from '../entry/entry.ts'
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { File, Files } from '../fs/file-system.ts'
import { Control, WindowKind } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import {
  checkBlock,
  checkHashedBlock,
  checkShape,
  expandCheckedBlock,
  refuseCompressed,
} from '../segment/block-check.ts'
import type { BlockIndex } from '../segment/block-index.ts'
import { BlockMemory, ReusedMemory } from '../segment/block-memory.ts'
import { BlockReader } from '../segment/block-reader.ts'
import { windowBlockCountMax } from '../segment/block-window.ts'
import { isColumnar, isCompressed, plainLengthOf } from '../segment/compressed-block.ts'
import { readWholeSync } from '../segment/region-reading.ts'
import { blockSizeBytesMax } from '../segment/segment-format.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { openSegmentSync } from '../segment/segment-opening.ts'
import { giveBuffer, takeMemory } from '../segment/spare-buffers.ts'
import { BlocksAhead } from './blocks-ahead.ts'
import { endSource, type MergeFeed, openWindow, RecordWindow } from './merge-feed.ts'

interface OpenInput {
  readonly file: File
  readonly number: number
  readonly index: BlockIndex
}

export class RunFeed implements MergeFeed {
  readonly #fs: Files
  readonly #directory: string
  readonly #segments: readonly SegmentMeta[]
  readonly #records: RecordWindow
  readonly #reader = new BlockReader()
  readonly #entry = createEntryView()
  /** Blocks with a single entry. */
  readonly #singles = new BlocksAhead()
  /** One of them, if it was compressed: good until the next one. */
  readonly #plain = new ReusedMemory()
  /** How many blocks a window reads at most: fewer where a block with a single entry cut the last one short. */
  #countAtOnce = windowBlockCountMax
  #nextSegment = 0
  #open: OpenInput | undefined
  #nextBlock = 0
  /** The machine's memory as blocks are read in it; made anew when it has grown. */
  #view: BlockMemory = new BlockMemory(0)

  constructor(fs: Files, directory: string, segments: readonly SegmentMeta[], blockSizeBytes: number) {
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
    const isSingle = isLarge || this.#singles.isFollowing
    if (isSingle && this.#fillRecord(machine, source, input)) return
    if (this.#fillBlocks(machine, source, input)) this.#singles.leave()
    else this.#fillRecord(machine, source, input)
  }

  close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    this.#singles.release()
    giveBuffer(open.index.buffer)
    open.file.closeSync()
  }

  /** The segment that the next block is in; `undefined` behind the last. */
  #current(): OpenInput | undefined {
    if (this.#open !== undefined && this.#nextBlock < this.#open.index.blockCount) return this.#open
    this.close()
    const meta = this.#segments[this.#nextSegment]
    if (meta === undefined) return undefined
    const path = joinPath(this.#directory, segmentFileName(meta.number))
    const { file, parts } = openSegmentSync(this.#fs, path, meta, takeMemory)
    this.#open = { file, number: meta.number, index: parts.blockIndex }
    this.#nextSegment += 1
    this.#nextBlock = 0
    return this.#open
  }

  /**
   * Reads as many blocks as a window takes. Only columnar ones go to the machine: it ends before one that holds a
   * single entry, and is `false` when that comes first.
   */
  #fillBlocks(machine: MergeMachine, source: number, input: OpenInput): boolean {
    const { file, index } = input
    const first = this.#nextBlock
    const count = Math.min(blockCountFrom(index, first), this.#countAtOnce)
    const start = index.offsetOf(first)
    const length = index.offsetOf(first + count) - start
    const view = this.#viewOf(machine)
    const windowAt = machine.windowAt(source)
    // To the end of the window: so it can be expanded to its start, since no block is shorter as a plain one.
    const readAt = windowAt + machine.windowSizeBytes - length
    readWholeSync(file, view.bytes.subarray(readAt, readAt + length), start)
    const columnarCount = this.#checkColumnar(machine, view, readAt, input, count)
    this.#countAtOnce = Math.min(Math.max(2 * columnarCount, 1), windowBlockCountMax)
    if (columnarCount === 0) return false
    const end = first + columnarCount
    this.#nextBlock = end
    if (isAnyCompressed(view, readAt, index, first, end)) {
      openWindow(
        machine,
        source,
        WindowKind.blocks,
        windowAt,
        this.#makePlain(machine, view, readAt, windowAt, input, first),
      )
    } else {
      openWindow(machine, source, WindowKind.blocks, readAt, readAt + index.offsetOf(end) - start)
    }
    return true
  }

  /** Checks what was read; returns how many columnar blocks there are before one of another kind. */
  #checkColumnar(
    machine: MergeMachine,
    view: BlockMemory,
    readAt: number,
    { file, number, index }: OpenInput,
    count: number,
  ): number {
    const first = this.#nextBlock
    for (let i = 0; i < count; i += 1) {
      const offset = index.offsetOf(first + i)
      const length = index.lengthOf(first + i)
      const at = readAt + offset - index.offsetOf(first)
      machine.hash(at + 8, at + length, number >>> 0, offset / 8)
      const hash = { low: machine.get(Control.hashLow), high: machine.get(Control.hashHigh) }
      checkHashedBlock(view, at, length, file.path, offset, hash)
      if (!isColumnar(view, at)) return i
    }
    return count
  }

  /** Brings the blocks from `first` on to the start of the window, plain; returns where they end there. */
  #makePlain(
    machine: MergeMachine,
    view: BlockMemory,
    readAt: number,
    windowAt: number,
    { file, index }: OpenInput,
    first: number,
  ): number {
    let to = windowAt
    for (let block = first; block < this.#nextBlock; block += 1) {
      const offset = index.offsetOf(block)
      const at = readAt + offset - index.offsetOf(first)
      if (!isCompressed(view, at)) {
        view.bytes.copyWithin(to, at, at + index.lengthOf(block))
      } else {
        if (!machine.expandBlock(at, to)) refuseCompressed(file.path, offset)
        checkShape(view, to, file.path, offset)
      }
      to += plainLengthOf(view, to)
    }
    return to
  }

  /** Takes the one entry of the next block, large or not; `false` when the block is one with more. */
  #fillRecord(machine: MergeMachine, source: number, { file, number, index }: OpenInput): boolean {
    const length = index.lengthOf(this.#nextBlock)
    const offset = index.offsetOf(this.#nextBlock)
    let at = this.#singles.read(file, index, this.#nextBlock)
    let { memory } = this.#singles
    checkBlock(memory, at, length, number, file.path, offset)
    if (isColumnar(memory, at)) return false
    if (isCompressed(memory, at)) {
      const plain = this.#plain.ofSize(plainLengthOf(memory, at))
      expandCheckedBlock(memory, at, plain, 0, file.path, offset)
      memory = plain
      at = 0
    }
    this.#reader.open(memory, at)
    this.#reader.view(0, this.#entry)
    this.#nextBlock += 1
    this.#records.add(machine, this.#entry)
    this.#records.end(machine, source)
    return true
  }

  #viewOf(machine: MergeMachine): BlockMemory {
    const buffer = machine.bytes.buffer as ArrayBuffer
    if (this.#view.buffer !== buffer) this.#view = new BlockMemory(buffer.byteLength, buffer)
    return this.#view
  }
}

/** How many blocks that would fit a cache lie from `first` on, as far as a window has room for them once plain. */
function blockCountFrom(index: BlockIndex, first: number): number {
  let end = first
  while (
    end < index.blockCount &&
    end - first < windowBlockCountMax &&
    index.lengthOf(end) <= blockSizeBytesMax
  )
    end += 1
  return end - first
}

function isAnyCompressed(
  view: BlockMemory,
  readAt: number,
  index: BlockIndex,
  first: number,
  end: number,
): boolean {
  for (let block = first; block < end; block += 1) {
    if (isCompressed(view, readAt + index.offsetOf(block) - index.offsetOf(first))) return true
  }
  return false
}
