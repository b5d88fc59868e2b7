/** Walks over a store in portions of about a MiB, whatever the size of its values. */
import type { EntryIterator } from '../../store/key-value-store.ts'
import type { ByteRange } from '../command.ts'
import type { OpenStore } from '../host.ts'

const portionBytes = 1024 * 1024
const countMax = 1_000

/** The entries of a range. Ends with the signal's reason when `range.signal` is aborted. */
export function entryPortions(
  store: OpenStore,
  range: ByteRange,
): AsyncGenerator<[Uint8Array, Uint8Array][]> {
  return portions(store.entries(range), range.signal, ([key, value]) => key.length + value.length)
}

export function keyPortions(store: OpenStore, range: ByteRange): AsyncGenerator<Uint8Array[]> {
  return portions(store.keys(range), range.signal, (key) => key.length)
}

async function* portions<T>(
  iterator: EntryIterator<Uint8Array, T>,
  signal: AbortSignal | undefined,
  sizeOf: (item: T) => number,
): AsyncGenerator<T[]> {
  let count = 16
  try {
    for (;;) {
      signal?.throwIfAborted()
      const items = await iterator.nextMany(count)
      if (items.length === 0) return
      yield items
      const bytes = items.reduce((sum, item) => sum + sizeOf(item), 0)
      const fitting = Math.floor((portionBytes * items.length) / Math.max(1, bytes))
      // Grows slowly, because the next values may be larger than those seen.
      count = Math.max(1, Math.min(countMax, count * 4, fitting))
    }
  } finally {
    await iterator.close()
  }
}
