/**
 * Puts keys and values into a MemTable as bytes. Small ones are encoded right where they stay; large ones, and
 * those of encodings that cannot write in place, by way of an array of their own.
 */
import { copyRange } from '../bytes/copy-range.ts'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { utf8Encoding } from '../encoding/utf8-encoding.ts'
import { EntryFlag, EntryKind, type SequenceNumber, valueLengthMax } from '../entry/entry.ts'
import { entryHeaderSizeBytes } from '../entry/entry-layout.ts'
import type { MemTable } from '../memtable/mem-table.ts'
import { checkKeyPresence, checkValuePresence, encodeKey, encodeValue } from './encode-arguments.ts'

/**
 * Up to this bound, in bytes, a key or value is encoded in place. What is bytes already is put there at any size,
 * since its bound is its length.
 */
const inPlaceSizeBytesMax = 8192

/** Bytes of an entry beyond its key and value: header and padding. */
export const entryOverheadBytes: number = entryHeaderSizeBytes + 3

export class EntryEncoder<K, V> {
  readonly keyEncoding: Encoding<K>
  readonly valueEncoding: Encoding<V>
  readonly #valueIsText: boolean
  readonly #valueInPlaceMax: number
  /** Of the entry prepared last: the key's bytes, or `undefined` when they are made in place. */
  keyBytes: Uint8Array | undefined
  /** The same for its value. */
  valueBytes: Uint8Array | undefined

  constructor(keyEncoding: Encoding<K>, valueEncoding: Encoding<V>) {
    this.keyEncoding = keyEncoding
    this.valueEncoding = valueEncoding
    this.#valueIsText = (valueEncoding as unknown) === utf8Encoding
    this.#valueInPlaceMax =
      (valueEncoding as unknown) === bytesEncoding ? valueLengthMax : inPlaceSizeBytesMax
  }

  /**
   * Checks a put and gets it ready for {@link EntryEncoder.append}.
   *
   * @returns the most bytes that the entry will take.
   * @throws {InvalidArgumentError} naming `key` or `value`.
   */
  preparePut(key: K, value: V): number {
    return this.prepareDelete(key) + this.#prepareValue(value)
  }

  /** The same for a tombstone. */
  prepareDelete(key: K): number {
    checkKeyPresence(this.keyEncoding, key)
    const bound = this.keyEncoding.sizeBound?.(key) ?? Infinity
    if (bound <= inPlaceSizeBytesMax) {
      this.keyBytes = undefined
      return bound + entryOverheadBytes
    }
    this.keyBytes = encodeKey(this.keyEncoding, key)
    return this.keyBytes.length + entryOverheadBytes
  }

  #prepareValue(value: V): number {
    checkValuePresence(this.valueEncoding, value)
    const bound = this.valueEncoding.sizeBound?.(value) ?? Infinity
    if (bound <= this.#valueInPlaceMax) {
      this.valueBytes = undefined
      return bound
    }
    this.valueBytes = encodeValue(this.valueEncoding, value)
    return this.valueBytes.length
  }

  /** Length in bytes of the key that was just prepared. It is encoded for that where nothing else tells. */
  keyLengthOf(key: K): number {
    return (this.keyBytes ?? bytesOf(this.keyEncoding, key) ?? encodeKey(this.keyEncoding, key)).length
  }

  /** The same for its value. */
  valueLengthOf(value: V): number {
    return (this.valueBytes ?? bytesOf(this.valueEncoding, value) ?? encodeValue(this.valueEncoding, value))
      .length
  }

  /**
   * Appends the entry that was just prepared; nothing of it is in the tree yet. When encoding throws, the table
   * is as before.
   *
   * @returns its offset in the table.
   */
  append(
    table: MemTable,
    sequence: SequenceNumber,
    kind: EntryKind,
    key: K,
    value: V | undefined,
    flags: number,
  ): number {
    const keyStart = table.nextKeyPosition
    const keyLength = place(this.keyEncoding, key, this.keyBytes, table.bytes, keyStart)
    if (kind === EntryKind.tombstone) return table.appendEntry(sequence, kind, flags, keyLength, 0)
    const valueLength = place(
      this.valueEncoding,
      value as V,
      this.valueBytes,
      table.bytes,
      keyStart + keyLength,
    )
    const isAscii = this.#valueIsText && valueLength === (value as unknown as string).length
    return table.appendEntry(
      sequence,
      kind,
      isAscii ? flags | EntryFlag.asciiValue : flags,
      keyLength,
      valueLength,
    )
  }
}

/** What is bytes already. */
function bytesOf<T>(encoding: Encoding<T>, value: T): Uint8Array | undefined {
  return (encoding as unknown) === bytesEncoding ? (value as Uint8Array) : undefined
}

/** Puts the bytes of `value` at `position`; returns how many. */
function place<T>(
  encoding: Encoding<T>,
  value: T,
  encoded: Uint8Array | undefined,
  target: Uint8Array,
  position: number,
): number {
  if (encoded === undefined)
    return (encoding.encodeInto as (v: T, t: Uint8Array, o: number) => number).call(
      encoding,
      value,
      target,
      position,
    )
  copyRange(encoded, 0, encoded.length, target, position)
  return encoded.length
}

/** For operations whose keys and values are bytes already. */
export const rawEncoder: EntryEncoder<Uint8Array, Uint8Array> = new EntryEncoder(bytesEncoding, bytesEncoding)
