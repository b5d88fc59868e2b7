/** Shows an entry in an arena as an {@link EntryView}. */
import type { EntryKind, EntryView, SequenceNumber } from '../entry/entry.ts'
import { entryHeaderSizeBytes } from '../entry/entry-layout.ts'

/** Fills `out` with the entry that begins at `position` of a memory (`bytes`, and the same as `words`). */
export function readEntry(
  bytes: Uint8Array,
  words: Int32Array,
  position: number,
  baseSequence: SequenceNumber,
  out: EntryView,
): void {
  const word = position >>> 2
  const lengthKindFlags = words[word + 2] as number
  const keyLength = lengthKindFlags & 0xffff
  out.keyBytes = bytes
  out.keyStart = position + entryHeaderSizeBytes
  out.keyLength = keyLength
  out.valueBytes = bytes
  out.valueStart = position + entryHeaderSizeBytes + keyLength
  out.valueLength = words[word + 3] as number
  out.sequenceNumber = baseSequence + (words[word + 1] as number)
  out.kind = ((lengthKindFlags >>> 16) & 0xff) as EntryKind
  out.flags = lengthKindFlags >>> 24
}
