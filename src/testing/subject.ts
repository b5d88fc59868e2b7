/** What each part of the suite works with: a fresh store a test, and samples for its encodings. */
import { compareBytes } from '../bytes/compare-bytes.ts'
import type { Encoding, EncodingName } from '../encoding/encoding.ts'
import { resolveEncoding } from '../encoding/resolve-encoding.ts'
import { type KeyValueStore, SyncKeyValueStore } from '../store/key-value-store.ts'
import { checkSame, type ExpectedError } from './checks.ts'
import { Model, type ModelRange } from './model.ts'
import { type Samples, samplesOf } from './samples.ts'

export type AnyStore = KeyValueStore<unknown, unknown>
export type AnySyncStore = SyncKeyValueStore<unknown, unknown>

/** The encodings that a store is opened with. */
export interface EncodingPair {
  readonly keyEncoding: EncodingName
  readonly valueEncoding: EncodingName
}

/** Opens stores and declares tests, on behalf of the caller of the suite. */
export interface SubjectParts {
  test(name: string, body: () => Promise<void>): void
  open(encodings: EncodingPair): AnyStore | Promise<AnyStore>
  cleanUp?(store: AnyStore): void | Promise<void>
}

export const invalid = (says?: RegExp): ExpectedError => ({ code: 'STORE_INVALID_ARGUMENT', says })
export const closed: ExpectedError = { code: 'STORE_CLOSED' }

export class Subject {
  readonly keyEncoding: Encoding<unknown>
  readonly valueEncoding: Encoding<unknown>
  readonly encodings: EncodingPair
  readonly keySamples: Samples
  readonly valueSamples: Samples
  readonly #parts: SubjectParts

  constructor(encodings: EncodingPair, parts: SubjectParts) {
    this.encodings = encodings
    this.#parts = parts
    this.keyEncoding = resolveEncoding<unknown>('keyEncoding', encodings.keyEncoding)
    this.valueEncoding = resolveEncoding<unknown>('valueEncoding', encodings.valueEncoding)
    this.keySamples = samplesOf[encodings.keyEncoding]
    this.valueSamples = samplesOf[encodings.valueEncoding]
  }

  /** A sample key; each index from 0 has its own. */
  key(index: number): unknown {
    const { valid, numbered } = this.keySamples
    return index < valid.length ? valid[index] : numbered(index)
  }

  /** A sample value; each index from 0 has its own. */
  value(index: number): unknown {
    const { valid, numbered } = this.valueSamples
    return index < valid.length ? valid[index] : numbered(index)
  }

  /** Ranges that hold no key: of one key that is left out, and with crossed bounds. */
  emptyRanges(): ModelRange[] {
    const key = this.key(1)
    const sorted = [...this.keySamples.valid].sort((a, b) =>
      compareBytes(this.keyEncoding.encode(a), this.keyEncoding.encode(b)),
    )
    const crossed = { gte: sorted.at(-2), lte: sorted[1] }
    return [{ gte: key, lt: key }, { gt: key, lte: key }, { gt: key, lt: key }, crossed]
  }

  /** Declares a test on a new, empty store, which is closed at its end. */
  test(name: string, body: (store: AnyStore) => Promise<void>): void {
    this.#parts.test(name, () => this.withStore(body))
  }

  /** Declares a test of the calls that do not return promises; it passes where a store has none. */
  testSync(name: string, body: (store: AnySyncStore) => Promise<void>): void {
    this.test(name, async (store) => {
      if (store instanceof SyncKeyValueStore) await body(store)
    })
  }

  /** Declares a test that needs snapshots; it passes where a store has none. */
  testSnapshots(name: string, body: (store: AnyStore) => Promise<void>): void {
    this.test(name, async (store) => {
      if (store.capabilities.snapshots) await body(store)
    })
  }

  /** Runs `body` with a new, empty store, which is closed at its end. */
  async withStore(body: (store: AnyStore) => Promise<void>): Promise<void> {
    const store = await this.#parts.open(this.encodings)
    try {
      await body(store)
    } finally {
      await store.close()
      await this.#parts.cleanUp?.(store)
    }
  }

  /** Puts the sample keys into the store, each with a value of its own; returns what is then there. */
  async fill(store: AnyStore): Promise<Model> {
    const model = new Model(this.keyEncoding)
    for (let i = 0; i < this.keySamples.valid.length; i++) {
      await store.put(this.key(i), this.value(i))
      model.put(this.key(i), this.value(i))
    }
    return model
  }

  /** Puts `count` numbered keys into the store by batches; returns what is then there. */
  async fillNumbered(store: AnyStore, count: number): Promise<Model> {
    const model = new Model(this.keyEncoding)
    for (let from = 0; from < count; from += 500) {
      const operations = Array.from({ length: Math.min(500, count - from) }, (_, i) => ({
        type: 'put' as const,
        key: this.keySamples.numbered(from + i),
        value: this.value(i),
      }))
      await store.batch(operations)
      model.apply(operations)
    }
    return model
  }

  /** The store holds what the model holds, seen through a scan and through gets. */
  async checkContent(store: AnyStore, model: Model, what = 'the content'): Promise<void> {
    checkSame(await listEntries(store), model.list(), what)
    const keys = this.keySamples.valid
    const expected = keys.map((key) => model.get(key))
    checkSame(await store.getMany(keys), expected, `${what}, read by getMany`)
  }
}

/** All entries of a range. */
export async function listEntries(
  store: AnyStore,
  range?: Parameters<AnyStore['entries']>[0],
): Promise<[unknown, unknown][]> {
  const entries: [unknown, unknown][] = []
  for await (const entry of store.entries(range)) entries.push(entry)
  return entries
}
