/**
 * Carries out a flush or a compaction in plain TypeScript, in steps: merge → survivors → segments. A step does blocking I/O for a
 * bounded time, so that the same code runs in the worker thread, in slices between other work, or to the end at
 * once.
 *
 * Used where there is no compiled kernel, and what the other runner is compared with.
 *
 * A step cannot end inside one entry, one read or one sync; what exceeds its budget is at most that.
 */
import type { EntryView } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { invariant } from '../invariant.ts'
import { SegmentWriter } from '../segment/segment-writer.ts'
import type { Clock } from '../time/clock.ts'
import { DeeperRuns } from './deeper-runs.ts'
import { GrandparentLimit, overlappedSegmentCountMax } from './grandparent-limit.ts'
import type { MergeJob, MergeProgress, MergeResult } from './merge-job.ts'
import { MergeOutputs } from './merge-outputs.ts'
import type { MergeRunner, StepBudget } from './merge-runner.ts'
import { type MergeSource, openMergeSource } from './merge-source.ts'
import { Survivors } from './survivors.ts'

/** Entries between two looks at the clock, unless they are large. */
const entriesPerLook = 64
const bytesPerLook = 64 * 1024

/** Where the job is. `standing`: the cursor stands on a survivor that has still to be written. */
type Phase =
  | 'starting'
  | 'moving'
  | 'standing'
  | 'closing segment'
  | 'closing last segment'
  | 'done'
  | 'failed'

export class MergeJobRunner implements MergeRunner {
  readonly job: MergeJob
  readonly #clock: Clock
  readonly #source: MergeSource
  readonly #outputs: MergeOutputs<SegmentWriter>
  readonly #survivors: Survivors
  readonly #grandparents: GrandparentLimit
  #phase: Phase = 'starting'
  #entriesRead = 0
  #entriesDropped = 0
  #entryBytes = 0

  /** No I/O. */
  constructor(job: MergeJob, fs: FileSystem, clock: Clock) {
    this.job = job
    this.#clock = clock
    this.#source = openMergeSource(job, fs)
    this.#outputs = new MergeOutputs(
      job,
      fs,
      (file, number) => new SegmentWriter(file, number, job.segmentSettings),
    )
    this.#survivors = new Survivors(job.liveSequences, new DeeperRuns(job.deeperIntervals))
    const overlapBytesMax = overlappedSegmentCountMax * job.segmentSettings.segmentSizeBytes
    this.#grandparents = new GrandparentLimit(
      job.kind === 'compaction' ? job.grandparents : [],
      overlapBytesMax,
    )
  }

  get progress(): MergeProgress {
    return { entryBytes: this.#entryBytes, bytesWritten: this.#outputs.bytesWritten }
  }

  step(budget: StepBudget): boolean {
    invariant(this.#phase !== 'failed', 'a failed merge is not continued')
    const deadline = this.#clock.monotonicMs() + budget.durationMs
    const byteLimit = this.#entryBytes + budget.bytes
    try {
      while (this.#phase !== 'done') {
        this.#goOn()
        if (this.#entryBytes >= byteLimit || this.#clock.monotonicMs() >= deadline) break
      }
    } catch (error) {
      this.abort()
      throw error
    }
    return this.#phase === 'done'
  }

  result(): MergeResult {
    invariant(this.#phase === 'done', 'only a finished merge has a result')
    const { job } = this
    return {
      added: this.#outputs.added,
      bytesRead:
        job.kind === 'flush'
          ? this.#entryBytes
          : job.inputs.flat().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      bytesWritten: this.#outputs.bytesWritten,
      entriesRead: this.#entriesRead,
      entriesDropped: this.#entriesDropped,
    }
  }

  abort(): void {
    if (this.#phase === 'failed') return
    this.#phase = 'failed'
    this.#closeSource()
    this.#outputs.discard()
  }

  #goOn(): void {
    if (this.#phase === 'closing segment') {
      if (this.#outputs.finishStep()) this.#phase = 'standing'
    } else if (this.#phase === 'closing last segment') {
      if (this.#outputs.finishStep()) this.#finish()
    } else {
      this.#mergeSome()
    }
  }

  /** Deals with entries until it is time to look at the clock, a file was read, or a segment is full. */
  #mergeSome(): void {
    const byteLimit = this.#entryBytes + bytesPerLook
    for (let i = 0; i < entriesPerLook && this.#entryBytes < byteLimit; i += 1) {
      if (this.#phase !== 'standing') {
        if (!this.#move()) return
        if (!this.#meet(this.#source.cursor.entry)) continue
        if (this.#isSegmentFull(this.#source.cursor.entry)) {
          this.#phase = 'closing segment'
          return
        }
      }
      this.#outputs.open().add(this.#source.cursor.entry)
      this.#phase = 'moving'
    }
  }

  /** To the next entry; `false` when there is none, or a file had to be read first. */
  #move(): boolean {
    const { cursor } = this.#source
    const state = this.#phase === 'starting' ? cursor.rewind() : cursor.advance()
    if (state === CursorState.entry) {
      this.#phase = 'moving'
      return true
    }
    if (state === CursorState.pending) cursor.loadSync()
    else this.#phase = 'closing last segment'
    return false
  }

  /** Counts an entry; whether it outlives the merge. */
  #meet(entry: EntryView): boolean {
    this.#entriesRead += 1
    this.#entryBytes += entry.keyLength + entry.valueLength
    if (this.#survivors.keeps(entry)) return true
    this.#entriesDropped += 1
    return false
  }

  /** Whether the open segment has to end before this entry. Never within a key. */
  #isSegmentFull(entry: EntryView): boolean {
    const { keyBytes, keyStart, keyLength } = entry
    const isReached =
      this.#survivors.startsKey && this.#grandparents.isReachedAt(keyBytes, keyStart, keyLength)
    return this.#outputs.hasOpenSegment && (isReached || this.#outputs.writer.shouldClose(entry))
  }

  #finish(): void {
    this.#source.close()
    this.#outputs.syncDirectory()
    this.#phase = 'done'
  }

  #closeSource(): void {
    try {
      this.#source.close()
    } catch {
      // The files were only read.
    }
  }
}
