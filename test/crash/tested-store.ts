/**
 * A store in a laboratory that remembers what it was told and what it promised, through closing, dying and opening
 * again.
 */
import type { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { Durability, Snapshot } from '../../src/store/key-value-store.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { CrashLaboratory } from '../../src/testing/laboratory/crash-laboratory.ts'
import type { Death } from '../../src/testing/laboratory/death.ts'
import type { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import { type Change, type Commit, CommitHistory, type Content } from './commit-history.ts'
import { settle } from './settling.ts'
import { contentOf, smallStoreOptions, storePath } from './small-stores.ts'

export type Compaction = 'leveled' | 'size-tiered'

/** What must hold of the store if it dies at this moment. */
export interface Moment {
  readonly history: CommitHistory
  /** At most so many of the commits are there: later ones had not begun. */
  readonly begun: number
  /** At least so many are. */
  readonly afterKill: number
  readonly afterPowerLoss: number
}

interface HeldSnapshot {
  readonly snapshot: Snapshot
  readonly content: Content
}

const heldSnapshotCountMax = 3

export class TestedStore {
  history: CommitHistory = new CommitHistory()
  readonly #laboratory: CrashLaboratory
  readonly #compaction: Compaction
  #store: LogStructuredStore | undefined
  /** The last sequence number before the first commit of the history; `undefined` until that is known. */
  #baseSequence: number | undefined
  readonly #outstanding = new Set<Promise<void>>()
  #snapshots: HeldSnapshot[] = []
  #valueCount = 0

  constructor(laboratory: CrashLaboratory, compaction: Compaction) {
    this.#laboratory = laboratory
    this.#compaction = compaction
  }

  get random(): SeededRandom {
    return this.#laboratory.random
  }

  get time(): VirtualTime {
    return this.#laboratory.time
  }

  get store(): LogStructuredStore {
    if (this.#store === undefined) throw new Error('the store is not open')
    return this.#store
  }

  get moment(): Moment {
    const { afterKill, afterPowerLoss } = this.history.promised
    const onDisk = Math.max(afterPowerLoss, this.#claimedOnDisk())
    return {
      history: this.history,
      begun: this.history.commits.length,
      afterKill: Math.max(afterKill, onDisk),
      afterPowerLoss: onDisk,
    }
  }

  /** Opens the store that is on the disk. */
  async open(): Promise<void> {
    const opening = this.#laboratory.open(storePath, smallStoreOptions({ compaction: this.#compaction }))
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
    const keys = this.#expected.map(([key]) => key)
    const changes = keys.filter((key) => key.startsWith(prefix)).map((key) => ({ key, value: undefined }))
    const commit = this.history.begin(changes, durability)
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

  /** Keeps a snapshot of all that was written. Lets go of the oldest when there are many. */
  async takeSnapshot(): Promise<void> {
    await this.finishWrites()
    if (this.#snapshots.length === heldSnapshotCountMax) this.#snapshots.shift()?.snapshot.close()
    this.#snapshots.push({ snapshot: this.store.snapshot(), content: this.#expected })
  }

  /** Throws when the store shows anything but what was written, now or when a snapshot was taken. */
  async checkReads(): Promise<void> {
    await this.finishWrites()
    checkSame(await settle(contentOf(this.store), this.time, 'reading'), this.#expected, 'what was written')
    for (const { snapshot, content } of this.#snapshots) {
      const found = await settle(contentOf(this.store, { snapshot }), this.time, 'reading a snapshot')
      checkSame(found, content, 'a snapshot')
    }
  }

  /** Closes the store, while writes may be under way. */
  async close(): Promise<void> {
    const { store } = this
    await settle(store.close(), this.time, 'close()')
    await this.finishWrites()
    this.history.reachedDisk()
    this.#store = undefined
    this.#snapshots = []
  }

  async reopen(): Promise<void> {
    await this.close()
    await this.open()
    this.rebase(this.#expected)
  }

  /** Dies, and lives on with what that left. Throws when a promise is broken. */
  async die(death: Death): Promise<void> {
    const { store, moment } = this
    const { begun, afterKill, afterPowerLoss } = moment
    const promised = death === 'killed' ? afterKill : afterPowerLoss
    const history = this.history.until(begun, { afterKill: promised, afterPowerLoss })
    this.#laboratory.die(death)
    await settle(store.close(), this.time, 'close()')
    await settle(Promise.allSettled([...this.#outstanding]), this.time, 'the writes')
    this.#store = undefined
    this.#snapshots = []
    this.history = history
    await this.open()
    const found = await contentOf(this.store)
    if (history.prefixesOf(found, promised, begun).length === 0) {
      throw new Error(`${death}: no prefix of ${promised} to ${begun} commits explains what was found`)
    }
    // What was found is on stable storage once it is in segments, not before.
    await settle(this.store.flush(), this.time, 'the recovery')
    this.rebase(found)
  }

  /** Begins the history anew with what the store holds now. */
  rebase(found: Content): void {
    this.history = new CommitHistory(found)
    this.#baseSequence = this.store.status().sequenceNumber
  }

  /** A value that no other commit has. */
  newValue(length: number): string {
    this.#valueCount++
    return `${this.#valueCount}.`.padEnd(length, String(this.#valueCount % 10))
  }

  get #expected(): Content {
    return this.history.contentAfter(this.history.commits.length)
  }

  /** How many of the first commits survive a power loss by what `status()` says. */
  #claimedOnDisk(): number {
    if (this.#store === undefined || this.#baseSequence === undefined) return 0
    return this.history.commitsWithin(this.#store.status().sync.syncedSequence - this.#baseSequence)
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

function checkSame(found: Content, expected: Content, what: string): void {
  const size = Math.max(found.length, expected.length)
  for (let i = 0; i < size; i++) {
    const [[key, value] = [], [expectedKey, expectedValue] = []] = [found[i], expected[i]]
    if (key === expectedKey && value === expectedValue) continue
    const [is, should] = [value, expectedValue].map((text) => text?.slice(0, 12))
    throw new Error(`${what}: entry ${i} is ${key} = ${is} instead of ${expectedKey} = ${should}`)
  }
}

export function operationOf({
  key,
  value,
}: Change): { type: 'put'; key: string; value: string } | { type: 'delete'; key: string } {
  return value === undefined ? { type: 'delete', key } : { type: 'put', key, value }
}
