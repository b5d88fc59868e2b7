/** Shows the regions behind the blocks of a segment: hash index, filter, block index and properties. */
import { hashResult } from '../bytes/xxh64.ts'
import { UnsupportedFormatError } from '../errors.ts'
import { type FilePart, reasonOf } from '../fs/file-inspection.ts'
import { hashAt } from './block-check.ts'
import type { BlockMemory } from './block-memory.ts'
import { emptySlot } from './hash-index.ts'
import { decodeProperties, PropertyNumber } from './property-table.ts'
import type { Footer, Region } from './segment-format.ts'

/** The regions in the order of the file, each checked against its checksum in the footer. */
export function inspectRegions(
  memory: BlockMemory,
  sizeBytes: number,
  { number, hashIndex, filter, blockIndex, properties }: Footer,
  path: string,
): FilePart[] {
  const show = (
    name: string,
    region: Region,
    describe: (at: number) => Record<string, unknown>,
  ): FilePart => {
    const { offset, length } = region
    const damaged = (reason: string): FilePart => ({
      offset,
      length: Math.max(0, Math.min(length, sizeBytes - offset)),
      kind: 'damaged',
      details: { part: name, reason },
    })
    if (length % 8 !== 0 || offset % 8 !== 0 || offset + length > sizeBytes)
      return damaged('lies outside the file')
    hashAt(memory.bytes, offset, offset + length, number, offset)
    const isIntact = hashResult.low === region.checksumLow && hashResult.high === region.checksumHigh
    if (!isIntact) return damaged('does not match its checksum')
    try {
      return { offset, length, kind: name, details: describe(offset) }
    } catch (error) {
      if (!(error instanceof UnsupportedFormatError)) return damaged(reasonOf(error))
      return { offset, length, kind: 'unknown', details: { part: name, reason: reasonOf(error) } }
    }
  }
  const word = (at: number): number => memory.words[at >>> 2] as number
  return [
    show('hash index', hashIndex, (at) =>
      describeSlots(memory.words.subarray(at >>> 2, (at + hashIndex.length) >>> 2)),
    ),
    show('filter', filter, (at) => ({ probeCount: word(at + filter.length - 8) })),
    show('block index', blockIndex, (at) => ({ blockCount: word(at), commonPrefixLength: word(at + 4) })),
    show('properties', properties, (at) =>
      describeProperties(decodeProperties(memory.bytes.subarray(at, at + properties.length), path, at)),
    ),
  ]
}

function describeSlots(slots: Uint32Array): Record<string, unknown> {
  let usedSlotCount = 0
  for (const slot of slots) if (slot !== emptySlot) usedSlotCount += 1
  return { slotCount: slots.length, usedSlotCount }
}

function describeProperties(table: ReadonlyMap<number, Uint8Array>): Record<string, unknown> {
  const blockSize = table.get(PropertyNumber.blockSizeBytes)
  const known: readonly number[] = Object.values(PropertyNumber)
  const others = [...table.keys()].filter((number) => !known.includes(number))
  return {
    smallestKey: table.get(PropertyNumber.smallestKey),
    largestKey: table.get(PropertyNumber.largestKey),
    ...(blockSize?.length === 4 && { blockSizeBytes: new DataView(blockSize.buffer).getUint32(0, true) }),
    ...(others.length > 0 && { otherNumbers: others }),
  }
}
