/**
 * Whose turn it is: jobs that somebody is blocked on, then flushes, then compactions; of equals the store that
 * was served the longest time ago; of a store's own jobs the one handed in first.
 */

export interface QueuedJob {
  /** Jobs of one store bear one number. */
  readonly store: number
  readonly isFlush: boolean
  /** Somebody is blocked until the job is done. */
  readonly isUrgent: boolean
}

export class JobQueue<J extends QueuedJob> {
  readonly #jobs: J[] = []
  /** The turn in which a store was served last. */
  readonly #lastTurns = new Map<number, number>()
  #turn = 0

  get size(): number {
    return this.#jobs.length
  }

  add(job: J): void {
    this.#jobs.push(job)
  }

  remove(job: J): void {
    const index = this.#jobs.indexOf(job)
    if (index < 0) return
    this.#jobs.splice(index, 1)
    if (!this.#jobs.some(({ store }) => store === job.store)) this.#lastTurns.delete(job.store)
  }

  /** The job to do a step of now; it stays in the queue. `undefined` when there is none. */
  next(): J | undefined {
    let best: J | undefined
    for (const job of this.#jobs) if (best === undefined || this.#isBefore(job, best)) best = job
    if (best === undefined) return undefined
    this.#turn += 1
    this.#lastTurns.set(best.store, this.#turn)
    return best
  }

  #isBefore(a: J, b: J): boolean {
    const ranks = rankOf(a) - rankOf(b)
    if (ranks !== 0) return ranks < 0
    return (this.#lastTurns.get(a.store) ?? 0) < (this.#lastTurns.get(b.store) ?? 0)
  }
}

function rankOf({ isUrgent, isFlush }: QueuedJob): number {
  if (isUrgent) return 0
  return isFlush ? 1 : 2
}
