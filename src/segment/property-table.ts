/**
 * Numbered facts about a segment, so that later releases can add more without a new format. A property says
 * itself whether a reader may pass over it: one that is required and unknown is refused by its number.
 *
 *     properties = (number:u16 flags:u16 length:u32 bytes)* padding
 *
 * The padding to a multiple of eight is zeros: no property has number 0.
 */
import { CorruptionError, UnsupportedFormatError } from '../errors.ts'

/** On disk: never renumber. */
export const PropertyNumber = { smallestKey: 1, largestKey: 2, blockSizeBytes: 3 } as const

/** On disk: never renumber. */
const requiredFlag = 1
const fieldHeaderSizeBytes = 8

export interface Property {
  readonly number: number
  /** A reader that does not know it must refuse the file. */
  readonly required: boolean
  readonly bytes: Uint8Array
}

export function encodeProperties(properties: readonly Property[]): Uint8Array {
  const size = properties.reduce((sum, { bytes }) => sum + fieldHeaderSizeBytes + bytes.length, 0)
  const encoded = new Uint8Array(size)
  const view = new DataView(encoded.buffer)
  let offset = 0
  for (const { number, required, bytes } of properties) {
    view.setUint16(offset, number, true)
    view.setUint16(offset + 2, required ? requiredFlag : 0, true)
    view.setUint32(offset + 4, bytes.length, true)
    encoded.set(bytes, offset + fieldHeaderSizeBytes)
    offset += fieldHeaderSizeBytes + bytes.length
  }
  return encoded
}

/** Reads a table whose checksum was verified; `path` and `offset` (of the table) are for the errors. */
export function decodeProperties(encoded: Uint8Array, path: string, offset: number): Map<number, Uint8Array> {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const known: readonly number[] = Object.values(PropertyNumber)
  const found = new Map<number, Uint8Array>()
  let at = 0
  while (at + 2 <= encoded.length && view.getUint16(at, true) !== 0) {
    const length = at + fieldHeaderSizeBytes <= encoded.length ? view.getUint32(at + 4, true) : Infinity
    const end = at + fieldHeaderSizeBytes + length
    if (end > encoded.length) throw new CorruptionError('a property ends behind its table', path, offset + at)
    const number = view.getUint16(at, true)
    if (!known.includes(number) && (view.getUint16(at + 2, true) & requiredFlag) !== 0) {
      throw new UnsupportedFormatError(`${path} needs property ${number}, which this release does not know`)
    }
    found.set(number, encoded.slice(at + fieldHeaderSizeBytes, end))
    at = end
  }
  return found
}
