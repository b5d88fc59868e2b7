/**
 * What goes on behind the writes: sealed MemTables are flushed to level 0, in their order, and compactions keep
 * the levels in shape. Decides when; the merging itself runs in the worker, or in slices in this thread. One
 * flush and one compaction at a time. Failures before an edit are tried again with growing patience: the log
 * keeps the data. Failures of the edit itself, and damage found by a merge, make the store refuse writes.
 *
 * Level 0 never grows over its limit: a flush that would make it waits for a compaction, MemTables fill up, and
 * writes wait for them.
 */
import type { CompactionPlan } from '../compaction/compaction-plan.ts'
import type { CompactionJob, FlushJob, MergeResult } from '../compaction/merge-job.ts'
import type { KeyRange } from '../entry/key-range.ts'
import { isDiskFull, StorageError } from '../errors.ts'
import type { ManifestState } from '../manifest/manifest-state.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { MergeExecutor, MergeHandle } from '../worker/merge-executor.ts'
import { BackgroundJob } from './background-job.ts'
import { Deferred } from './deferred.ts'
import { JobStatistics } from './job-statistics.ts'
import type { Leisure } from './leisure-watch.ts'
import {
  inputBytesOf,
  MaintenancePlanner,
  type MaintenancePlannerParts,
  type TableFlush,
} from './maintenance-planner.ts'
import { failedMerge, isWorthRetrying, nothingToMerge } from './merge-outcomes.ts'
import type { RecoveryJob } from './recovery-job.ts'
import type { StoreEvents } from './store-events.ts'
import { asStoreError, type StoreHealth } from './store-health.ts'
import type { JobStatus } from './store-status.ts'

export interface MaintenanceParts extends MaintenancePlannerParts {
  readonly health: StoreHealth
  readonly events: StoreEvents
  readonly executor: MergeExecutor
  /** Runs in this thread what is not worth starting another for. */
  readonly inlineExecutor: MergeExecutor
  readonly scheduler: Scheduler
  readonly monotonicMs: () => number
  /** The folder is going to change: takes the proof of the clean close away. */
  readonly beforeChange: () => Promise<void>
  readonly beforeChangeSync: () => void
  /** These tables are in segments now: puts the Version in the picture and lets go of their memory and logs. */
  readonly installFlush: (state: ManifestState, flushed: readonly MemTable[]) => void
  readonly installCompaction: (state: ManifestState) => void
  /** Memory became free, or the state changed: writes that wait should try again. */
  readonly onRoom: () => void
  readonly onFlushFailed: (error: unknown) => void
  /** Whether a write waits for memory or for level 0. */
  readonly isWriteWaiting: () => boolean
  /** Comes before all other flushes and compactions, and before all writes. */
  readonly recovery: RecoveryJob
  /** Files that a merge wrote and no edit will name. */
  readonly removeOutputs: (added: readonly SegmentMeta[]) => void
}

/** Merges of no more than this take a few milliseconds: less than starting a thread. */
export const inlineBytesMax: number = 512 * 1024
/** A compaction that reads no more is finished rather than given up when the store closes. */
const finishedAtCloseBytesMax = 4 * 1024 * 1024
/** Up to here memory for MemTables is in normal use: one is filled while another is flushed. */
const easyMemoryShare = 0.5
const firstRetryDelayMs = 100
const lastRetryDelayMs = 10_000

