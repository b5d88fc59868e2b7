/**
 * The store under test and the oracle beside it, an InMemoryStore: every write goes to both, every read is asked
 * of both. Opens the store, and again after closing or killing it, and counts what it did.
 */
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { nodeFileSystem } from '../../src/fs/node-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import type { Durability } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { StoreOptions } from '../../src/store/settings.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { OpenReaders, type Place } from './open-readers.ts'
import { type OptionSet, optionSets } from './option-sets.ts'
import type { RunReport } from './run-report.ts'
import { Vocabulary } from './vocabulary.ts'

const durabilities: readonly Durability[] = ['memory', 'os', 'disk']

export class Twin {
  readonly options: OptionSet
  readonly random: SeededRandom
  readonly report: RunReport
  readonly vocabulary: Vocabulary
  readonly oracle: InMemoryStore<unknown, unknown>
  readonly readers: OpenReaders
  readonly time: VirtualTime
  readonly #path: string
  readonly #pauses: SeededRandom
  #disk = new MemoryFileSystem()
  #store: LogStructuredStore<unknown, unknown> | undefined
  #failure: unknown
  /** What was begun and is not waited for yet. */
  readonly #begun: Promise<void>[] = []

  /** `path` is an empty folder where the set is to run on the real file system. */
  constructor(options: OptionSet, random: SeededRandom, report: RunReport, path: string) {
    this.options = options
    this.random = random
    this.report = report
    this.#path = path
    this.readers = new OpenReaders(report)
    this.vocabulary = new Vocabulary(options.encoding, random, options.valueScale ?? 1)
    this.time = new VirtualTime(new SeededRandom(random.upTo(2 ** 31)))
    this.#pauses = new SeededRandom(random.upTo(2 ** 31))
    this.oracle = InMemoryStore.open<unknown, unknown>(this.#encodings())
  }

  get store(): LogStructuredStore<unknown, unknown> {
    if (this.#store === undefined) throw new Error('the store is not open')
    return this.#store
  }

  async open(): Promise<void> {
    const store = await LogStructuredStore.open<unknown, unknown>(this.#path, this.#storeOptions())
    this.#store = store
    store.on('flushEnd', () => this.report.flushes++)
    store.on('compactionEnd', () => {
      this.report.compactions++
      const filled = store.status().levels.filter(({ segments }) => segments.length > 0)
      this.report.levels = Math.max(this.report.levels, filled.length)
      if (filled.some(({ sizeBytes, entryBytes }) => sizeBytes < entryBytes)) this.report.compressions++
    })
    store.on('stallBegin', () => this.report.stalls++)
    store.on('error', ({ error }) => {
      this.#failure ??= error
    })
  }

  /** Closes the store and opens it again. Its snapshots and iterators are closed by that. */
  async reopen(): Promise<void> {
    await this.store.close()
    await this.open()
    this.report.reopens++
  }

  /** Goes on with what the next process would find if this one were killed now. */
  async kill(): Promise<void> {
    const disk = this.#disk.killed()
    await this.store.close()
    this.#disk = disk
    await this.open()
    this.report.kills++
  }

  async close(): Promise<void> {
    await this.finishLater()
    await this.readers.closeAll()
    await this.#store?.close()
    await this.oracle.close()
    this.time.stop()
  }

  /** Lets something go on while other moves are made. */
  later(act: Promise<void>): void {
    const ended = act.catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#begun.push(ended)
  }

  /** Waits for what goes on. */
  async finishLater(): Promise<void> {
    await Promise.all(this.#begun.splice(0))
    this.checkBackground()
  }

  /** Throws what went wrong in the background since the store was opened. */
  checkBackground(): void {
    if (this.#failure !== undefined) throw new Error('background work failed', { cause: this.#failure })
  }

  /** Where the next read looks: now, or in a snapshot that is open. */
  place(): Place {
    const { snapshots, now } = this.readers
    return (this.random.chance(0.5) ? snapshots[this.random.upTo(snapshots.length)] : undefined) ?? now
  }

  /** Often none, so that the store's own applies. */
  writeOptions(): { durability: Durability } | undefined {
    const durability = durabilities[this.random.upTo(9)]
    return durability && { durability }
  }

  #storeOptions(): StoreOptions<unknown, unknown> {
    const set = this.options.isChanging && this.#store !== undefined ? this.#otherSet() : this.options
    const { compaction, compression = 'lz4', durability, tuning } = set
    const options = {
      ...this.#encodings(),
      compaction,
      compression,
      durability,
      tuning,
      memoryBudgetBytes: 16 * 1024 * 1024,
    }
    if (this.options.isReal) return { ...options, fileSystem: nodeFileSystem }
    const fileSystem = this.options.isSlow ? new SlowFileSystem(this.#disk, this.#pauses) : this.#disk
    return { ...options, fileSystem, clock: this.time, scheduler: this.time }
  }

  #otherSet(): OptionSet {
    return optionSets[this.random.upTo(optionSets.length - 1)] as OptionSet
  }

  #encodings(): { keyEncoding: 'utf8' | 'bytes'; valueEncoding: 'utf8' | 'bytes' } {
    return { keyEncoding: this.options.encoding, valueEncoding: this.options.encoding }
  }
}
