/**
 * Patience with Windows: a virus scanner or an indexer that looks into a file makes its removal and renaming
 * fail for some milliseconds. Elsewhere these errors mean what they say and are reported at once.
 */
import { systemCodeOf } from '../errors.ts'

/** How to wait for others to let go of a file. */
export interface Patience {
  /** The waits between attempts, in milliseconds. */
  readonly pausesMs: readonly number[]
  pause(ms: number): Promise<void>
  pauseSync(ms: number): void
}

/** On Windows nine attempts within less than a second, elsewhere one. */
const patienceOfPlatform: Patience = {
  pausesMs: process.platform === 'win32' ? [1, 5, 10, 20, 40, 80, 160, 320] : [],
  pause: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms)
    }),
  pauseSync: (ms) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  },
}

/** Whether an attempt to unlink or rename may succeed a moment later. */
function isBusy(error: unknown): boolean {
  const code = systemCodeOf(error)
  return code === 'EBUSY' || code === 'EPERM' || code === 'EACCES'
}

/** Runs `attempt` until it succeeds, fails for another reason, or the patience is used up. */
export async function retryWhileBusy(
  attempt: () => Promise<void>,
  patience: Patience = patienceOfPlatform,
): Promise<void> {
  for (const pauseMs of patience.pausesMs) {
    try {
      await attempt()
      return
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await patience.pause(pauseMs)
  }
  await attempt()
}

/** The same, blocking. */
export function retryWhileBusySync(attempt: () => void, patience: Patience = patienceOfPlatform): void {
  for (const pauseMs of patience.pausesMs) {
    try {
      attempt()
      return
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    patience.pauseSync(pauseMs)
  }
  attempt()
}
