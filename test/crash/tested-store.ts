/**
 * A store on a memory file system that remembers what it was told and what it promised, through closing, dying
 * and opening again.
 */
import type { MemoryFileSystemOptions } from '../../src/fs/memory-file-system.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { Durability } from '../../src/store/key-value-store.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../support/slow-file-system.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import { type Change, type Commit, CommitHistory, type Content } from './commit-history.ts'
import { type Death, diskAfter } from './deaths.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

export interface TestedStoreOptions {
  readonly seed: number
  /** Asynchronous operations take their time, and others overtake them. */
  readonly isSlow: boolean
  readonly compaction: 'leveled' | 'size-tiered'
  readonly files?: MemoryFileSystemOptions
}

export class TestedStore {
  readonly time: VirtualTime
  readonly random: SeededRandom
  history: CommitHistory = new CommitHistory()
  disk: MemoryFileSystem
  readonly #options: TestedStoreOptions
  #store: LogStructuredStore | undefined
  /** The last sequence number before the first commit of the history; `undefined` until that is known. */
  #baseSequence: number | undefined
  readonly #outstanding = new Set<Promise<void>>()
  #valueCount = 0

  constructor(options: TestedStoreOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.time = new VirtualTime(new SeededRandom(options.seed + 1))
    this.disk = new MemoryFileSystem(options.files)
  }

  get store(): LogStructuredStore {
    if (this.#store === undefined) throw new Error('the store is not open')
    return this.#store
  }

  /** Opens the store that is on the disk. */
  async open(): Promise<void> {
    const pauses = new SeededRandom(this.random.upTo(2 ** 31))
    const fs = this.#options.isSlow ? new SlowFileSystem(this.disk, pauses) : this.disk
    const opening = openSmallStore(fs, this.time, { compaction: this.#options.compaction })
    this.#store = await settle(opening, this.time, 'open()')
    const isAnew = this.history.commits.length === 0
    this.#baseSequence = isAnew ? this.#store.status().sequenceNumber : undefined
  }

  /** Begins a write of these changes; its outcome goes into the history. */
  write(changes: readonly Change[], durability: Durability): Promise<void> {
    const commit = this.history.begin(changes, durability)
    const [first] = changes
    const written =
      changes.length !== 1 || first === undefined
        ? this.store.batch(changes.map(operationOf), { durability })
        : first.value === undefined
          ? this.store.delete(first.key, { durability })
          : this.store.put(first.key, first.value, { durability })
    return this.#follow(commit, written)
  }

  /** The same, blocking. */
  writeSync(changes: readonly Change[], durability: Durability): void {
    const commit = this.history.begin(changes, durability)
    try {
      this.store.batchSync(changes.map(operationOf), { durability })
    } catch (error) {
      commit.outcome = 'rejected'
      throw error
    }
    this.history.acknowledge(commit)
  }

  /** Waits for all writes that were begun. Throws when one was rejected. */
  async finishWrites(): Promise<void> {
    await settle(Promise.all([...this.#outstanding]), this.time, 'a write')
  }

  async clear(prefix: string, durability: Durability): Promise<void> {
    await this.finishWrites()
    const { history } = this
    const keys = history.contentAfter(history.commits.length).map(([key]) => key)
    const changes = keys.filter((key) => key.startsWith(prefix)).map((key) => ({ key, value: undefined }))
    const commit = history.begin(changes, durability)
    await settle(this.#follow(commit, this.store.clear({ prefix, durability })), this.time, 'clear()')
  }

  async flush(): Promise<void> {
    await this.finishWrites()
    const count = this.history.commits.length
    await settle(this.store.flush(), this.time, 'flush()')
    this.history.reachedDisk(count)
  }

  async compact(): Promise<void> {
    await this.finishWrites()
    const count = this.history.commits.length
    await settle(this.store.compact(), this.time, 'compact()')
    this.history.reachedDisk(count)
  }

  /** Closes the store, while writes may be under way. */
  async close(): Promise<void> {
    const { store } = this
    await settle(store.close(), this.time, 'close()')
    await this.finishWrites()
    this.history.reachedDisk()
    this.#store = undefined
  }

  /** Dies, and lives on with what that left. Throws when a promise is broken. */
  async die(death: Death): Promise<void> {
    const { store } = this
    const { afterKill, afterPowerLoss } = this.history.promised
    const onDisk = Math.max(afterPowerLoss, this.claimedOnDisk())
    const promised = death === 'killed' ? Math.max(afterKill, onDisk) : onDisk
    const begun = this.history.commits.length
    const history = this.history.until(begun, { afterKill: promised, afterPowerLoss: onDisk })
    const left = diskAfter(this.disk, death, this.random, this.#options.files)
    await settle(store.close(), this.time, 'close()')
    await settle(Promise.allSettled([...this.#outstanding]), this.time, 'the writes')
    this.#store = undefined
    this.disk = left
    this.history = history
    await this.open()
    const found = await contentOf(this.store)
    if (history.prefixesOf(found, promised, begun).length === 0) {
      throw new Error(`${death}: no prefix of ${promised} to ${begun} commits explains what was found`)
    }
    this.rebase(found)
  }

  /** Begins the history anew with what the store holds now. */
  rebase(found: Content): void {
    this.history = new CommitHistory(found)
    this.#baseSequence = this.store.status().sequenceNumber
  }

  /** How many of the first commits survive a power loss by what `status()` says. */
  claimedOnDisk(): number {
    if (this.#store === undefined || this.#baseSequence === undefined) return 0
    return this.history.commitsWithin(this.#store.status().sync.syncedSequence - this.#baseSequence)
  }

  /** A value that no other commit has. */
  newValue(length: number): string {
    this.#valueCount++
    return `${this.#valueCount}.`.padEnd(length, String(this.#valueCount % 10))
  }

  stop(): void {
    this.time.stop()
  }

  #follow(commit: Commit, written: Promise<void>): Promise<void> {
    const { history } = this
    const followed = written.then(
      () => history.acknowledge(commit),
      (error: unknown) => {
        commit.outcome = 'rejected'
        throw error
      },
    )
    this.#outstanding.add(followed)
    const forget = (): boolean => this.#outstanding.delete(followed)
    followed.then(forget, forget)
    return followed
  }
}

export function operationOf({
  key,
  value,
}: Change): { type: 'put'; key: string; value: string } | { type: 'delete'; key: string } {
  return value === undefined ? { type: 'delete', key } : { type: 'put', key, value }
}