export class Maintenance {
  readonly #parts: MaintenanceParts
  readonly #planner: MaintenancePlanner
  #flush: BackgroundJob | undefined
  #compaction: BackgroundJob | undefined
  /** Size of what the running compaction reads. */
  #compactionBytes = 0
  #jobNumber = 0
  #isClosed = false
  #leisure: Leisure = 'none'
  #retryDelayMs = firstRetryDelayMs
  #cancelRetry: (() => void) | undefined
  #isRetryKeptAlive = false
  /** Why the last flush failed; cleared by one that does not. */
  #flushFailure: unknown
  /** The same of compactions. */
  #compactionFailure: unknown
  /** Settled whenever a job ends, well or not. */
  #jobEnded = new Deferred()
  readonly #flushStatistics = new JobStatistics()
  readonly #compactionStatistics = new JobStatistics()

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
    this.#planner = new MaintenancePlanner(parts)
  }

  /** Whether what a crash left is still to be put in segments. */
  get isRecovering(): boolean {
    return this.#parts.recovery.isPending
  }

  get flushes(): JobStatus {
    return this.#flushStatistics.status(this.#flush === undefined ? 0 : 1)
  }

  get compactions(): JobStatus {
    return this.#compactionStatistics.status(this.#compaction === undefined ? 0 : 1)
  }

  /** Why the last flush failed, or the compaction that flushes wait for. */
  get flushFailure(): unknown {
    return this.#flushFailure ?? (this.isLevel0Full ? this.#compactionFailure : undefined)
  }

  /** Whether level 0 is what keeps flushes waiting. */
  get isLevel0Full(): boolean {
    return this.#level0RunCount >= this.#parts.settings.tuning.level0RunCountMax
  }

  /**
   * How near writes are to having to wait, from 0 (far) to 1 (they wait): by the runs on level 0, and by how much
   * of the memory for MemTables is full.
   */
  get pressure(): number {
    const { level0RunCount, level0RunCountMax, arenaCountMax, arenaSizeBytes } = this.#parts.settings.tuning
    const { tables } = this.#parts
    const easyRunCount = Math.min(2 * level0RunCount, level0RunCountMax - 1)
    const runs = (this.#level0RunCount - easyRunCount) / (level0RunCountMax - easyRunCount)
    const filled = (tables.sealedCount + tables.active.sizeBytes / arenaSizeBytes) / arenaCountMax
    return Math.min(1, Math.max(0, runs, (filled - easyMemoryShare) / (1 - easyMemoryShare)))
  }

  /** Starts what there is to do. Called whenever something changed. */
  schedule(): void {
    if (this.#isClosed || this.#parts.health.state === 'failed') return
    this.#startFlush()
    this.#startCompaction()
  }

  /** The oldest sealed table may be ready now. Called often, so it looks for nothing else. */
  tablesSettled(): void {
    if (!this.#isClosed && this.#flush === undefined) this.#startFlush()
  }

  /** Decides what is worth doing from now on; begins nothing. */
  setLeisure(leisure: Leisure): void {
    this.#leisure = leisure
  }

  /** Whether a store that is calm should have its active table sealed, so that it is flushed. */
  isFlushWorthwhile(): boolean {
    if (this.#isClosed || this.isRecovering || this.#parts.health.state !== 'open') return false
    return this.#cancelRetry === undefined && this.#planner.isFlushWorthwhile()
  }

  /** Whether somebody waits for the jobs that run, or will be tried again: then they keep the process alive. */
  keepAlive(isKept: boolean): void {
    this.#flush?.keepAlive(isKept)
    this.#compaction?.keepAlive(isKept)
    if (!isKept || this.#isClosed) return
    if (this.#cancelRetry !== undefined && !this.#isRetryKeptAlive) this.#armRetry(true)
  }

  /**
   * A write begins to wait for room. When the last flush found the disk full, it is tried again at once, so that
   * the write is refused, or goes on, without waiting out the patience of before.
   */
  makeRoom(): void {
    if (isDiskFull(this.flushFailure)) {
      this.#retryNow()
      this.schedule()
    }
    this.keepAlive(true)
  }

  /** The state of the store changed: whoever waits for a job looks again. */
  wake(): void {
    const ended = this.#jobEnded
    this.#jobEnded = new Deferred()
    ended.resolve()
  }

  /** Resolves when all these tables, and what was recovered, are in segments; rejects when the store fails. */
  async flushed(tables: readonly MemTable[], signal: AbortSignal | undefined): Promise<void> {
    while (this.isRecovering || tables.some((table) => this.#parts.tables.sealed.includes(table))) {
      signal?.throwIfAborted()
      this.#refuseIfStopped()
      this.schedule()
      this.keepAlive(true)
      await this.#jobEnded.promise
      if (this.flushFailure !== undefined) throw this.flushFailure
    }
  }

  /** Rejects with the cause when a flush fails before `isOver`. */
  async flushFailed(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#jobEnded.promise
      if (!isOver() && this.flushFailure !== undefined) throw this.flushFailure
    }
  }

  /** Merges everything in the range down as far as it goes. */
  async compact(range: KeyRange, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      this.#refuseIfStopped()
      if (this.#compaction !== undefined) {
        this.keepAlive(true)
        await this.#jobEnded.promise
        continue
      }
      const plan = this.#planner.requestedPlan(range, this.#leisure)
      if (plan === undefined) return
      if (plan === 'busy') await this.#jobEnded.promise
      else await this.#runCompaction(plan).done
    }
  }

  /** Waits until neither a flush nor a compaction runs; begins none. */
  async jobsEnded(): Promise<void> {
    await Promise.allSettled([this.#flush?.done, this.#compaction?.done])
  }

  /** Waits until no flush or compaction runs or is due. */
  async idle(): Promise<void> {
    for (;;) {
      this.schedule()
      if (this.#flush === undefined && this.#compaction === undefined) return
      this.keepAlive(true)
      await this.#jobEnded.promise
    }
  }

  /** Makes room for writes, blocking: finishes a flush, or the compaction that a flush waits for. */
  makeRoomSync(): void {
    const need = this.isRecovering
      ? 'what a crash left must be in segments before this write'
      : 'there is no memory for this write'
    const ended = this.#jobEnded
    try {
      this.#parts.manifest.finishPendingSync()
    } catch (error) {
      throw asStoreError(error, `${need}, and that failed`)
    }
    // A job that only waited for its edit is through: that may be room enough.
    if (ended !== this.#jobEnded) return
    this.#retryNow()
    this.schedule()
    const job = this.#flush ?? this.#compaction
    if (job === undefined) {
      const problem = `${need}, and nothing to that end is under way`
      if (this.flushFailure !== undefined) throw asStoreError(this.flushFailure, problem)
      throw new StorageError(problem)
    }
    try {
      job.finishSync()
      this.#parts.manifest.finishPendingSync()
    } catch (error) {
      // At once, so that the next blocking write begins anew even when nothing else runs in between.
      if (job.hasFailed) this.#jobFailed(job, error)
      throw asStoreError(error, `${need}, and that failed`)
    }
  }

  /** Flushes tables at once, newest first, in one merge, for closing and for resuming after a full disk. */
  async flushTogether(flush: TableFlush): Promise<void> {
    await this.#parts.beforeChange()
    const job = this.#planner.flushJob(flush.tables)
    const result = await this.#executorFor(job).run(job).done
    this.#flushStatistics.succeeded(result, 0)
    try {
      await this.#parts.manifest.append(this.#planner.flushEdit(flush, job, result), flush.install)
    } catch (error) {
      if (isDiskFull(error)) this.#parts.removeOutputs(result.added)
      throw error
    }
  }

  /**
   * Stops: nothing new is begun, a flush is let end, and a compaction given up, unless it is so small that it is
   * done in no time: a store that is opened for a single write again and again must not pile up runs.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#finishOrCancel()
    this.keepAlive(true)
    await this.jobsEnded()
    this.wake()
  }

  #executorFor(job: FlushJob | CompactionJob): MergeExecutor {
    return inputBytesOf(job) <= inlineBytesMax ? this.#parts.inlineExecutor : this.#parts.executor
  }

  #finishOrCancel(): void {
    const compaction = this.#compaction
    if (compaction === undefined) return
    if (this.#compactionBytes > finishedAtCloseBytesMax || this.#parts.health.state !== 'open') {
      compaction.cancel()
      return
    }
    try {
      this.#parts.manifest.finishPendingSync()
      compaction.finishSync()
    } catch {
      // Its inputs are still in force; the next opening tries again.
    }
  }

  get #level0RunCount(): number {
    return this.#parts.manifest.state.version.levels[0]?.runs.length ?? 0
  }

  #refuseIfStopped(): void {
    const { health } = this.#parts
    if (this.#isClosed) throw health.closedError()
    if (!health.isWritable) throw health.refusal()
  }

  #startFlush(): void {
    if (this.#flush !== undefined || this.#cancelRetry !== undefined) return
    if (this.#parts.health.state !== 'open') return
    const recovery = this.#parts.recovery.flush
    if (recovery !== undefined) this.#runFlush(recovery, 'none')
    else if (!this.isLevel0Full) this.#flushOldest()
  }

  #flushOldest(): void {
    const table = this.#parts.tables.flushable
    if (table === undefined) return
    const tables = [table]
    const install = (state: ManifestState): void => this.#parts.installFlush(state, tables)
    this.#runFlush({ tables, more: {}, install }, this.#leisure)
  }

  #runFlush(flush: TableFlush, leisure: Leisure): void {
    const { tables } = flush
    const job = tables.length === 0 ? undefined : this.#planner.flushJob(tables, leisure)
    const began = this.#begin()
    this.#parts.events.emit('flushBegin', {
      job: began.job,
      entryCount: tables.reduce((sum, { entryCount }) => sum + entryCount, 0),
      sizeBytes: tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })
    const install = (result: MergeResult) => (state: ManifestState) => {
      this.#flush = undefined
      this.#flushFailure = undefined
      this.#retryDelayMs = firstRetryDelayMs
      flush.install(state)
      this.#finishedFlush(began, result)
    }
    const running = this.#run(job, (result) => this.#planner.flushEdit(flush, job, result), install)
    this.#flush = running
    running.done.catch((error: unknown) => this.#jobFailed(running, error))
  }

  #startCompaction(): void {
    if (this.isRecovering) return
    if (this.#compaction !== undefined || this.#cancelRetry !== undefined || this.#isClosed) return
    if (this.#parts.health.state !== 'open') return
    // What is being flushed comes into the same merge, instead of making it happen twice.
    const plan = this.#planner.nextPlan(this.#flush === undefined ? this.#leisure : 'none')
    if (plan !== undefined) this.#runCompaction(plan).keepAlive(false)
  }

  #runCompaction(plan: CompactionPlan): BackgroundJob {
    const began = this.#begin()
    const segments = plan.inputs.flatMap((input) => input.segments.map(({ number }) => number))
    const level = plan.inputs[0]?.level ?? 0
    const { outputLevel, bytes, reason } = plan
    this.#compactionBytes = bytes
    this.#parts.events.emit('compactionBegin', {
      job: began.job,
      level,
      outputLevel,
      segments,
      bytes,
      reason,
    })
    const install = (result: MergeResult) => (state: ManifestState) => {
      this.#compaction = undefined
      this.#compactionFailure = undefined
      this.#retryDelayMs = firstRetryDelayMs
      this.#planner.spend(plan)
      this.#parts.installCompaction(state)
      this.#finishedCompaction(began, result)
    }
    const job = plan.kind === 'move' ? undefined : this.#planner.compactionJob(plan)
    const compaction = this.#run(job, (result) => this.#planner.compactionEdit(plan, job, result), install)
    this.#compaction = compaction
    compaction.done.catch((error: unknown) => this.#jobFailed(compaction, error))
    return compaction
  }

  /** Runs a merge (or none, for a move) and installs its outcome. */
  #run(
    job: FlushJob | CompactionJob | undefined,
    edit: (result: MergeResult) => VersionEdit,
    install: (result: MergeResult) => (state: ManifestState) => void,
  ): BackgroundJob {
    const { manifest, health } = this.#parts
    const failed = (error: unknown, result: MergeResult): unknown => {
      if (isDiskFull(error)) this.#parts.removeOutputs(result.added)
      else health.poison(error)
      return error
    }
    return new BackgroundJob({
      handle: this.#startMerge(job),
      install: (result) =>
        manifest.append(edit(result), install(result)).catch((error: unknown) => {
          throw failed(error, result)
        }),
      installSync: (result) => {
        try {
          manifest.appendSync(edit(result), install(result))
        } catch (error) {
          throw failed(error, result)
        }
      },
    })
  }

  #startMerge(job: FlushJob | CompactionJob | undefined): MergeHandle {
    try {
      this.#parts.beforeChangeSync()
      return job === undefined ? nothingToMerge : this.#executorFor(job).run(job)
    } catch (error) {
      return failedMerge(error)
    }
  }

  #begin(): Began {
    this.#jobNumber++
    return { job: this.#jobNumber, atMs: this.#parts.monotonicMs() }
  }

  #finishedFlush(began: Began, result: MergeResult): void {
    const durationMs = this.#parts.monotonicMs() - began.atMs
    this.#flushStatistics.succeeded(result, durationMs)
    this.#planner.earn(result.bytesWritten)
    const segments = result.added.map(({ number }) => number)
    this.#parts.events.emit('flushEnd', {
      job: began.job,
      segments,
      bytesWritten: result.bytesWritten,
      durationMs,
    })
    this.#signalEnd()
  }

  #finishedCompaction(began: Began, result: MergeResult): void {
    const durationMs = this.#parts.monotonicMs() - began.atMs
    this.#compactionStatistics.succeeded(result, durationMs)
    const { bytesRead, bytesWritten } = result
    const segments = result.added.map(({ number }) => number)
    this.#parts.events.emit('compactionEnd', {
      job: began.job,
      segments,
      bytesRead,
      bytesWritten,
      durationMs,
    })
    this.#signalEnd()
  }

  /** A job ended: tells who waits, and looks for more to do once the running code is through. */
  #signalEnd(): void {
    this.wake()
    this.#parts.onRoom()
    this.#parts.scheduler.microtask(() => this.schedule())
  }

  /** Only the first time that it is told so of a job. */
  #jobFailed(job: BackgroundJob, error: unknown): void {
    if (job === this.#flush) {
      this.#flush = undefined
      this.#flushFailure = error
      this.#failed(this.#flushStatistics, error)
    } else if (job === this.#compaction) {
      this.#compaction = undefined
      this.#compactionFailure = error
      if (!this.#isClosed) this.#failed(this.#compactionStatistics, error)
      this.#signalEnd()
    }
  }

  #failed(statistics: JobStatistics, error: unknown): void {
    statistics.failed()
    const { health, events } = this.#parts
    if (!isWorthRetrying(error)) health.poison(error)
    if (health.state !== 'failed' && !this.#isClosed) {
      const shown = error instanceof Error ? error : new Error(String(error))
      events.emit('error', { error: shown, fatal: false })
      if (isDiskFull(error) && this.#areWritesStopped) health.enterFull(error)
      this.#armRetry(false)
    }
    if (this.flushFailure !== undefined) this.#parts.onFlushFailed(error)
    this.wake()
    this.#parts.onRoom()
  }

  /** Whether there is no memory for writes, or for the one that waits, before a flush succeeds. */
  get #areWritesStopped(): boolean {
    if (this.isRecovering) return true
    if (this.#parts.tables.sealedCount >= this.#parts.settings.tuning.arenaCountMax - 1) return true
    return this.flushFailure !== undefined && this.#parts.isWriteWaiting()
  }

  #retryNow(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  /** Looks again later for what there is to do. */
  #armRetry(keepsAlive: boolean): void {
    this.#cancelRetry?.()
    this.#isRetryKeptAlive = keepsAlive
    const retry = (): void => {
      this.#cancelRetry = undefined
      this.#retryDelayMs = Math.min(2 * this.#retryDelayMs, lastRetryDelayMs)
      this.schedule()
    }
    this.#cancelRetry = this.#parts.scheduler.timer(this.#retryDelayMs, retry, keepsAlive)
  }
}

interface Began {
  readonly job: number
  readonly atMs: number
}
