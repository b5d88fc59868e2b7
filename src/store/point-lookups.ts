/**
 * Single keys as callers ask for them: encodes the key, looks it up, loads what that misses (blocking or not), and makes
 * of what was found what the caller gets. Arguments are checked and the sequence number is chosen before it comes here.
 *
 * A lookup that has all it needs in memory is done at once, with one reader and one place for its key that all such
 * share. One that has to wait, for the disk or for the event loop, has its own, because others come in between.
 */
import { copyRange } from '../bytes/copy-range.ts'
import type { Encoding } from '../encoding/encoding.ts'
import type { EntryView, SequenceNumber } from '../entry/entry.ts'
import { FindState } from '../segment/find-state.ts'
import { checkKeyPresence, encodeKey } from './encode-arguments.ts'
import { decodeValue, isBytesEncoding, valueViewOf } from './entry-decoder.ts'
import type { ViewVisitor } from './key-value-store.ts'
import { PointReader } from './point-reader.ts'
import type { StoreEngine } from './store-engine.ts'
import { KeyToucher, keysTouchedAtOnce } from './touch-keys.ts'
import { untilAborted } from './until-aborted.ts'

const { Buffer: nodeBuffer } = globalThis as { readonly Buffer?: unknown }

/** Shorter keys are encoded without allocating. */
const keyScratchSizeBytes = 1024

export class PointLookups<K, V> {
  readonly #engine: StoreEngine<K, V>
  readonly #keyEncoding: Encoding<K>
  readonly #valueEncoding: Encoding<V>
  readonly #keyIsBytes: boolean
  readonly #valueIsBytes: boolean
  readonly #reader = new PointReader()
  readonly #toucher: KeyToucher
  /** Where short keys are encoded for a lookup. */
  readonly #keyScratch = new Uint8Array(keyScratchSizeBytes)
  /**
   * The key of the lookup under way: `#key[0, #keyLength)`. Where the caller's own bytes serve, they are not kept longer:
   * they may be a part of something large.
   */
  #key: Uint8Array = this.#keyScratch
  #keyLength = 0

  constructor(engine: StoreEngine<K, V>, keyEncoding: Encoding<K>, valueEncoding: Encoding<V>) {
    this.#engine = engine
    this.#keyEncoding = keyEncoding
    this.#valueEncoding = valueEncoding
    this.#keyIsBytes = isBytesEncoding(keyEncoding)
    this.#valueIsBytes = isBytesEncoding(valueEncoding)
    this.#toucher = new KeyToucher(engine.blocks)
  }

