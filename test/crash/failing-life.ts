/** A short life during which operations of the file system fail, and the checks on what comes of it. */

import { StoreError } from '../../src/errors.ts'
import type { FileOperation } from '../../src/fs/file-operation.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { SeededRandom } from '../../src/fs/seeded-random.ts'
import type { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import { SlowFileSystem } from '../support/slow-file-system.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import type { Content } from './commit-history.ts'
import { MarkedWrites } from './marked-writes.ts'
import { settle } from './settling.ts'
import { contentOf, openSmallStore } from './small-stores.ts'

/** Fails the operation that was asked for, and those after it if it lasts, with one error. */
export class FaultPlan {
  readonly at: number
  readonly code: string
  readonly isLasting: boolean
  /** The names of the operations that failed. */
  readonly failed: FileOperation[] = []
  /** Operations that the error could have happened to, so far. */
  count = 0
  #isHealed = false
  readonly #failedSyncs = new Set<string>()
  /** A sync of a file whose sync had failed, if there was one. */
  retriedSync: string | undefined

  /** `at`: how many operations that can fail so go before, counted from when the store is open. */
  constructor(at: number, code: string, isLasting: boolean) {
    this.at = at
    this.code = code
    this.isLasting = isLasting
  }

  heal(): void {
    this.#isHealed = true
  }

  /** That life is over: another may use the same names. */
  end(): void {
    this.#failedSyncs.clear()
  }

  /** Before an operation: throws what it shall fail with. `isRefusing`: the store knows of a failure. */
  check(operation: FileOperation, isRefusing: boolean): void {
    const { name, path } = operation
    if (name === 'sync' && isRefusing && this.#failedSyncs.has(path)) this.retriedSync ??= path
    if (this.#isHealed || !canFailSo(operation, this.code)) return
    const index = this.count++
    if (index !== this.at && !(this.isLasting && index > this.at)) return
    this.failed.push(operation)
    if (name === 'sync') this.#failedSyncs.add(path)
    throw Object.assign(new Error(`${this.code}: made by a test, ${name} '${path}'`), {
      code: this.code,
      path,
    })
  }
}

/** Which errors the system gives for which operations. */
function canFailSo({ name, mode }: FileOperation, code: string): boolean {
  if (name === 'lock' || name === 'makeDirectory') return false
  if (code === 'EIO') return true
  if (code === 'EMFILE') return name === 'open' || name === 'list' || name === 'syncDirectory'
  return (
    name === 'write' || name === 'sync' || name === 'rename' || name === 'syncDirectory' || mode === 'create'
  )
}

export interface FailingLifeOptions {
  readonly plan: FaultPlan
  readonly isSlow: boolean
}

export class FailingLife {
  readonly plan: FaultPlan
  readonly time: VirtualTime
  readonly writes: MarkedWrites = new MarkedWrites()
  readonly disk: MemoryFileSystem
  readonly #isSlow: boolean
  #store: LogStructuredStore | undefined

  constructor({ plan, isSlow }: FailingLifeOptions) {
    this.plan = plan
    this.#isSlow = isSlow
    this.time = new VirtualTime(new SeededRandom(plan.at + 1))
    this.disk = new MemoryFileSystem({
      onOperation: (operation) => {
        if (this.#store !== undefined) plan.check(operation, this.#store.status().state === 'failed')
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
    const afterPowerLoss = this.disk.crashed({ seed: plan.at, profile: 'posix' })
    plan.heal()
    const failure = await settle(failureOf(store.close()), time, 'close()')
    if (failure !== undefined && !(failure instanceof StoreError)) throw failure
    plan.end()
    await this.#checkDisk(afterKill, 'after a kill', ({ durability }) => durability !== 'memory')
    await this.#checkDisk(afterPowerLoss, 'after a power loss', ({ durability }) => durability === 'disk')
    const hasFailed = failure !== undefined || this.#state === 'failed'
    await this.#checkDisk(
      this.disk,
      'after close()',
      ({ durability }) => !hasFailed || durability !== 'memory',
    )
    // On a slow disk a sync that was begun before another failed may take its effect after that.
    if (plan.retriedSync !== undefined && !this.#isSlow)
      throw new Error(`${plan.retriedSync} was synced again after that failed`)
    time.stop()
  }

  #state = 'open'

  async #write(store: LogStructuredStore): Promise<void> {
    const { writes, time } = this
    for (let i = 0; i < 4; i++) {
      void writes.begin(store, 'os', 300)
      void writes.begin(store, 'memory', 30)
      await writes.begin(store, 'disk', 30)
      writes.beginSync(store, 'os', 30)
      for (let j = 0; j < 7; j++) void writes.begin(store, j === 3 ? 'disk' : 'os', 4800)
      if (i === 1) void writes.begin(store, 'os', 30_000)
      if (i === 2 && this.#isSlow) void writes.begin(store, 'disk', 1_200_000)
      void writes.begin(store, 'os', 300)
      await settle(writes.settled(), time, 'a write')
      if (i === 1) await settle(failureOf(store.flush()), time, 'flush()')
      if (i === 2) await settle(failureOf(store.compact()), time, 'compact()')
      time.pass(1100)
    }
    writes.beginSync(store, 'disk', 30)
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
    return this.#isSlow ? new SlowFileSystem(this.disk, new SeededRandom(this.plan.at)) : this.disk
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
