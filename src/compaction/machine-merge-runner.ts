/**
 * Carries out a flush or a compaction, as MergeJobRunner does, with the merge kernel for everything that
 * concerns single entries: order, survivors, blocks, hashes. This class brings it what it asks for: windows of its
 * sources, room for its output, and the answers to questions about keys.
 */
import { createEntryView, EntryFlag, type EntryKind, type EntryView } from '../entry/entry.ts'
import type { Files } from '../fs/file-system.ts'
import { InvariantError, invariant } from '../invariant.ts'
import {
  boundaryKeyAt,
  Control,
  MergeExit,
  noBoundary,
  Source,
  WindowRecord,
} from '../kernel/merge-layout.ts'
import { giveMergeMachine, type MergeMachine } from '../kernel/merge-machine.ts'
import { MachineSegmentWriter } from '../segment/machine-segment-writer.ts'
import { BlockEntryFlag, blockSizeBytesMax } from '../segment/segment-format.ts'
import type { Clock } from '../time/clock.ts'
import { DeeperRuns } from './deeper-runs.ts'
import { type MergeFeed, windowSizeBytes } from './merge-feed.ts'
import type { MergeJob } from './merge-job.ts'
import { RunFeed } from './run-feed.ts'
import { SteppedMerge } from './stepped-merge.ts'
import { TableFeed } from './table-feed.ts'

/** Bytes of keys and values between two looks at the clock. */
const bytesPerLook = 64 * 1024

export class MachineMergeRunner extends SteppedMerge<MachineSegmentWriter> {
  readonly #machine: MergeMachine
  readonly #feeds: readonly MergeFeed[]
  readonly #deeper: DeeperRuns
  readonly #entry = createEntryView()
  #hasBegun = false

  /** No I/O. The machine is given back in the end. */
  constructor(job: MergeJob, fs: Files, clock: Clock, machine: MergeMachine) {
    const { segmentSettings } = job
    super(job, fs, clock, (file, number) => {
      return new MachineSegmentWriter(file, number, segmentSettings, machine)
    })
    this.#machine = machine
    this.#feeds = feedsOf(job, fs)
    this.#deeper = new DeeperRuns(job.deeperIntervals)
  }

  protected override merge(): void {
    if (!this.#hasBegun) this.#begin(this.#machine)
    this.#merge(this.#machine)
  }

  protected override release(): void {
    for (const feed of this.#feeds) {
      try {
        feed.close()
      } catch {
        // The files were only read.
      }
    }
    giveMergeMachine(this.#machine)
  }

  #begin(machine: MergeMachine): void {
    const { job } = this
    const { segmentSettings } = job
    machine.begin({
      sourceCount: this.#feeds.length,
      windowSizeBytes,
      liveSequences: job.liveSequences,
      outputSizeBytes: Math.max(segmentSettings.outputBufferBytes, 2 * blockSizeBytesMax),
    })
    machine.set(Control.blockSizeMax, segmentSettings.blockSizeBytes)
    machine.set(Control.segmentSizeMax, segmentSettings.segmentSizeBytes)
    machine.set(Control.blockCountMax, segmentSettings.blockCountMax)
    machine.set(Control.isCompressing, segmentSettings.compression === 'lz4' ? 1 : 0)
    machine.set(Control.deeperRunCount, job.deeperIntervals.length)
    this.#setBoundary(machine)
    this.#hasBegun = true
  }

  /** Lets the machine go on, and does what it stopped for. */
  #merge(machine: MergeMachine): void {
    const exit = machine.run(bytesPerLook)
    this.entriesRead = machine.get(Control.entriesRead)
    this.entriesDropped = machine.get(Control.entriesDropped)
    this.entryBytes = machine.getLong(Control.entryBytes)
    const source = machine.get(Control.sourceIndex)
    switch (exit) {
      case MergeExit.budgetUsed:
        return
      case MergeExit.done:
        this.closeLastSegment()
        return
      case MergeExit.windowNeeded:
        this.#feedOf(source).fill(machine, source)
        return
      case MergeExit.outputFull:
        this.outputs.writer.takeOutput()
        return
      case MergeExit.keyListFull:
        machine.growKeys()
        return
      case MergeExit.tombstoneAsked:
        machine.set(Control.answer, this.#mayLieDeeper(machine, source) ? 1 : 0)
        return
      case MergeExit.boundaryPassed:
        this.#passBoundary(machine, source)
        return
      case MergeExit.segmentFull:
        this.closeSegment()
        return
      case MergeExit.segmentNeeded:
        this.outputs.open()
        return
      case MergeExit.largeEntry:
        this.#addLarge(machine, source)
        return
      default:
        throw new InvariantError(`an entry of source ${source} of a merge is out of order`)
    }
  }

  #feedOf(source: number): MergeFeed {
    return this.#feeds[source] as MergeFeed
  }

  #mayLieDeeper(machine: MergeMachine, source: number): boolean {
    const at = machine.sourceAt(source)
    return this.#deeper.mayHold(
      machine.bytes,
      machine.get(at + Source.keyAt),
      machine.get(at + Source.keyLength),
    )
  }

  #passBoundary(machine: MergeMachine, source: number): void {
    const at = machine.sourceAt(source)
    const isReached = this.grandparents.isReachedAt(
      machine.bytes,
      machine.get(at + Source.keyAt),
      machine.get(at + Source.keyLength),
    )
    machine.set(Control.answer, isReached ? 1 : 0)
    this.#setBoundary(machine)
  }

  #setBoundary(machine: MergeMachine): void {
    const { boundary } = this.grandparents
    machine.set(Control.boundaryLength, boundary?.length ?? noBoundary)
    if (boundary !== undefined) machine.bytes.set(boundary, boundaryKeyAt)
  }

  #addLarge(machine: MergeMachine, source: number): void {
    const entry = this.#entry
    viewEntry(machine, source, entry)
    const at = machine.sourceAt(source)
    const isOlder = this.outputs.writer.isOlderVersion(entry)
    if ((machine.get(at + Source.entryFlags) & WindowRecord.valueElsewhere) !== 0) {
      const large = this.#feedOf(source).largeEntry
      invariant(large !== undefined, 'the value of a large entry is where its window came from')
      this.outputs.writer.addLarge(large, isOlder)
    } else {
      this.outputs.writer.addLarge(entry, isOlder)
    }
  }
}

function feedsOf(job: MergeJob, fs: Files): MergeFeed[] {
  const { blockSizeBytes } = job.segmentSettings
  if (job.kind === 'flush') return job.arenas.map((arena) => new TableFeed(arena, blockSizeBytes))
  return job.inputs.map((segments) => new RunFeed(fs, job.directory, segments, blockSizeBytes))
}

/** Points the view at the entry that a source stands on. */
function viewEntry(machine: MergeMachine, source: number, out: EntryView): void {
  const at = machine.sourceAt(source)
  const flags = machine.get(at + Source.entryFlags)
  out.keyBytes = machine.bytes
  out.keyStart = machine.get(at + Source.keyAt)
  out.keyLength = machine.get(at + Source.keyLength)
  out.valueBytes = machine.bytes
  out.valueStart = machine.get(at + Source.valueAt)
  out.valueLength = machine.get(at + Source.valueLength)
  out.sequenceNumber = machine.getLong(at + Source.sequence)
  out.kind = (flags & BlockEntryFlag.kindMask) as EntryKind
  out.flags = (flags & BlockEntryFlag.asciiValue) === 0 ? 0 : EntryFlag.asciiValue
}
