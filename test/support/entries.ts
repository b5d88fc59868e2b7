/** Entries as plain values, cursors over arrays of them, and what a walk over them must give. */
import fc from 'fast-check'
import { compareBytes } from '../../src/bytes/compare-bytes.ts'
import { createEntryView, EntryKind, type EntryView } from '../../src/entry/entry.ts'
import { type CursorOptions, CursorState, type EntryCursor } from '../../src/entry/entry-cursor.ts'

export interface PlainEntry {
  readonly key: Uint8Array
  readonly sequenceNumber: number
  readonly kind: EntryKind
  readonly flags: number
  readonly value: Uint8Array
}

export function plainEntry(key: string, sequenceNumber: number, value?: string): PlainEntry {
  const encoder = new TextEncoder()
  return {
    key: encoder.encode(key),
    sequenceNumber,
    kind: value === undefined ? EntryKind.tombstone : EntryKind.put,
    flags: 0,
    value: encoder.encode(value ?? ''),
  }
}

/** A view whose bytes lie at odd places in larger arrays, as they do in an arena. */
export function viewOf(entry: PlainEntry): EntryView {
  const view = createEntryView()
  view.keyBytes = new Uint8Array([99, ...entry.key, 99])
  view.keyStart = 1
  view.keyLength = entry.key.length
  view.valueBytes = new Uint8Array(entry.value.length + 8).fill(77)
  view.valueBytes.set(entry.value, 3)
  view.valueStart = 3
  view.valueLength = entry.value.length
  view.sequenceNumber = entry.sequenceNumber
  view.kind = entry.kind
  view.flags = entry.flags
  return view
}

/** Copies what a view points at. */
export function plainOf(view: EntryView): PlainEntry {
  return {
    key: new Uint8Array(view.keyBytes.subarray(view.keyStart, view.keyStart + view.keyLength)),
    sequenceNumber: view.sequenceNumber,
    kind: view.kind,
    flags: view.flags,
    value: new Uint8Array(view.valueBytes.subarray(view.valueStart, view.valueStart + view.valueLength)),
  }
}

/** Internal-key order: keys ascending, newest first. */
export function sortEntries(entries: readonly PlainEntry[]): PlainEntry[] {
  return [...entries].sort((a, b) => compareBytes(a.key, b.key) || b.sequenceNumber - a.sequenceNumber)
}

/** What a cursor with these options gives over sorted entries. */
export function entriesSeen(sorted: readonly PlainEntry[], options: CursorOptions): PlainEntry[] {
  const below = sorted.filter(({ sequenceNumber }) => sequenceNumber <= options.sequenceLimit)
  const seen = options.allVersions
    ? below
    : below.filter((entry, i) => i === 0 || compareBytes(below[i - 1]!.key, entry.key) !== 0)
  return options.reverse ? [...seen].reverse() : seen
}

/** What remains of `seen` behind a seek. */
export function entriesFrom(
  seen: readonly PlainEntry[],
  key: Uint8Array,
  strict: boolean,
  reverse: boolean,
): PlainEntry[] {
  return seen.filter((entry) => {
    const order = compareBytes(entry.key, key)
    return order === 0 ? !strict : reverse ? order < 0 : order > 0
  })
}

/** How a test answers `pending`: by blocking, or by waiting. */
export type Load = (cursor: Pick<EntryCursor, 'load' | 'loadSync'>) => Promise<void> | void
export const loadBlocking: Load = (cursor) => cursor.loadSync()
export const loadWaiting: Load = (cursor) => cursor.load()

/** Repeats a move until it is done. */
export async function settle(cursor: EntryCursor, move: () => CursorState, load: Load): Promise<CursorState> {
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const state = move()
    if (state !== CursorState.pending) return state
    await load(cursor)
  }
  throw new Error('the move stays pending for ever')
}

/** Walks to the end from a first move and copies every entry. */
export async function collect(
  cursor: EntryCursor,
  first: () => CursorState,
  load: Load,
  countMax: number = Number.POSITIVE_INFINITY,
): Promise<PlainEntry[]> {
  const entries: PlainEntry[] = []
  let state = await settle(cursor, first, load)
  while (state === CursorState.entry) {
    entries.push(plainOf(cursor.entry))
    if (entries.length >= countMax) break
    state = await settle(cursor, () => cursor.advance(), load)
  }
  return entries
}

/** Keys from a small alphabet, so that they share prefixes, and versions of one key are common. */
export const someKey: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 3, max: 2 }) },
  {
    weight: 2,
    arbitrary: fc
      .uint8Array({ maxLength: 4, max: 1 })
      .map((end) => new Uint8Array([7, 7, 7, 7, 7, 7, 7, 7, 7, ...end])),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(255, 255)) },
)

const someValue: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 60, maxLength: 400, size: 'max' }) },
  // These compress.
  {
    weight: 2,
    arbitrary: fc.integer({ min: 20, max: 300 }).map((length) => new Uint8Array(length).fill(120)),
  },
)

/** Sorted entries with distinct sequence numbers. */
export const someEntries: fc.Arbitrary<PlainEntry[]> = fc
  .array(
    fc.record({
      key: someKey,
      kind: fc.constantFrom(EntryKind.put, EntryKind.put, EntryKind.tombstone),
      flags: fc.constantFrom(0, 2),
      value: someValue,
      gap: fc.oneof(fc.constantFrom(1, 2), fc.constantFrom(2 ** 32, 2 ** 33 + 1)),
    }),
    { minLength: 1, maxLength: 120, size: 'max' },
  )
  .map((drafts) => {
    let sequenceNumber = 0
    const entries = drafts.map(({ key, kind, flags, value, gap }) => {
      sequenceNumber += gap
      return { key, sequenceNumber, kind, flags, value: kind === EntryKind.put ? value : new Uint8Array(0) }
    })
    return sortEntries(entries)
  })

/** A cursor over sorted entries, with a `pending` before each step if wanted. */
export class ArrayCursor implements EntryCursor {
  readonly entry: EntryView
  readonly #seen: readonly PlainEntry[]
  readonly #reverse: boolean
  readonly #isLazy: boolean
  #remaining: readonly PlainEntry[] = []
  #isLoaded = false

  constructor(sorted: readonly PlainEntry[], options: CursorOptions, isLazy = false) {
    this.entry = options.entry ?? createEntryView()
    this.#seen = entriesSeen(sorted, options)
    this.#reverse = options.reverse
    this.#isLazy = isLazy
  }

  rewind(): CursorState {
    return this.#move(() => this.#seen)
  }

  seek(key: Uint8Array, strict: boolean): CursorState {
    return this.#move(() => entriesFrom(this.#seen, key, strict, this.#reverse))
  }

  advance(): CursorState {
    return this.#move(() => this.#remaining.slice(1))
  }

  loadSync(): void {
    this.#isLoaded = true
    // What the entry pointed at may be gone now.
    this.entry.keyBytes = Uint8Array.of(1, 2, 3)
  }

  async load(): Promise<void> {
    await Promise.resolve()
    this.loadSync()
  }

  #move(next: () => readonly PlainEntry[]): CursorState {
    if (this.#isLazy && !this.#isLoaded) return CursorState.pending
    this.#isLoaded = false
    this.#remaining = next()
    const first = this.#remaining[0]
    if (first === undefined) return CursorState.end
    Object.assign(this.entry, viewOf(first))
    return CursorState.entry
  }
}
