/**
 * Keeps a sweep from removing what was written a moment ago. A sweep reads that a value has expired and then removes
 * its key; a write of that key in between, or one that was on its way when the sweep read, would be lost. So writers
 * say which keys they write, from the call until it is answered, and a sweep leaves those alone that were written
 * while it looked. One guard serves all adapters over a store.
 */

/** The keys written since a sweep began to look. */
export interface WatchedKeys {
  has(key: string): boolean
  stop(): void
}

export class WriteGuard {
  static readonly #ofStore = new WeakMap<object, WriteGuard>()

  readonly #underWay = new Map<string, number>()
  readonly #watches = new Set<Set<string>>()

  /** The one guard of a store. */
  static of(store: object): WriteGuard {
    let guard = WriteGuard.#ofStore.get(store)
    if (guard === undefined) {
      guard = new WriteGuard()
      WriteGuard.#ofStore.set(store, guard)
    }
    return guard
  }

  /** To be called before the store is told to write `keys`; what it returns, when the store has answered. */
  begin(keys: readonly string[]): () => void {
    for (const key of keys) {
      this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1)
      for (const watch of this.#watches) watch.add(key)
    }
    return () => {
      for (const key of keys) this.#end(key)
    }
  }

  /** Watches from now on. What is under way counts as written. */
  watch(): WatchedKeys {
    const keys = new Set(this.#underWay.keys())
    this.#watches.add(keys)
    return { has: (key) => keys.has(key), stop: () => this.#watches.delete(keys) }
  }

  #end(key: string): void {
    const count = (this.#underWay.get(key) ?? 1) - 1
    if (count === 0) this.#underWay.delete(key)
    else this.#underWay.set(key, count)
  }
}
