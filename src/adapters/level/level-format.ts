/**
 * Keys and values as abstract-level hands them over: bytes, or text where the encoding in use makes text. Texts
 * become the store's bytes here, and bytes texts, which costs less than abstract-level's way round by a `Buffer`.
 */
import { fillBytes } from '../../encoding/byte-slab.ts'
import { decodeUtf8, utf8Bound, writeUtf8 } from '../../encoding/utf8.ts'

/** The formats that `manifest.encodings` names. */
export type LevelFormat = 'utf8' | 'view'

/** A key or value in one of the formats. */
export type LevelItem = string | Uint8Array

/** The format of what a call takes and gives, by abstract-level's names. */
export interface KeyFormat {
  readonly keyEncoding: LevelFormat
}
export interface ValueFormat {
  readonly valueEncoding: LevelFormat
}

/** The store's bytes. Half of a surrogate pair becomes U+FFFD, as in classic-level. */
export function bytesOf(item: LevelItem): Uint8Array {
  return typeof item === 'string' ? fillBytes(item, utf8Bound(item), writeUtf8) : item
}

const scratch = new Uint8Array(256)
/** Views of `scratch` from its start, by length: making one anew costs as much as a short read does. */
const scratchViews: Uint8Array[] = []

/** The same, valid until the next call: for a key that is looked up before this thread does anything else. */
export function passingBytesOf(item: LevelItem): Uint8Array {
  if (typeof item !== 'string' || item.length * 3 > scratch.length) return bytesOf(item)
  const length = writeUtf8(item, scratch, 0)
  scratchViews[length] ??= scratch.subarray(0, length)
  return scratchViews[length]
}

export function itemOf(bytes: Uint8Array, format: LevelFormat): LevelItem {
  return format === 'utf8' ? textOf(bytes) : bytes
}

/** What is not UTF-8 reads as U+FFFD. `bytes` may be a view of the store's own. */
export function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length, false)
}
