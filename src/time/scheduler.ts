/** When deferred work runs, replaceable so that a test can decide the order of everything. */

export interface Scheduler {
  /** After the running code, before anything else. */
  microtask(run: () => void): void
  /** On the next turn of the event loop, after timers and messages had theirs. */
  immediate(run: () => void): void
  /** After `delayMs`; does not keep the process alive. Returns what cancels it. */
  timer(delayMs: number, run: () => void): () => void
}

export const systemScheduler: Scheduler = {
  microtask: (run) => queueMicrotask(run),
  immediate: (run) => {
    setImmediate(run)
  },
  timer: (delayMs, run) => {
    const handle = setTimeout(run, delayMs)
    handle.unref()
    return () => clearTimeout(handle)
  },
}
