/** The entries of salvaged segments and logs as sources of one walk. */
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'
import type { File, FileSystem } from '../fs/file-system.ts'
import { checkBlock, plainBlockOf } from '../segment/block-check.ts'
import { BlockMemory } from '../segment/block-memory.ts'
import { BlockReader } from '../segment/block-reader.ts'
import { readWhole } from '../segment/region-reading.ts'
import type { EntrySource } from './newest-entries.ts'
import type { BlockPlace, SegmentSurvey } from './salvage-segment.ts'

/** Blocks that lie together are read together, up to so many bytes. */
const readSizeBytes = 128 * 1024

/** The blocks of a segment that are whole, each verified once more as it is read. */
export class SegmentSource implements EntrySource {
  readonly entry: EntryView = createEntryView()
  readonly #fs: FileSystem
  readonly #survey: SegmentSurvey
  readonly #onRead: (sizeBytes: number) => void
  readonly #reader = new BlockReader()
  #file: File | undefined
  /** Blocks from the first up to this one have been read. */
  #nextRead = 0
  /** The block that the reader stands on. */
  #block = -1
  #ordinal = 0
  #memory: BlockMemory = new BlockMemory(0)
  #memoryOffset = 0

  /** `onRead` is told how many bytes of the file were gone through. */
  constructor(fs: FileSystem, survey: SegmentSurvey, onRead: (sizeBytes: number) => void) {
    this.#fs = fs
    this.#survey = survey
    this.#onRead = onRead
  }

  advance(): Promise<boolean> | boolean {
    if (this.#block >= 0 && ++this.#ordinal < this.#reader.count) return this.#show()
    this.#ordinal = 0
    this.#block += 1
    if (this.#block < this.#nextRead) return this.#open()
    return this.#read()
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #read(): Promise<boolean> {
    const { blocks, path, number } = this.#survey
    const first = blocks[this.#block]
    if (first === undefined) {
      await this.close()
      return false
    }
    let end = first.offset
    while (this.#nextRead < blocks.length) {
      const { offset, length } = blocks[this.#nextRead] as BlockPlace
      if (offset !== end || (end > first.offset && end + length - first.offset > readSizeBytes)) break
      end += length
      this.#nextRead += 1
    }
    // Memory of its own for each read: entries of the last one may still wait to be written.
    this.#memory = new BlockMemory(end - first.offset)
    this.#memoryOffset = first.offset
    this.#file ??= await this.#fs.open(path, 'read')
    await readWhole(this.#file, this.#memory.bytes, first.offset)
    for (let block = this.#block; block < this.#nextRead; block += 1) {
      const { offset, length } = blocks[block] as BlockPlace
      checkBlock(this.#memory, offset - first.offset, length, number, path, offset)
    }
    this.#onRead(end - first.offset)
    return this.#open()
  }

  #open(): boolean {
    const { offset } = this.#survey.blocks[this.#block] as BlockPlace
    const { memory, at } = plainBlockOf(this.#memory, offset - this.#memoryOffset, this.#survey.path, offset)
    this.#reader.open(memory, at)
    return this.#show()
  }

  #show(): boolean {
    this.#reader.view(this.#ordinal, this.entry)
    return true
  }
}

/** Entries that are in memory already. */
export class ListSource implements EntrySource {
  readonly entry: EntryView = createEntryView()
  readonly #entries: readonly EntryView[]
  #next = 0

  constructor(entries: readonly EntryView[]) {
    this.#entries = entries
  }

  advance(): boolean {
    const next = this.#entries[this.#next++]
    if (next === undefined) return false
    copyEntryView(next, this.entry)
    return true
  }
}
