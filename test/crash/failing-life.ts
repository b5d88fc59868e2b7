/** A short life during which operations of the file system fail, and the checks on what comes of it. */

import { StoreError } from '../../src/errors.ts'
import type { FileOperation } from '../../src/fs/file-operation.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { FaultPlan } from '../../src/testing/laboratory/fault-plan.ts'
import { seedFrom } from '../../src/testing/laboratory/seeds.ts'
import { SlowFileSystem } from '../../src/testing/laboratory/slow-file-system.ts'
import { VirtualTime } from '../../src/testing/laboratory/virtual-time.ts'
import type { Content } from './commit-history.ts'
import { MarkedWrites } from './marked-writes.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

/** Notices a sync of a file whose sync had failed, once the store knows of the failure. */
class SyncWatch {
  readonly #failed = new Set<string>()
  /** The file that was synced again, if there was one. */
  retried: string | undefined

  noteFailed({ name, path }: FileOperation): void {
    if (name === 'sync') this.#failed.add(path)
  }

  note({ name, path }: FileOperation, isRefusing: boolean): void {
    if (name === 'sync' && isRefusing && this.#failed.has(path)) this.retried ??= path
  }

  /** That life is over: another may use the same names. */
  end(): void {
    this.#failed.clear()
  }
}

/** Turns of the event loop after which a write must be waiting for something. */
const patientTurns = 100

export interface FailingLifeOptions {
  readonly plan: FaultPlan
  readonly isSlow: boolean
  /** Of the time, and of the pauses of a slow disk. */
  readonly seed: number
}

export class FailingLife {
  readonly plan: FaultPlan
  readonly time: VirtualTime
  readonly writes: MarkedWrites = new MarkedWrites()
  readonly disk: MemoryFileSystem
  readonly #isSlow: boolean
  readonly #seed: number
  readonly #syncs = new SyncWatch()
  #store: LogStructuredStore | undefined

