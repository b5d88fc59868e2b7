/** Time as the engine sees it, replaceable so that tests can make it stand still or jump. */

export interface Clock {
  /** Milliseconds since some fixed moment, never going back, with fractions. For durations. */
  monotonicMs(): number
  /** Milliseconds since 1970. For people: logs, lock files, creation times. */
  wallTimeMs(): number
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallTimeMs: () => Date.now(),
}
