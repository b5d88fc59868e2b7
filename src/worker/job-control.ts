/**
 * A few words of memory that both threads see while one does a job for the other: who has the job, what is asked
 * of it, and how far it is. Only `Atomics` touch them.
 */

/** Who has a job. It is claimed once: by the worker that begins it, or by the main thread that wants it back. */
const Holder = { nobody: 0, worker: 1, mainThread: 2, workerIsDone: 3 } as const

const holderWord = 0
const cancelledWord = 1
const urgentWord = 2
const heartbeatWord = 3
const entryKibibytesWord = 4
const writtenKibibytesWord = 5
const wordCount = 6

const kibibyte = 1024

export class JobControl {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  /** New words, or those that the other thread made. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(wordCount * 4)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** The worker wants to begin; `false` when the main thread took the job back. */
  claimForWorker(): boolean {
    return Atomics.compareExchange(this.#words, holderWord, Holder.nobody, Holder.worker) === Holder.nobody
  }

  /** The main thread wants the job back; `false` when the worker has begun. */
  claimForMainThread(): boolean {
    return (
      Atomics.compareExchange(this.#words, holderWord, Holder.nobody, Holder.mainThread) === Holder.nobody
    )
  }

  /** The worker has sent the outcome. Wakes who waits. */
  markDone(): void {
    Atomics.store(this.#words, holderWord, Holder.workerIsDone)
    Atomics.notify(this.#words, holderWord)
  }

  /** Blocks until the worker, which has begun, is done or the time is over; whether it is done. */
  waitUntilDone(timeoutMs: number): boolean {
    Atomics.wait(this.#words, holderWord, Holder.worker, timeoutMs)
    return Atomics.load(this.#words, holderWord) === Holder.workerIsDone
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#words, cancelledWord) !== 0
  }

  cancel(): void {
    Atomics.store(this.#words, cancelledWord, 1)
  }

  /** Somebody is blocked until the job is done. */
  get isUrgent(): boolean {
    return Atomics.load(this.#words, urgentWord) !== 0
  }

  markUrgent(): void {
    Atomics.store(this.#words, urgentWord, 1)
  }

  /** Changes with every step of the job. */
  get heartbeat(): number {
    return Atomics.load(this.#words, heartbeatWord)
  }

  /** In bytes, kept as whole kibibytes. */
  get entryBytes(): number {
    return Atomics.load(this.#words, entryKibibytesWord) * kibibyte
  }

  get bytesWritten(): number {
    return Atomics.load(this.#words, writtenKibibytesWord) * kibibyte
  }

  /** A step was done. */
  reportStep(entryBytes: number, bytesWritten: number): void {
    Atomics.add(this.#words, heartbeatWord, 1)
    Atomics.store(this.#words, entryKibibytesWord, Math.floor(entryBytes / kibibyte))
    Atomics.store(this.#words, writtenKibibytesWord, Math.floor(bytesWritten / kibibyte))
  }
}