  constructor({ plan, isSlow, seed }: FailingLifeOptions) {
    this.plan = plan
    this.#isSlow = isSlow
    this.#seed = seedFrom(seed, plan.at)
    this.time = new VirtualTime(new SeededRandom(this.#seed))
    this.disk = new MemoryFileSystem({
      onOperation: (operation) => {
        if (this.#store === undefined) return
        this.#syncs.note(operation, this.#store.status().state === 'failed')
        try {
          plan.check(operation)
        } catch (error) {
          this.#syncs.noteFailed(operation)
          throw error
        }
      },
    })
  }

  /** Lives, closes, opens again. Throws when a promise is broken. */
  async live(): Promise<void> {
    const { time, plan } = this
    const store = await settle(openSmallStore(this.#fileSystem(), time), time, 'open()')
    this.#store = store
    await this.#write(store)
    await this.#checkWhileOpen(store)
    const afterKill = this.disk.killed()
    const afterPowerLoss = this.disk.crashed({ seed: this.#seed, profile: 'posix' })
    plan.heal()
    const failure = await settle(failureOf(store.close()), time, 'close()')
    if (failure !== undefined && !(failure instanceof StoreError)) throw failure
    this.#syncs.end()
    await this.#checkDisk(afterKill, 'after a kill', ({ durability }) => durability !== 'memory')
    await this.#checkDisk(afterPowerLoss, 'after a power loss', ({ durability }) => durability === 'disk')
    const hasFailed = failure !== undefined || this.#state === 'failed'
    await this.#checkDisk(
      this.disk,
      'after close()',
      ({ durability }) => !hasFailed || durability !== 'memory',
    )
    // On a slow disk a sync that was begun before another failed may take its effect after that.
    if (this.#syncs.retried !== undefined && !this.#isSlow)
      throw new Error(`${this.#syncs.retried} was synced again after that failed`)
    time.stop()
  }

  #state = 'open'

  async #write(store: LogStructuredStore): Promise<void> {
    const { writes, time } = this
    for (let i = 0; i < 4; i++) {
      void writes.begin(store, 'os', 300)
      void writes.begin(store, 'memory', 30)
      void writes.begin(store, 'disk', 30)
      await this.#settleWrites(store)
      writes.beginSync(store, 'os', 30)
      for (let j = 0; j < 7; j++) void writes.begin(store, j === 3 ? 'disk' : 'os', 4800)
      if (i === 1) void writes.begin(store, 'os', 30_000)
      if (i === 2 && this.#isSlow) void writes.begin(store, 'disk', 1_200_000)
      void writes.begin(store, 'os', 300)
      await this.#settleWrites(store)
      if (i === 1) await settle(failureOf(store.flush()), time, 'flush()')
      if (i === 2) await settle(failureOf(store.compact()), time, 'compact()')
      time.pass(1100)
    }
    writes.beginSync(store, 'disk', 30)
    await this.#settleWrites(store)
  }

  /** While no file can be opened, nothing is flushed, and writes that find no memory wait: until files can be. */
  async #settleWrites(store: LogStructuredStore): Promise<void> {
    const { writes, plan, time } = this
    for (let turn = 0; turn < patientTurns && writes.isWaiting; turn++)
      await new Promise((resolve) => setImmediate(resolve))
    if (plan.code === 'EMFILE' && writes.isWaiting && store.status().stalls.cause === 'arenas') plan.heal()
    await settle(writes.settled(), time, 'a write')
  }

  /** Reads are served whatever happened; a failed store keeps its first cause and refuses writes with it. */
  async #checkWhileOpen(store: LogStructuredStore): Promise<void> {
    const { writes, time } = this
    if (!this.#readsFail()) {
      const found = await settle(this.#readTwice(store), time, 'reading')
      const complaint = writes.complaintAbout(
        found,
        ({ outcome }) => outcome === 'acknowledged',
        ({ outcome, error }) => outcome === 'rejected' && codeOf(error) === 'STORE_DISK_FULL',
      )
      if (complaint !== undefined) throw new Error(`while it is open: ${complaint}`)
    }
    const { state, error } = store.status()
    this.#state = state
    for (const { error: told } of writes.all) {
      if (told !== undefined && !(told instanceof StoreError)) throw told
    }
    if (state !== 'failed') return
    const first = await settle(failureOf(store.put('late', 'x', { durability: 'os' })), time, 'put()')
    const second = await settle(failureOf(store.delete('late', { durability: 'disk' })), time, 'delete()')
    if (first === undefined || first !== second)
      throw new Error('a failed store took a write, or gave another cause')
    if (error !== first.message) throw new Error(`status() says ${error}, writes say ${first.message}`)
    // A blocking sync may be told of the failure of another by a plain EIO.
    const causes = causesOf(first)
    if (!causes.includes(this.plan.code) && !causes.includes('EIO: i/o error, fdatasync'))
      throw new Error(`the first cause is lost: ${first.message}`)
  }

  async #checkDisk(
    disk: MemoryFileSystem,
    when: string,
    isPromised: (write: MarkedWrites['all'][number]) => boolean,
  ): Promise<void> {
    const { time, writes } = this
    const store = await settle(openSmallStore(disk, time), time, `open() ${when}`)
    const found = await settle(contentOf(store), time, 'reading')
    const complaint = writes.complaintAbout(
      found,
      (write) => write.outcome === 'acknowledged' && isPromised(write),
      ({ outcome, error }) =>
        outcome === 'rejected' && codeOf(error) === 'STORE_DISK_FULL' && this.#state === 'open',
    )
    if (complaint !== undefined) throw new Error(`${when}: ${complaint}`)
    await settle(store.put('late', 'x'), time, 'put()')
    await settle(store.close(), time, 'close()')
  }

  /** A read may meet an error that passes. */
  #readTwice(store: LogStructuredStore): Promise<Content> {
    return contentOf(store).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error
      return contentOf(store)
    })
  }

  /** Whether reading a segment may meet the error. */
  #readsFail(): boolean {
    return this.plan.isLasting && this.plan.code !== 'ENOSPC'
  }

  #fileSystem(): MemoryFileSystem | SlowFileSystem {
    return this.#isSlow ? new SlowFileSystem(this.disk, new SeededRandom(this.#seed)) : this.disk
  }
}

async function failureOf(promise: Promise<unknown>): Promise<Error | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error as Error
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof StoreError ? error.code : undefined
}

function causesOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  return `${(error as { code?: string }).code} ${error.message} ${causesOf(error.cause)}`
}
