/**
 * Errors of work that nobody waits for: a sweep, a store that could not be opened, a listener that threw. Who asked to
 * hear of them is told; otherwise the last one is kept to be looked at. They never end the process.
 */
export class BackgroundErrors {
  /** The last one that nobody was told of. */
  last: unknown
  readonly #tell: (error: unknown) => boolean

  /** `tell` answers whether somebody listened. */
  constructor(tell: (error: unknown) => boolean) {
    this.#tell = tell
  }

  report(error: unknown): void {
    try {
      if (!this.#tell(error)) this.last = error
    } catch {
      this.last = error
    }
  }
}
