/** Waiting that the caller can give up: what is waited for goes on, and how it ends is then nobody's concern. */

/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as that is aborted; `onGivenUp` is told in the
 * same breath.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onGivenUp?: () => void,
): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      onGivenUp?.()
      reject(signal.reason)
    }
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp)
    // Before the caller hears of it: an abort that comes after the answer gives nothing up.
    const settled = (): void => signal.removeEventListener('abort', giveUp)
    promise.then(
      (value) => {
        settled()
        resolve(value)
      },
      (error: unknown) => {
        settled()
        reject(error)
      },
    )
  })
}
