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

/** Keys of a write that is not answered yet. */
export interface KeysUnderWay {
  readonly keys: readonly string[]
  /** Its place in the guard's list. */
  index: number
}

export class WriteGuard {
  static readonly #ofStore = new WeakMap<object, WriteGuard>()

  /** In no order: the last takes the place of one that ends. Every write comes by here; a `Set` costs ten times this. */
  readonly #underWay: KeysUnderWay[] = []
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

  /** To be called before the store is told to write `keys`; {@link WriteGuard.end}, when the store has answered. */
  begin(keys: readonly string[]): KeysUnderWay {
    const write: KeysUnderWay = { keys, index: this.#underWay.length }
    this.#underWay.push(write)
    for (const watch of this.#watches) for (const key of keys) watch.add(key)
    return write
  }

  end(write: KeysUnderWay): void {
    const last = this.#underWay.pop()
    if (last === undefined || last === write) return
    this.#underWay[write.index] = last
    last.index = write.index
  }

  /** Watches from now on. What is under way counts as written. */
  watch(): WatchedKeys {
    const keys = new Set(this.#underWay.flatMap((write) => write.keys))
    this.#watches.add(keys)
    return { has: (key) => keys.has(key), stop: () => this.#watches.delete(keys) }
  }
}
