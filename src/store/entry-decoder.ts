/** From an entry where it lies to the pair of key and value that a caller gets. */
import { copyNeighbours } from '../encoding/byte-slab.ts'
import { bytesEncoding } from '../encoding/bytes-encoding.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { EntryFlag, type EntryView } from '../entry/entry.ts'

export type EntryDecoder<K, V> = (entry: EntryView) => [K, V]

/** The fastest way to decode entries of these encodings. */
export function entryDecoder<K, V>(keyEncoding: Encoding<K>, valueEncoding: Encoding<V>): EntryDecoder<K, V> {
  const decodeApart = (entry: EntryView): [K, V] => [
    decodeKey(keyEncoding, entry),
    decodeValue(valueEncoding, entry),
  ]
  const areBytes = isBytesEncoding(keyEncoding) && isBytesEncoding(valueEncoding)
  if (!areBytes) return decodeApart
  return (entry) => (copyWhole(entry) as [K, V] | undefined) ?? decodeApart(entry)
}

export function isBytesEncoding(encoding: unknown): boolean {
  return encoding === bytesEncoding
}

export function decodeKey<K>(encoding: Encoding<K>, { keyBytes, keyStart, keyLength }: EntryView): K {
  return encoding.decode(keyBytes, keyStart, keyStart + keyLength, false)
}

export function decodeValue<V>(
  encoding: Encoding<V>,
  { valueBytes, valueStart, valueLength, flags }: EntryView,
): V {
  const isAscii = (flags & EntryFlag.asciiValue) !== 0
  return encoding.decode(valueBytes, valueStart, valueStart + valueLength, isAscii)
}

/** The value where it lies; good as long as that memory. */
export function valueViewOf({ valueBytes, valueStart, valueLength }: EntryView): Uint8Array {
  return new Uint8Array(valueBytes.buffer, valueBytes.byteOffset + valueStart, valueLength)
}

/** Key and value by one copy where the value follows its key, as it does in blocks. */
function copyWhole(entry: EntryView): [Uint8Array, Uint8Array] | undefined {
  const { keyBytes, keyStart, keyLength, valueBytes, valueStart, valueLength } = entry
  if (valueStart !== keyStart + keyLength || valueBytes !== keyBytes) return undefined
  return copyNeighbours(keyBytes, keyStart, valueStart, valueStart + valueLength)
}
