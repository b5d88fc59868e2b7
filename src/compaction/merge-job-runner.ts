/**
 * Carries out a flush or a compaction in plain TypeScript: merge → survivors → segments. Used where there is no compiled
 * kernel, and what the other runner is compared with.
 */
import type { EntryView } from '../entry/entry.ts'
import { CursorState } from '../entry/entry-cursor.ts'
import type { Files } from '../fs/file-system.ts'
import { SegmentWriter } from '../segment/segment-writer.ts'
import type { Clock } from '../time/clock.ts'
import { DeeperRuns } from './deeper-runs.ts'
import type { MergeJob } from './merge-job.ts'
import { type MergeSource, openMergeSource } from './merge-source.ts'
import { SteppedMerge } from './stepped-merge.ts'
import { Survivors } from './survivors.ts'

/** Entries between two looks at the clock, unless they are large. */
const entriesPerLook = 64
const bytesPerLook = 64 * 1024

export class MergeJobRunner extends SteppedMerge<SegmentWriter> {
  readonly #source: MergeSource
  readonly #survivors: Survivors
  #hasStarted = false
  /** The cursor stands on a survivor that has still to be written. */
  #isStanding = false

  /** No I/O. */
  constructor(job: MergeJob, fs: Files, clock: Clock) {
    super(job, fs, clock, (file, number) => new SegmentWriter(file, number, job.segmentSettings))
    this.#source = openMergeSource(job, fs)
    this.#survivors = new Survivors(job.liveSequences, new DeeperRuns(job.deeperIntervals))
  }

  /** Deals with entries until it is time to look at the clock, a file was read, or a segment is full. */
  protected override merge(): void {
    const byteLimit = this.entryBytes + bytesPerLook
    for (let i = 0; i < entriesPerLook && this.entryBytes < byteLimit; i += 1) {
      if (!this.#isStanding) {
        if (!this.#move()) return
        if (!this.#meet(this.#source.cursor.entry)) continue
        if (this.#isSegmentFull(this.#source.cursor.entry)) {
          this.#isStanding = true
          this.closeSegment()
          return
        }
      }
      this.outputs.open().add(this.#source.cursor.entry)
      this.#isStanding = false
    }
  }

  protected override release(): void {
    try {
      this.#source.close()
    } catch {
      // The files were only read.
    }
  }

  /** To the next entry; `false` when there is none, or a file had to be read first. */
  #move(): boolean {
    const { cursor } = this.#source
    const state = this.#hasStarted ? cursor.advance() : cursor.rewind()
    if (state === CursorState.entry) {
      this.#hasStarted = true
      return true
    }
    if (state === CursorState.pending) cursor.loadSync()
    else this.closeLastSegment()
    return false
  }

  /** Counts an entry; whether it outlives the merge. */
  #meet(entry: EntryView): boolean {
    this.entriesRead += 1
    this.entryBytes += entry.keyLength + entry.valueLength
    if (this.#survivors.keeps(entry)) return true
    this.entriesDropped += 1
    return false
  }

  /** Whether the open segment has to end before this entry. Never within a key. */
  #isSegmentFull(entry: EntryView): boolean {
    const { keyBytes, keyStart, keyLength } = entry
    const isReached =
      this.#survivors.startsKey && this.grandparents.isReachedAt(keyBytes, keyStart, keyLength)
    return this.outputs.hasOpenSegment && (isReached || this.outputs.writer.shouldClose(entry))
  }
}
