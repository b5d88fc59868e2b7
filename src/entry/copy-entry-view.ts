/** Lets `to` point at what `from` points at. No bytes are copied. */
import type { EntryView } from './entry.ts'

export function copyEntryView(from: EntryView, to: EntryView): void {
  to.keyBytes = from.keyBytes
  to.keyStart = from.keyStart
  to.keyLength = from.keyLength
  to.valueBytes = from.valueBytes
  to.valueStart = from.valueStart
  to.valueLength = from.valueLength
  to.sequenceNumber = from.sequenceNumber
  to.kind = from.kind
  to.flags = from.flags
}
