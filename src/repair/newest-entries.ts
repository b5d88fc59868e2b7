/**
 * Walks all that was salvaged in the order of the keys and gives the newest entry of each, whatever lies in which
 * file: sequence numbers decide, since in a damaged store nobody can rely on levels and runs.
 */
import { compareRanges, equalRanges } from '../bytes/compare-bytes.ts'
import { copyEntryView } from '../entry/copy-entry-view.ts'
import { createEntryView, type EntryView } from '../entry/entry.ts'

/** Entries in internal-key order. */
export interface EntrySource {
  /** Where the source stands; valid until the walk is over. */
  readonly entry: EntryView
  /** To the next entry; `false` at the end. */
  advance(): Promise<boolean> | boolean
}

/** The newest entry of each key, tombstones too, in the order of the keys. The view is filled anew for each. */
export async function* newestEntries(sources: readonly EntrySource[]): AsyncGenerator<EntryView, void> {
  const heap: EntrySource[] = []
  for (const source of sources) if (await source.advance()) push(heap, source)
  const last = createEntryView()
  let isFirst = true
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    if (isFirst || !hasKey(top.entry, last)) {
      copyEntryView(top.entry, last)
      isFirst = false
      yield last
    }
    if (await top.advance()) siftDown(heap)
    else removeTop(heap)
  }
}

/** By key, then newest first. */
function isBefore(a: EntryView, b: EntryView): boolean {
  const order = compareRanges(a.keyBytes, a.keyStart, a.keyLength, b.keyBytes, b.keyStart, b.keyLength)
  return order < 0 || (order === 0 && a.sequenceNumber > b.sequenceNumber)
}

function hasKey(a: EntryView, b: EntryView): boolean {
  return equalRanges(a.keyBytes, a.keyStart, a.keyLength, b.keyBytes, b.keyStart, b.keyLength)
}

function push(heap: EntrySource[], source: EntrySource): void {
  let at = heap.push(source) - 1
  while (at > 0) {
    const parent = (at - 1) >>> 1
    if (!isBefore(source.entry, (heap[parent] as EntrySource).entry)) break
    heap[at] = heap[parent] as EntrySource
    at = parent
  }
  heap[at] = source
}

function removeTop(heap: EntrySource[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  heap[0] = last
  siftDown(heap)
}

function siftDown(heap: EntrySource[]): void {
  const source = heap[0] as EntrySource
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= heap.length) break
    const right = left + 1
    const isRight =
      right < heap.length && isBefore((heap[right] as EntrySource).entry, (heap[left] as EntrySource).entry)
    const child = isRight ? right : left
    if (!isBefore((heap[child] as EntrySource).entry, source.entry)) break
    heap[at] = heap[child] as EntrySource
    at = child
  }
  heap[at] = source
}
