/** Who watches a driver. A listener that throws keeps neither the write nor the other listeners from going on. */

export type WatchEvent = 'update' | 'remove'
export type WatchCallback = (event: WatchEvent, key: string) => unknown
export type Unwatch = () => void

export class DriverWatch {
  readonly #callbacks = new Set<WatchCallback>()
  readonly #failed: (error: unknown) => void

  /** `failed` is told what a listener threw. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  get isWatched(): boolean {
    return this.#callbacks.size > 0
  }

  add(callback: WatchCallback): Unwatch {
    this.#callbacks.add(callback)
    return () => {
      this.#callbacks.delete(callback)
    }
  }

  notify(event: WatchEvent, keys: readonly string[]): void {
    for (const callback of this.#callbacks) for (const key of keys) this.#call(callback, event, key)
  }

  close(): void {
    this.#callbacks.clear()
  }

  #call(callback: WatchCallback, event: WatchEvent, key: string): void {
    try {
      callback(event, key)
    } catch (error) {
      this.#failed(error)
    }
  }
}
