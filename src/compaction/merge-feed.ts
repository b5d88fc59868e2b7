/**
 * What brings the entries of one source into the memory of the merge kernel, a window at a time: a MemTable or a
 * run of segments. A window holds blocks as they are in files, or records put together here.
 */
import { copyRange } from '../bytes/copy-range.ts'
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, EntryFlag, type EntryView, keyLengthMax } from '../entry/entry.ts'
import { Source, WindowKind, WindowRecord } from '../kernel/merge-layout.ts'
import type { MergeMachine } from '../kernel/merge-machine.ts'
import { BlockWriter } from '../segment/block-writer.ts'
import { BlockEntryFlag, blockSizeBytesMax } from '../segment/segment-format.ts'

/** A window has room for sixteen blocks, and for the record of any entry that fits a block, or of any key. */
export const windowSizeBytes: number = keyLengthMax + 1 + WindowRecord.headerSizeBytes + blockSizeBytesMax

export interface MergeFeed {
  /**
   * The value of the last entry of the window stayed outside, since the entry is large: here it is, until the next
   * window.
   */
  readonly largeEntry: EntryView | undefined
  /** Puts the next window into the machine, or says that there is none. Blocks. Throws `CorruptionError`. */
  fill(machine: MergeMachine, source: number): void
  /** Lets go of files. */
  close(): void
}

/** Says that source number `source` has given all that it has. */
export function endSource(machine: MergeMachine, source: number): void {
  openWindow(machine, source, WindowKind.records, 0, 0)
  machine.set(machine.sourceAt(source) + Source.isLast, 1)
}

/** The source goes on with what lies between `start` and `end`. */
export function openWindow(
  machine: MergeMachine,
  source: number,
  kind: number,
  start: number,
  end: number,
): void {
  const at = machine.sourceAt(source)
  machine.set(at + Source.windowKind, kind)
  machine.set(at + Source.windowAt, start)
  machine.set(at + Source.windowEnd, end)
  machine.set(at + Source.count, 0)
  machine.set(at + Source.ordinal, 0)
}

/** Puts records into a window, one behind the other. */
export class RecordWindow {
  readonly #blockSizeBytes: number
  readonly #large: EntryView = createEntryView()
  #hasLarge = false
  #start = 0
  #end = 0
  #limit = 0

  /** `blockSizeBytes`: the most that a block of the output has; larger entries are for the owner. */
  constructor(blockSizeBytes: number) {
    this.#blockSizeBytes = blockSizeBytes
  }

  get largeEntry(): EntryView | undefined {
    return this.#hasLarge ? this.#large : undefined
  }

  begin(machine: MergeMachine, source: number): void {
    this.#start = machine.windowAt(source)
    this.#end = this.#start
    this.#limit = this.#start + machine.windowSizeBytes
    this.#hasLarge = false
  }

  /** Adds an entry; `false` when it has to wait for the next window. A large one is the last of its window. */
  add(machine: MergeMachine, entry: EntryView): boolean {
    if (this.#hasLarge) return false
    const { keyLength, valueLength } = entry
    const isLarge = !BlockWriter.couldFit(entry, this.#blockSizeBytes)
    const length = keyLength + (isLarge ? 0 : valueLength)
    const at = this.#end
    const end = (at + WindowRecord.headerSizeBytes + length + 7) & ~7
    if (end > this.#limit) return false
    const { bytes } = machine
    machine.setLong(at + WindowRecord.sequence, entry.sequenceNumber)
    machine.set(at + WindowRecord.flags, flagsOf(entry, isLarge))
    machine.set(at + WindowRecord.keyLength, keyLength)
    machine.set(at + WindowRecord.valueLength, valueLength)
    const keyAt = at + WindowRecord.headerSizeBytes
    copyRange(entry.keyBytes, entry.keyStart, keyLength, bytes, keyAt)
    if (!isLarge) copyRange(entry.valueBytes, entry.valueStart, valueLength, bytes, keyAt + keyLength)
    else copyEntryView(entry, this.#large)
    this.#hasLarge = isLarge
    this.#end = end
    return true
  }

  /** Hands the window over; there is none when nothing was added. */
  end(machine: MergeMachine, source: number): void {
    if (this.#end === this.#start) endSource(machine, source)
    else openWindow(machine, source, WindowKind.records, this.#start, this.#end)
  }
}

function flagsOf({ kind, flags }: EntryView, isLarge: boolean): number {
  return (
    kind |
    ((flags & EntryFlag.asciiValue) === 0 ? 0 : BlockEntryFlag.asciiValue) |
    (isLarge ? WindowRecord.valueElsewhere : 0)
  )
}
