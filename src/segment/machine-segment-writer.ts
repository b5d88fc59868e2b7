/**
 * Writes a segment that the merge kernel lays out: takes the blocks that have come together in the machine's
 * memory, brings them to the file and into the block index, and ends the file as SegmentWriter does. Large
 * entries, which the kernel leaves to its owner, get their blocks here.
 */
import { equalRanges } from '../bytes/compare-bytes.ts'
import { hashResult } from '../bytes/xxh64.ts'
import type { EntryView } from '../entry/entry.ts'
import type { File } from '../fs/file-system.ts'
import { blockListAt, Control, ListedBlock, lastKeyAt } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { BlockIndexWriter } from './block-index.ts'
import type { BlockMemory } from './block-memory.ts'
import { encodeLargeBlock, largeBlockSize } from './block-writer.ts'
import { GrowableWords } from './growable-words.ts'
import { MachineKeyTables } from './machine-key-tables.ts'
import { sealBlock } from './seal-block.ts'
import type { SegmentMeta } from './segment-meta.ts'
import { SegmentOutput } from './segment-output.ts'
import type { SegmentSettings } from './segment-settings.ts'
import { writeTail } from './segment-tail.ts'
import { encodeSealedHeader } from './segment-writer.ts'
import { giveBuffer, takeMemory } from './spare-buffers.ts'

/** For large entries and what is small; blocks of the machine go to the file from where they lie. */
const gatheredBytes = 256 * 1024

export class MachineSegmentWriter {
  readonly number: number
  readonly #machine: MergeMachine
  readonly #settings: SegmentSettings
  readonly #output: SegmentOutput
  readonly #blockIndex = new BlockIndexWriter()
  /** Low and high halves of the checksums of header and blocks, in turn. */
  readonly #checksums = new GrowableWords()
  #smallestKey = new Uint8Array(0)
  #finishing: Generator<void, SegmentMeta> | undefined
  #isReleased = false

  /** `file` is new and empty; `number` is the one in its name. The machine's next entry goes into it. */
  constructor(file: File, number: number, settings: SegmentSettings, machine: MergeMachine) {
    this.number = number
    this.#settings = settings
    this.#machine = machine
    this.#output = new SegmentOutput(file, { ...settings, outputBufferBytes: gatheredBytes })
    const header = encodeSealedHeader(number)
    this.#keepChecksum(hashResult.low, hashResult.high)
    machine.bytes.set(header, machine.get(Control.output))
    machine.set(Control.outputUsed, header.length)
    machine.set(Control.fileOffset, header.length)
    machine.set(Control.segmentNumber, number % 0x1_0000_0000)
    machine.set(Control.isSegmentOpen, 1)
    machine.beginSegment()
  }

  /** Size of the file so far, as far as blocks are laid out. */
  get bytesWritten(): number {
    return this.#finishing === undefined ? this.#machine.get(Control.fileOffset) : this.#output.offset
  }

  /** Whether the entry is an older version of the key that was written last. */
  isOlderVersion({ keyBytes, keyStart, keyLength }: EntryView): boolean {
    const machine = this.#machine
    if (machine.get(Control.entryCount) === 0) return false
    return equalRanges(
      keyBytes,
      keyStart,
      keyLength,
      machine.bytes,
      lastKeyAt,
      machine.get(Control.lastKeyLength),
    )
  }

  /** Brings the machine's output to the file, so that it has room again. */
  takeOutput(): void {
    const machine = this.#machine
    const { bytes, words } = machine
    const blockCount = machine.get(Control.blockListCount)
    for (let i = 0; i < blockCount; i += 1) {
      this.#takeBlock(bytes, words, (blockListAt >>> 2) + i * ListedBlock.wordCount)
    }
    machine.set(Control.blockListCount, 0)
    machine.set(Control.separatorsUsed, 0)
    const start = machine.get(Control.output)
    const used = machine.get(Control.outputUsed)
    if (used === 0) return
    this.#output.appendAtOnce(bytes.subarray(start, start + used))
    machine.set(Control.outputUsed, 0)
  }

