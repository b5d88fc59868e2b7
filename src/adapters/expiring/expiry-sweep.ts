/**
 * One walk over the keys of an adapter that removes what has expired, slice by slice: at most `sliceEntries` entries
 * or about 1 MiB of values at a time, each slice from a view of its own, so that neither a snapshot nor a turn of the
 * event loop is held for long. On its way it learns when the next value expires.
 */
import type { BytesStore } from './store-source.ts'
import { expiresMsOf, isExpired } from './value-envelope.ts'
import { WriteGuard } from './write-guard.ts'

/** Entries are read in chunks of so many, because a value may have 64 MiB. */
const chunkEntries = 32
const sliceSizeBytes = 1024 * 1024

interface Slice {
  readonly entries: readonly [key: string, value: Uint8Array][]
  readonly isLast: boolean
}

export class ExpirySweep {
  readonly #store: BytesStore
  readonly #prefix: string
  readonly #sliceEntries: number
  #lastKey: string | undefined
  /** The earliest time at which something that was passed expires. */
  nextExpiryMs: number = Number.POSITIVE_INFINITY

  constructor(store: BytesStore, prefix: string, sliceEntries: number) {
    this.#store = store
    this.#prefix = prefix
    this.#sliceEntries = sliceEntries
  }

  /** Sweeps the next slice at the time `nowMs`; returns the keys removed, and whether it was the last one. */
  async slice(nowMs: number): Promise<{ removed: readonly string[]; isLast: boolean }> {
    const written = WriteGuard.of(this.#store).watch()
    try {
      const { entries, isLast } = await this.#read()
      const expired = entries.filter(([, value]) => this.#hasExpired(value, nowMs)).map(([key]) => key)
      // From here to the call of batch() nothing is awaited: a later write comes after it in the store's order.
      const removed = expired.filter((key) => !written.has(key))
      if (removed.length > 0) await this.#store.batch(removed.map((key) => ({ type: 'delete', key })))
      this.#lastKey = entries.at(-1)?.[0] ?? this.#lastKey
      return { removed, isLast }
    } finally {
      written.stop()
    }
  }

  #hasExpired(value: Uint8Array, nowMs: number): boolean {
    const expiresMs = expiresMsOf(value)
    if (expiresMs === undefined) return false
    if (isExpired(expiresMs, nowMs)) return true
    this.nextExpiryMs = Math.min(this.nextExpiryMs, expiresMs)
    return false
  }

  async #read(): Promise<Slice> {
    const after = this.#lastKey === undefined ? {} : { gt: this.#lastKey }
    const iterator = this.#store.entries({ prefix: this.#prefix, ...after })
    try {
      const entries: [string, Uint8Array][] = []
      let sizeBytes = 0
      while (entries.length < this.#sliceEntries && sizeBytes < sliceSizeBytes) {
        const wanted = Math.min(chunkEntries, this.#sliceEntries - entries.length)
        const chunk = await iterator.nextMany(wanted)
        entries.push(...chunk)
        if (chunk.length === 0) return { entries, isLast: true }
        for (const [, value] of chunk) sizeBytes += value.length
      }
      return { entries, isLast: false }
    } finally {
      await iterator.close()
    }
  }
}