  /** Throws for a wrong key; rejects when reading fails. */
  get(key: K, limit: SequenceNumber, signal: AbortSignal | undefined): Promise<V | undefined> {
    this.#encode(key)
    const turn = this.#engine.turns.turnSampled()
    if (turn === undefined) {
      const state = this.#find(limit)
      if (state !== FindState.pending) return Promise.resolve(this.#valueOf(state))
    }
    return this.#findLater(limit, turn, (state, reader) => this.#valueOf(state, reader), signal)
  }

  getSync(key: K, limit: SequenceNumber): V | undefined {
    this.#encode(key)
    return this.#valueOf(this.#findSync(limit))
  }

  /** As {@link get}. */
  has(key: K, limit: SequenceNumber, signal: AbortSignal | undefined): Promise<boolean> {
    this.#encode(key)
    const turn = this.#engine.turns.turnSampled()
    if (turn === undefined) {
      const state = this.#find(limit)
      if (state !== FindState.pending) return Promise.resolve(state === FindState.found)
    }
    return this.#findLater(limit, turn, (state) => state === FindState.found, signal)
  }

  hasSync(key: K, limit: SequenceNumber): boolean {
    this.#encode(key)
    return this.#findSync(limit) === FindState.found
  }

  async getMany(
    keys: readonly K[],
    limit: SequenceNumber,
    signal: AbortSignal | undefined,
  ): Promise<(V | undefined)[]> {
    for (let i = 0; i < keys.length; i++)
      if (keys[i] === undefined || keys[i] === null) encodeKey(this.#keyEncoding, keys[i] as K, `keys[${i}]`)
    const { live } = this.#engine
    // All from one moment, also when a flush or compaction comes while it waits for the disk.
    live.add(limit)
    try {
      const values: (V | undefined)[] = []
      for (;;) {
        // While it waited for the key before, the store may have been closed.
        this.#assertStillOpen()
        const turn = this.#findNext(keys, limit, values)
        if (values.length >= keys.length) return values
        const read = this.#findLater(limit, turn, (found, reader) => this.#valueOf(found, reader), signal)
        values.push(await read)
      }
    } finally {
      live.remove(limit)
    }
  }

  /**
   * Adds to `values` those of the keys that come next, up to the first key that has to wait; answers with the turn of the
   * event loop that it has to wait for, if that is why. (A loop in a function that awaits takes a twentieth longer.)
   */
  #findNext(keys: readonly K[], limit: SequenceNumber, values: (V | undefined)[]): Promise<void> | undefined {
    const { turns } = this.#engine
    for (let i = values.length; i < keys.length; i++) {
      if (i % keysTouchedAtOnce === 0) this.#touchAhead(keys, i)
      this.#encodeNth(keys, i)
      const turn = turns.turnSampled()
      if (turn !== undefined) return turn
      const state = this.#find(limit)
      if (state === FindState.pending) return undefined
      values.push(this.#valueOf(state))
    }
    return undefined
  }

  getManySync(keys: readonly K[], limit: SequenceNumber): (V | undefined)[] {
    const values: (V | undefined)[] = []
    for (let i = 0; i < keys.length; i++) {
      if (i % keysTouchedAtOnce === 0) this.#touchAhead(keys, i)
      this.#encodeNth(keys, i)
      values.push(this.#valueOf(this.#findSync(limit)))
    }
    return values
  }

  /** Shows the value where it lies; the view is good until `visit` returns. */
  visit<R>(key: K, limit: SequenceNumber, visit: ViewVisitor<R>): R | undefined {
    this.#encode(key)
    if (this.#findSync(limit) !== FindState.found) return undefined
    const { arenas, blocks } = this.#engine
    arenas.beginViewing()
    blocks.beginViewing()
    try {
      return visit(valueViewOf(this.#reader.entry))
    } finally {
      blocks.endViewing()
      arenas.endViewing()
    }
  }

  /** Copies as much of the value as fits; returns how long it is, or `undefined` when there is none. */
  copyInto(key: K, limit: SequenceNumber, target: Uint8Array): number | undefined {
    this.#encode(key)
    if (this.#findSync(limit) !== FindState.found) return undefined
    const { valueBytes, valueStart, valueLength } = this.#reader.entry
    const fitting = Math.min(valueLength, target.length)
    copyRange(valueBytes, valueStart, fitting, target, 0)
    return valueLength
  }

  /** Touches what the next lookups will read, of keys that are looked at where they lie. */
  #touchAhead(keys: readonly K[], from: number): void {
    if (!this.#keyIsBytes || !this.#toucher.isWorthIt) return
    const end = Math.min(from + keysTouchedAtOnce, keys.length)
    // A single key has none to be touched beside.
    if (end - from < 2) return
    const next: Uint8Array[] = []
    for (let i = from; i < end; i++) {
      const key: unknown = keys[i]
      if (isPlainBytes(key) && key.length <= keyScratchSizeBytes) next.push(key)
    }
    this.#toucher.touch(this.#engine.views.current, next)
  }

  #encodeNth(keys: readonly K[], index: number): void {
    try {
      this.#encode(keys[index] as K)
    } catch {
      this.#encode(keys[index] as K, `keys[${index}]`)
    }
  }

  /** Encodes the key that is looked up next; `argument` names it in errors. */
  #encode(key: K, argument = 'key'): void {
    // Looked at where it lies: no code of the caller's runs before the lookup has ended, or has made a copy to wait with.
    if (this.#keyIsBytes && isPlainBytes(key) && key.length <= keyScratchSizeBytes) {
      this.#key = key
      this.#keyLength = key.length
      return
    }
    try {
      checkKeyPresence(this.#keyEncoding, key, argument)
      if ((this.#keyEncoding.sizeBound?.(key) ?? Infinity) <= keyScratchSizeBytes) {
        this.#key = this.#keyScratch
        this.#keyLength = (this.#keyEncoding as Required<Encoding<K>>).encodeInto(key, this.#keyScratch, 0)
        return
      }
    } catch {
      // Once more the slow way, which puts the argument's name before the message.
    }
    this.#key = encodeKey(this.#keyEncoding, key, argument)
    this.#keyLength = this.#key.length
  }

  #find(limit: SequenceNumber): FindState {
    const state = this.#reader.find(this.#engine.views.current, this.#key, this.#keyLength, limit)
    if (state !== FindState.pending) this.#key = this.#keyScratch
    return state
  }

  #findSync(limit: SequenceNumber): FindState {
    let state = this.#find(limit)
    while (state === FindState.pending) {
      this.#reader.loadSync()
      state = this.#reader.resume(this.#engine.views.current)
    }
    this.#key = this.#keyScratch
    return state
  }

  /** A lookup that has to wait, for the disk or for the event loop. */
  async #findLater<R>(
    limit: SequenceNumber,
    turn: Promise<void> | undefined,
    resultOf: (state: FindState, reader: PointReader) => R,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    const { views, live } = this.#engine
    const reader = new PointReader()
    // A copy also where it is a Buffer, whose `slice` makes none.
    const key = new Uint8Array(this.#key.subarray(0, this.#keyLength))
    this.#key = this.#keyScratch
    this.#reader.giveUp()
    live.add(limit)
    try {
      if (turn !== undefined) await turn
      this.#assertStillOpen()
      let state = reader.find(views.current, key, key.length, limit)
      while (state === FindState.pending) {
        await untilAborted(this.#load(reader), signal)
        this.#assertStillOpen()
        state = reader.resume(views.current)
      }
      return resultOf(state, reader)
    } finally {
      live.remove(limit)
    }
  }

  /** Loads what a lookup misses. The segments stay open for as long as that takes, even if nobody waits any more. */
  async #load(reader: PointReader): Promise<void> {
    const { views, pace } = this.#engine
    const view = views.hold()
    try {
      await pace.load(
        () => reader.loadSync(),
        () => reader.load(),
      )
    } finally {
      views.release(view)
    }
  }

  #assertStillOpen(): void {
    this.#engine.health.assertReadable()
  }

  #valueOf(state: FindState, { entry, isDetached }: PointReader = this.#reader): V | undefined {
    if (state !== FindState.found) return undefined
    // A large value was read for this caller alone: it need not be copied once more.
    if (isDetached && this.#valueIsBytes) return valueViewOf(entry) as V
    return this.#decode(entry)
  }

  #decode(entry: EntryView): V {
    return decodeValue(this.#valueEncoding, entry)
  }
}

/** A `Uint8Array` or `Buffer` itself: making a part of one of another class would call the constructor of that. */
function isPlainBytes(key: unknown): key is Uint8Array {
  if (!(key instanceof Uint8Array)) return false
  return key.constructor === Uint8Array || key.constructor === nodeBuffer
}
