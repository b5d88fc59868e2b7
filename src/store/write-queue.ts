/**
 * Writes that cannot go straight into the open group: they wait for memory, for the disk, or are so large that
 * they are done in slices. They are carried out strictly in their order, each as a sequence of steps, so that
 * the blocking calls can finish what the non-blocking ones have begun.
 */
import { Deferred } from './deferred.ts'

/** What a write in the queue needs before it can go on: a turn of the event loop, or room. */
export type StepNeed = 'turn' | 'room'

export interface QueuedWrite {
  /** Ends the write as long as it waits. One that is being brought in cannot be left half-way. */
  readonly signal: AbortSignal | undefined
  /** Runs the write to the point where it has joined a group; throws what the writer shall be told. */
  steps(): Generator<StepNeed, Promise<void>>
}

export interface WriteQueueParts {
  /** Resolves on the next turn of the event loop. */
  readonly nextTurn: () => Promise<void>
  /** Runs a step that the event loop waits for. */
  readonly measure: <R>(act: () => R) => R
  /** Resolves when it is worth trying again. */
  readonly waitForRoom: () => Promise<void>
  /** Returns when it is worth trying again. */
  readonly waitForRoomSync: () => void
}

interface Waiting {
  readonly write: QueuedWrite
  readonly done: Deferred
  steps: Generator<StepNeed, Promise<void>> | undefined
  /** Nothing of it has been brought in: it has not begun, or waits for room. */
  canBeAborted: boolean
  readonly onAbort: () => void
}

export class WriteQueue {
  readonly #parts: WriteQueueParts
  #waiting: Waiting[] = []
  #isRunning = false

  constructor(parts: WriteQueueParts) {
    this.#parts = parts
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Resolves as the write's own promise does. */
  add(write: QueuedWrite): Promise<void> {
    const waiting: Waiting = {
      write,
      done: new Deferred(),
      steps: undefined,
      canBeAborted: true,
      onAbort: () => this.#abort(waiting),
    }
    write.signal?.addEventListener('abort', waiting.onAbort)
    this.#waiting.push(waiting)
    if (!this.#isRunning) void this.#run()
    return waiting.done.promise
  }

  /** Carries out everything in the queue, blocking. */
  drainSync(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      while (this.#step(first) === 'room') this.#parts.waitForRoomSync()
    }
  }

  /** Tells every writer the same. */
  rejectAll(error: unknown): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { write, done, onAbort } of waiting) {
      write.signal?.removeEventListener('abort', onAbort)
      done.reject(error)
    }
  }

  /** Tells every writer of whose write nothing has been brought in. One that is half-way in is brought to its end. */
  rejectWaiting(error: unknown): void {
    for (const waiting of this.#waiting.filter(({ canBeAborted }) => canBeAborted)) {
      this.#remove(waiting)
      waiting.done.reject(error)
    }
  }

  /** A writer gave up: the write leaves the queue, wherever it stands. */
  #abort(waiting: Waiting): void {
    if (!waiting.canBeAborted) return
    this.#remove(waiting)
    waiting.done.reject(waiting.write.signal?.reason)
  }

  /** Ends in the same synchronous stretch in which it finds the queue empty: a write added later runs it anew. */
  async #run(): Promise<void> {
    this.#isRunning = true
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const next = first
      const need = this.#parts.measure(() => this.#step(next))
      if (need === 'turn') await this.#parts.nextTurn()
      else if (need === 'room') await this.#waitForRoom(first)
    }
    this.#isRunning = false
  }

  /** Waits for room, or until the writer gives up. */
  async #waitForRoom(first: Waiting): Promise<void> {
    const room = this.#parts.waitForRoom()
    await (first.write.signal === undefined ? room : Promise.race([room, first.done.promise.catch(ignore)]))
  }

  /** One step of the first write; takes it from the queue when it is done. */
  #step(first: Waiting): StepNeed | undefined {
    try {
      if (first.canBeAborted && first.write.signal?.aborted) throw first.write.signal.reason
      // Also while it is being brought in: code of the caller may run then, encodings for one.
      first.canBeAborted = false
      first.steps ??= first.write.steps()
      const step = first.steps.next()
      if (!step.done) {
        first.canBeAborted = step.value === 'room'
        return step.value
      }
      this.#remove(first)
      // Its writer may have been told already, when the write failed on the way.
      step.value.catch(() => undefined)
      first.done.resolve(step.value)
    } catch (error) {
      this.#remove(first)
      first.done.reject(error)
    }
    return undefined
  }

  #remove(waiting: Waiting): void {
    waiting.write.signal?.removeEventListener('abort', waiting.onAbort)
    const index = this.#waiting.indexOf(waiting)
    if (index >= 0) this.#waiting.splice(index, 1)
  }
}

const ignore = (): void => {}
