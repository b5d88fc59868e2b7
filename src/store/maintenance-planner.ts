/**
 * Turns the state of a store into jobs, and what came of them into edits. Decides by pure pickers and builds plain
 * data; carrying it out is the business of Maintenance.
 */
import {
  type CompactionPlan,
  type CompactionState,
  editOf,
  moveEditOf,
} from '../compaction/compaction-plan.ts'
import { allowancePerByte, isWorthFlushing } from '../compaction/idle-shares.ts'
import { pickLeveled } from '../compaction/leveled-picker.ts'
import {
  type CompactionJob,
  type FlushJob,
  type MergeResult,
  type NumberRange,
  outputNumberCount,
  plainBytesMax,
} from '../compaction/merge-job.ts'
import {
  planRequestedLeveled,
  planRequestedSizeTiered,
  type RequestedPlan,
} from '../compaction/requested-plan.ts'
import { pickSizeTiered } from '../compaction/size-tiered-picker.ts'
import type { KeyRange } from '../entry/key-range.ts'
import { sizeOf } from '../manifest/level.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ManifestState } from '../manifest/manifest-state.ts'
import type { VersionEdit } from '../manifest/version-edit.ts'
import { MemTable } from '../memtable/mem-table.ts'
import type { Leisure } from './leisure-watch.ts'
import type { LiveSequences } from './live-sequences.ts'
import type { MemTables } from './mem-tables.ts'
import { type Settings, segmentSettingsOf } from './settings.ts'

export interface MaintenancePlannerParts {
  readonly directory: string
  readonly settings: Settings
  readonly manifest: Manifest
  readonly tables: MemTables
  readonly live: LiveSequences
  readonly publishedSequence: () => number
  readonly reserveFileNumbers: (count: number) => NumberRange
}

/** Tables that are flushed in one merge, and one edit. */
export interface TableFlush {
  /** Newest first, the oldest there are; with none the edit is all there is to do. */
  readonly tables: readonly MemTable[]
  /** What the edit says besides; it counts for more than what follows from the tables. */
  readonly more: Omit<VersionEdit, 'added' | 'removed'>
  /** The tables are in segments now. */
  readonly install: (state: ManifestState) => void
}

const noSegments: ReadonlySet<number> = new Set()

export class MaintenancePlanner {
  readonly #parts: MaintenancePlannerParts
  #allowanceBytes = 0

  constructor(parts: MaintenancePlannerParts) {
    this.#parts = parts
  }

  /**
   * A flush of sealed tables, newest first, which are the oldest there are. When the store is calm nobody waits
   * for it, and nothing may come to compress it later: it is compressed at once.
   */
  flushJob(tables: readonly MemTable[], leisure: Leisure = 'none'): FlushJob {
    const { directory, live, manifest } = this.#parts
    const segmentSettings = segmentSettingsOf(this.#parts.settings, leisure === 'calm' ? 1 : 0)
    const bytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0)
    return {
      kind: 'flush',
      directory,
      arenas: tables.map((table) => table.arena),
      liveSequences: live.list(this.#parts.publishedSequence()),
      deeperIntervals: manifest.state.version.runs.map(({ run }) =>
        run.segments.map(({ smallestKey, largestKey }) => ({ smallestKey, largestKey })),
      ),
      segmentSettings,
      outputNumbers: this.#parts.reserveFileNumbers(outputNumberCount(bytes, segmentSettings)),
    }
  }

  /** What a flush changes: its segments are one run of level 0, and logs that only it needed are dropped. */
  flushEdit({ tables, more }: TableFlush, job: FlushJob | undefined, result: MergeResult): VersionEdit {
    if (job === undefined) return { added: [], removed: [], ...more }
    const flushedSequence = Math.min(
      Math.max(...tables.map((table) => table.largestSequence)),
      this.#parts.publishedSequence(),
    )
    const lowestLiveLog = this.#parts.tables.lowestLogWithout(tables)
    return {
      added: result.added.map((meta) => ({ level: 0, run: job.outputNumbers.first, meta })),
      removed: [],
      flushedSequence,
      ...(lowestLiveLog !== undefined && { lowestLiveLog }),
      ...more,
      nextFileNumber: Math.max(endOf(job.outputNumbers), more.nextFileNumber ?? 0),
    }
  }

  /** The merge of a plan that an edit alone cannot carry out. */
  compactionJob(plan: CompactionPlan): CompactionJob {
    const { directory, live } = this.#parts
    const segmentSettings = segmentSettingsOf(this.#parts.settings, plan.outputLevel)
    const bytes = plainBytesMax(plan.inputs.flatMap(({ segments }) => segments))
    const count = outputNumberCount(bytes, segmentSettings, plan.grandparents.length)
    return {
      kind: 'compaction',
      directory,
      inputs: plan.inputs.map((input) => input.segments),
      liveSequences: live.list(this.#parts.publishedSequence()),
      deeperIntervals: plan.deeperIntervals,
      grandparents: plan.grandparents,
      segmentSettings,
      outputNumbers: this.#parts.reserveFileNumbers(count),
    }
  }

  /** What a compaction changes. */
  compactionEdit(plan: CompactionPlan, job: CompactionJob | undefined, result: MergeResult): VersionEdit {
    if (job === undefined) return moveEditOf(plan)
    return { ...editOf(plan, result.added), nextFileNumber: endOf(job.outputNumbers) }
  }

  /** The compaction that is worth doing now, if any. */
  nextPlan(leisure: Leisure): CompactionPlan | undefined {
    const pick = this.#parts.settings.compaction === 'leveled' ? pickLeveled : pickSizeTiered
    return pick(this.#state(leisure))
  }

  /** Whether flushing the active table now would in the end give more of the disk back than it is worth. */
  isFlushWorthwhile(): boolean {
    const { settings, tables, manifest } = this.#parts
    if (settings.compaction !== 'leveled' || tables.sealedCount > 0) return false
    return isWorthFlushing(manifest.state.version, tables.active.sizeBytes, this.#allowanceBytes)
  }

  /** A flush wrote so much: that pays for rewriting while the store is calm. */
  earn(flushedBytes: number): void {
    this.#allowanceBytes += allowancePerByte * flushedBytes
  }

  /** The plan is carried out. */
  spend({ reason, kind, bytes }: CompactionPlan): void {
    if (reason !== 'idle' || kind === 'move') return
    this.#allowanceBytes = Math.max(0, this.#allowanceBytes - bytes)
  }

  /** The next step towards a range that is merged down as far as it goes; `undefined` when it is. */
  requestedPlan(range: KeyRange, leisure: Leisure): RequestedPlan {
    const plan =
      this.#parts.settings.compaction === 'leveled' ? planRequestedLeveled : planRequestedSizeTiered
    return plan(this.#state(leisure), range)
  }

  #state(leisure: Leisure): CompactionState {
    const { manifest, settings, live } = this.#parts
    return {
      version: manifest.state.version,
      settings: settings.tuning,
      busySegments: noSegments,
      oldestSequence: live.oldest ?? this.#parts.publishedSequence(),
      idle: leisure !== 'none',
      idleAllowanceBytes: leisure === 'calm' ? this.#allowanceBytes : 0,
    }
  }
}

/** What a merge has to read; of a MemTable all that is in use, which is more than its entries. */
export function inputBytesOf(job: FlushJob | CompactionJob): number {
  if (job.kind === 'compaction') return sizeOf(job.inputs.flat())
  return job.arenas.reduce((sum, arena) => sum + MemTable.attach(arena).sizeBytes, 0)
}

function endOf(range: NumberRange): number {
  return range.first + range.count
}