  /** The entry is the large one that the machine listed last and stands on: lays its block out. */
  addLarge(entry: EntryView, isOlderVersion: boolean): void {
    this.takeOutput()
    const sizeBytes = largeBlockSize(entry)
    const output = this.#output
    if (output.couldHold(sizeBytes)) {
      const at = output.place(sizeBytes)
      encodeLargeBlock(entry, isOlderVersion, output.buffer, at)
      output.take(this.#sealBlock(output.buffer, at, sizeBytes))
    } else {
      const memory = takeMemory(sizeBytes)
      encodeLargeBlock(entry, isOlderVersion, memory, 0)
      output.appendAtOnce(memory.bytes.subarray(0, this.#sealBlock(memory, 0, sizeBytes)))
      giveBuffer(memory.buffer)
    }
    this.#machine.set(Control.fileOffset, output.offset)
  }

  #sealBlock(memory: BlockMemory, at: number, sizeBytes: number): number {
    const { compression } = this.#settings
    const length = sealBlock(memory, at, sizeBytes, compression, this.number, this.#output.offset)
    this.#keepChecksum(hashResult.low, hashResult.high)
    return length
  }

  /** Does a part of what ends a segment, about a millisecond's worth; the result comes with the last. */
  finishStep(): SegmentMeta | undefined {
    this.#finishing ??= this.#finishInSteps()
    const step = this.#finishing.next()
    return step.value ?? undefined
  }

  /** Gives up. The caller closes the file and removes it. */
  abort(): void {
    this.#release()
  }

  *#finishInSteps(): Generator<void, SegmentMeta> {
    const machine = this.#machine
    this.takeOutput()
    machine.finishBlocks()
    this.takeOutput()
    machine.set(Control.isSegmentOpen, 0)
    const meta = yield* writeTail(this.#output, {
      number: this.number,
      settings: this.#settings,
      blockIndex: this.#blockIndex,
      keys: new MachineKeyTables(machine),
      checksums: this.#checksums,
      counts: {
        entryCount: machine.get(Control.entryCount),
        tombstoneCount: machine.get(Control.tombstoneCount),
        keyBytes: machine.getLong(Control.keyBytes),
        valueBytes: machine.getLong(Control.valueBytes),
        smallestKey: this.#smallestKey,
        largestKey: machine.bytes.slice(lastKeyAt, lastKeyAt + machine.get(Control.lastKeyLength)),
        smallestSequence: machine.getLong(Control.smallestSequence),
        largestSequence: machine.getLong(Control.largestSequence),
      },
    })
    this.#release()
    return meta
  }

  #takeBlock(bytes: Uint8Array, words: Uint32Array, listed: number): void {
    const separatorAt = words[listed + ListedBlock.separatorAt] as number
    const separatorLength = words[listed + ListedBlock.separatorLength] as number
    const flags = words[listed + ListedBlock.flags] as number
    // The first separator of a segment is its first key, whole.
    if (this.#blockIndex.blockCount === 0) {
      this.#smallestKey = bytes.slice(separatorAt, separatorAt + separatorLength)
    }
    this.#blockIndex.addSeparated(
      words[listed + ListedBlock.position] as number,
      bytes,
      separatorAt,
      separatorLength,
      (flags & ListedBlock.continues) !== 0,
    )
    if ((flags & ListedBlock.large) !== 0) return
    const block = (words[listed + ListedBlock.blockAt] as number) >>> 2
    this.#keepChecksum(words[block] as number, words[block + 1] as number)
  }

  #keepChecksum(low: number, high: number): void {
    this.#checksums.push(low)
    this.#checksums.push(high)
  }

  /** Hands all large memory on, once. */
  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#output.release()
    this.#blockIndex.release()
    this.#checksums.release()
  }
}
