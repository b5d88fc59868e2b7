/**
 * Carries jobs out in a thread of their own, one for all stores of the process, started when it is first needed. A
 * thread that dies fails the jobs that it had begun; those that it had not go to the next. Where no thread can
 * start, or one dies again and again, jobs are done in this thread from then on, and their stores are warned.
 */
import type { MergeJob } from '../compaction/merge-job.ts'
import { decodeError } from './error-message.ts'
import { MaintenanceThread, type StartWorker, startMaintenanceWorker } from './maintenance-thread.ts'
import type { MergeHandle } from './merge-executor.ts'
import type { TouchMessage, WorkerMessage } from './messages.ts'
import { type JobOwner, type LaneOfHandle, WorkerJobHandle } from './worker-job-handle.ts'

/** Threads that die in a row, without one job done, before no more are started. */
const deathCountMax = 3
const defaultSilenceMaxMs = 60_000

export interface WorkerLaneOptions {
  readonly startWorker?: StartWorker
  /** See {@link LaneOfHandle}. Default one minute. */
  readonly silenceMaxMs?: number
}

export class WorkerLane implements LaneOfHandle {
  readonly silenceMaxMs: number
  readonly #startWorker: StartWorker
  /** Jobs that the thread has. */
  readonly #handles = new Map<number, WorkerJobHandle>()
  #thread: MaintenanceThread | undefined
  #userCount = 0
  #nextId = 1
  #deathCount = 0
  /** Why no thread is started any more. */
  #failure: { readonly cause: unknown } | undefined

  constructor(options: WorkerLaneOptions = {}) {
    this.#startWorker = options.startWorker ?? startMaintenanceWorker
    this.silenceMaxMs = options.silenceMaxMs ?? defaultSilenceMaxMs
  }

  /** A store is going to submit jobs. */
  addUser(): void {
    this.#userCount += 1
  }

  /** It is not any more. With the last one the thread goes. */
  async removeUser(): Promise<void> {
    this.#userCount -= 1
    if (this.#userCount > 0) return
    const thread = this.#thread
    this.#thread = undefined
    await thread?.stop()
  }

  /** Starts the thread ahead of its first job; it keeps no process alive. */
  prepare(): void {
    this.#thread ??= this.#startThread()
  }

  /** Has memory touched by the thread, which is started if need be; nothing where there is none. */
  touch(message: TouchMessage): void {
    this.prepare()
    this.#thread?.post(message)
  }

  submit(job: MergeJob, owner: JobOwner): MergeHandle {
    const handle = new WorkerJobHandle(this.#nextId, job, owner, this)
    this.#nextId += 1
    this.#assign(handle)
    return handle
  }

  leave(handle: WorkerJobHandle): void {
    this.#handles.delete(handle.id)
    this.updateLife()
  }

  updateLife(): void {
    this.#thread?.keepAlive([...this.#handles.values()].some(({ isKept }) => isKept))
  }

  drain(): void {
    this.#thread?.drain()
  }

  giveUpThread(cause: Error): void {
    void this.#thread?.stop()
    this.#bury(cause)
  }

  /** Gives the job to the thread, which is started if need be, or back to this one. */
  #assign(handle: WorkerJobHandle): void {
    this.#thread ??= this.#startThread()
    if (this.#thread === undefined) {
      handle.fallBack(this.#failure?.cause)
      return
    }
    this.#handles.set(handle.id, handle)
    this.#thread.post(handle.createMessage())
    this.updateLife()
  }

  #startThread(): MaintenanceThread | undefined {
    if (this.#failure !== undefined) return undefined
    try {
      const thread: MaintenanceThread = new MaintenanceThread(this.#startWorker, {
        onMessage: (message) => this.#receive(message),
        onDeath: (cause) => {
          if (!thread.hasStarted) this.#failure = { cause }
          this.#bury(cause)
        },
      })
      return thread
    } catch (cause) {
      this.#failure = { cause }
      return undefined
    }
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'ready') return
    this.#deathCount = 0
    const handle = this.#handles.get(message.id)
    if (message.type === 'done') handle?.succeed(message.result)
    else handle?.fail(decodeError(message.error))
  }

  /** The thread is gone. What it had begun failed with it; what it had not goes to the next. */
  #bury(cause: unknown): void {
    this.#thread = undefined
    this.#deathCount += 1
    if (this.#deathCount >= deathCountMax) this.#failure ??= { cause }
    const handles = [...this.#handles.values()]
    this.#handles.clear()
    for (const handle of handles) {
      if (handle.takeBack()) this.#assign(handle)
      else handle.failWithThread(cause)
    }
  }
}

/** The lane of all stores of the process. */
export const workerLane: WorkerLane = new WorkerLane()
