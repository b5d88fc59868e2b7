/**
 * The segments that a merge writes: each under its final, never used name, closed at a border between keys,
 * synced, and at the end their directory synced. Until the job's edit is in the manifest nothing refers to them,
 * so a failed merge leaves nothing behind but files that may be removed.
 */
import { joinPath, segmentFileName } from '../fs/file-names.ts'
import type { File, Files } from '../fs/file-system.ts'
import { invariant } from '../invariant.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { MergeJob } from './merge-job.ts'

/** What writes one of them. */
export interface OutputWriter {
  readonly bytesWritten: number
  finishStep(): SegmentMeta | undefined
  abort(): void
}

interface OpenOutput<W> {
  readonly file: File
  readonly writer: W
}

export class MergeOutputs<W extends OutputWriter> {
  readonly added: SegmentMeta[] = []
  readonly #job: MergeJob
  readonly #fs: Files
  readonly #createWriter: (file: File, number: number) => W
  #open: OpenOutput<W> | undefined
  /** Files created so far, which are the first of the job's numbers. */
  #createdCount = 0
  #finishedBytes = 0

  constructor(job: MergeJob, fs: Files, createWriter: (file: File, number: number) => W) {
    this.#job = job
    this.#fs = fs
    this.#createWriter = createWriter
  }

  /** Size of all files so far. */
  get bytesWritten(): number {
    return this.#finishedBytes + (this.#open?.writer.bytesWritten ?? 0)
  }

  get hasOpenSegment(): boolean {
    return this.#open !== undefined
  }

  /** The writer of the open segment; there must be one. */
  get writer(): W {
    invariant(this.#open !== undefined, 'a segment is open')
    return this.#open.writer
  }

  /** The writer of the open segment, or of the next one. */
  open(): W {
    this.#open ??= this.#create()
    return this.#open.writer
  }

  /** Does a part of finishing the open segment; whether it is done. Nothing may be added meanwhile. */
  finishStep(): boolean {
    if (this.#open === undefined) return true
    const meta = this.#open.writer.finishStep()
    if (meta === undefined) return false
    this.#open.file.closeSync()
    this.#open = undefined
    this.#finishedBytes += meta.sizeBytes
    this.added.push(meta)
    return true
  }

  /** Makes the names durable; all segments are finished. */
  syncDirectory(): void {
    if (this.added.length > 0) this.#fs.syncDirectorySync(this.#job.directory)
  }

  /** Removes everything. What cannot be removed is left to the next opening of the store, which finds it. */
  discard(): void {
    const open = this.#open
    this.#open = undefined
    open?.writer.abort()
    if (open !== undefined) tolerate(() => open.file.closeSync())
    for (let i = 0; i < this.#createdCount; i += 1) {
      tolerate(() => this.#fs.unlinkSync(this.#pathOf(this.#job.outputNumbers.first + i)))
    }
    this.#createdCount = 0
    this.added.length = 0
  }

  #create(): OpenOutput<W> {
    const { first, count } = this.#job.outputNumbers
    invariant(this.#createdCount < count, `${count} file numbers are enough for the outputs of a merge`)
    const number = first + this.#createdCount
    const file = this.#fs.openSync(this.#pathOf(number), 'create')
    this.#createdCount += 1
    return { file, writer: this.#createWriter(file, number) }
  }

  #pathOf(number: number): string {
    return joinPath(this.#job.directory, segmentFileName(number))
  }
}

function tolerate(act: () => void): void {
  try {
    act()
  } catch {
    // Nothing depends on it.
  }
}
