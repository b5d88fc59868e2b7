/**
 * A store without files: segments are lists of entries in memory. It carries out compaction plans by the rule of
 * survivors, and knows what every reader must see, so that pickers can be tried on thousands of histories.
 */
import type {
  CompactionPlan,
  CompactionSettings,
  CompactionState,
} from '../../src/compaction/compaction-plan.ts'
import { editOf, moveEditOf } from '../../src/compaction/compaction-plan.ts'
import { DeeperRuns } from '../../src/compaction/deeper-runs.ts'
import { Survivors } from '../../src/compaction/survivors.ts'
import { createEntryView, EntryKind, type EntryView } from '../../src/entry/entry.ts'
import { Version } from '../../src/manifest/version.ts'
import type { SegmentMeta } from '../../src/segment/segment-meta.ts'
import { segmentMeta } from './segment-metas.ts'

export interface ModelEntry {
  readonly key: string
  readonly sequence: number
  readonly kind: EntryKind
}

/** Bytes of an entry in the model. */
const entrySizeBytes = 10

export class CompactionModel {
  readonly settings: CompactionSettings
  version: Version = Version.empty
  readonly #contents = new Map<number, readonly ModelEntry[]>()
  readonly #writes: ModelEntry[] = []
  readonly #readers: number[] = []
  #nextNumber = 1
  #sequence = 0

  constructor(settings: CompactionSettings) {
    this.settings = settings
  }

  state(
    idle: boolean,
    busySegments: ReadonlySet<number> = new Set(),
    idleAllowanceBytes = 0,
  ): CompactionState {
    const oldestSequence = Math.min(...this.liveSequences)
    const { version, settings } = this
    return { version, settings, busySegments, oldestSequence, idle, idleAllowanceBytes }
  }

  /** What readers look at, the newest sequence included; ascending. */
  get liveSequences(): number[] {
    return [...new Set([...this.#readers, this.#sequence])].sort((a, b) => a - b)
  }

  /** From now on somebody looks at the present state. */
  addReader(): void {
    this.#readers.push(this.#sequence)
  }

  removeOldestReader(): void {
    this.#readers.shift()
  }

  /** A MemTable with these writes, in this order, becomes the newest run. */
  flush(writes: readonly { readonly key: string; readonly isDeleted: boolean }[]): void {
    const entries = writes.map(({ key, isDeleted }) => {
      this.#sequence += 1
      return { key, sequence: this.#sequence, kind: isDeleted ? EntryKind.tombstone : EntryKind.put }
    })
    this.#writes.push(...entries)
    const outputs = this.#store([...entries].sort(inInternalKeyOrder))
    const run = this.#nextNumber++
    this.version = this.version.apply({
      added: outputs.map((meta) => ({ level: 0, run, meta })),
      removed: [],
    })
  }

  /** Does what the plan says. Returns the bytes that were written. */
  carryOut(plan: CompactionPlan): number {
    if (plan.kind === 'move') {
      this.version = this.version.apply(moveEditOf(plan))
      return 0
    }
    const segments = plan.inputs.flatMap((input) => input.segments)
    const entries = segments.flatMap((meta) => this.entriesOf(meta)).sort(inInternalKeyOrder)
    const survivors = new Survivors(this.liveSequences, new DeeperRuns(plan.deeperIntervals))
    const outputs = this.#store(entries.filter((entry) => survivors.keeps(viewOf(entry))))
    this.version = this.version.apply(editOf(plan, outputs))
    return outputs.reduce((sum, meta) => sum + meta.sizeBytes, 0)
  }

  entriesOf(meta: SegmentMeta): readonly ModelEntry[] {
    return this.#contents.get(meta.number) ?? []
  }

  /** The keys that a reader at `sequence` finds through the levels, with the sequence number of their put. */
  seen(sequence: number): Map<string, number> {
    const found = new Map<string, ModelEntry>()
    for (const meta of this.version.segments) {
      for (const entry of this.entriesOf(meta)) {
        if (entry.sequence <= sequence && !found.has(entry.key)) found.set(entry.key, entry)
      }
    }
    return putsOf(found.values())
  }

  /** The same by all that was ever written. */
  expected(sequence: number): Map<string, number> {
    const newest = new Map<string, ModelEntry>()
    for (const entry of this.#writes) if (entry.sequence <= sequence) newest.set(entry.key, entry)
    return putsOf(newest.values())
  }

  /** Keys of which an older entry lies in a newer run, or before a newer one: none, if all is well. */
  keysOutOfOrder(): string[] {
    const last = new Map<string, number>()
    const wrong: string[] = []
    for (const entry of this.version.segments.flatMap((meta) => [...this.entriesOf(meta)])) {
      if (entry.sequence >= (last.get(entry.key) ?? Infinity)) wrong.push(entry.key)
      last.set(entry.key, entry.sequence)
    }
    return wrong
  }

  /** Cuts entries into segments, between keys alone. */
  #store(entries: readonly ModelEntry[]): SegmentMeta[] {
    const outputs: SegmentMeta[] = []
    let pending: ModelEntry[] = []
    for (const entry of entries) {
      const isFull = pending.length * entrySizeBytes >= this.settings.segmentSizeBytesMax
      if (isFull && pending.at(-1)?.key !== entry.key) {
        outputs.push(this.#storeSegment(pending))
        pending = []
      }
      pending.push(entry)
    }
    if (pending.length > 0) outputs.push(this.#storeSegment(pending))
    return outputs
  }

  #storeSegment(entries: readonly ModelEntry[]): SegmentMeta {
    const number = this.#nextNumber++
    this.#contents.set(number, entries)
    const sequences = entries.map(({ sequence }) => sequence)
    return segmentMeta(number, (entries[0] as ModelEntry).key, (entries.at(-1) as ModelEntry).key, {
      sizeBytes: entries.length * entrySizeBytes,
      entryCount: entries.length,
      tombstoneCount: entries.filter(({ kind }) => kind === EntryKind.tombstone).length,
      keyCount: new Set(entries.map(({ key }) => key)).size,
      smallestSequence: Math.min(...sequences),
      largestSequence: Math.max(...sequences),
    })
  }
}

function inInternalKeyOrder(a: ModelEntry, b: ModelEntry): number {
  if (a.key === b.key) return b.sequence - a.sequence
  return a.key < b.key ? -1 : 1
}

function putsOf(entries: Iterable<ModelEntry>): Map<string, number> {
  const puts = [...entries].filter(({ kind }) => kind === EntryKind.put)
  return new Map(puts.sort(inInternalKeyOrder).map(({ key, sequence }) => [key, sequence]))
}

const utf8 = new TextEncoder()

function viewOf({ key, sequence, kind }: ModelEntry): EntryView {
  const view = createEntryView()
  view.keyBytes = utf8.encode(key)
  view.keyLength = view.keyBytes.length
  view.sequenceNumber = sequence
  view.kind = kind
  return view
}
