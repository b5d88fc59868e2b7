/**
 * Shows what is in a segment: its blocks with their first and last keys, its regions, its counts. Looks at the
 * file alone; no manifest says what it should be.
 */
import { hexOf64 } from '../bytes/hex-of-64.ts'
import { hashResult } from '../bytes/xxh64.ts'
import type { FileInspection, FilePart } from '../fs/file-inspection.ts'
import { hashAt } from './block-check.ts'
import type { BlockMemory } from './block-memory.ts'
import { inspectBlocks } from './inspect-blocks.ts'
import { inspectRegions } from './inspect-regions.ts'
import {
  decodeFooter,
  type Footer,
  footerMagicOffset,
  footerSizeBytes,
  getNumber,
  hasMagic,
  headerChecksumOffset,
  headerFormatOffset,
  headerNumberOffset,
  headerSizeBytes,
  segmentFormatNumber,
} from './segment-format.ts'

/** A segment file in memory. */
export interface SegmentFile {
  /** Stands in some of the reasons. */
  readonly path: string
  /** Holds the file at its start, and zeros up to a multiple of eight. */
  readonly memory: BlockMemory
  readonly sizeBytes: number
  /** The number in the file's name, if it has one. */
  readonly namedNumber: number | undefined
}

/** Never fails, whatever the bytes are. */
export function inspectSegment(file: SegmentFile): FileInspection {
  const header = inspectHeader(file)
  const number = header.number ?? file.namedNumber
  const properties = { number, format: header.format, sizeBytes: file.sizeBytes }
  const isLater = header.format !== undefined && header.format !== segmentFormatNumber
  if (isLater || number === undefined) {
    const reason = isLater
      ? `format ${header.format}, which this release does not know`
      : 'cannot be checked: neither header nor name tells the number of the segment, which seeds all checksums'
    return {
      kind: 'segment',
      properties,
      parts: [header.part, ...unknownFrom(file, header.part.length, reason)],
    }
  }
  const footer = inspectFooter(file, number)
  const rest = footer.content
    ? partsBefore(file, footer.content)
    : partsWithoutFooter(file, number, footer.part)
  return {
    kind: 'segment',
    properties: { ...properties, ...(footer.content && factsOf(footer.content)), ...expansionOf(rest) },
    parts: [header.part, ...rest, footer.part],
  }
}

/** What the blocks take, and would take if none was compressed; nothing where none is. */
function expansionOf(parts: readonly FilePart[]): object {
  const blocks = parts.filter(({ kind }) => kind === 'columnar block' || kind === 'large block')
  if (!blocks.some(({ details }) => details.compression !== undefined)) return {}
  const blockBytes = blocks.reduce((sum, { length }) => sum + length, 0)
  const plainBlockBytes = blocks.reduce((sum, { length, details }) => {
    const { plainLength } = details
    return sum + (typeof plainLength === 'number' ? plainLength : length)
  }, 0)
  return { blockBytes, plainBlockBytes }
}

/** Number and format, both `undefined` unless the header is whole. */
export function readSegmentHeader(file: SegmentFile): { readonly number?: number; readonly format?: number } {
  return inspectHeader(file)
}

/** The footer at the end of the file, `undefined` unless it is whole and of segment `number`. */
export function readSegmentFooter(file: SegmentFile, number: number): Footer | undefined {
  return inspectFooter(file, number).content
}

interface InspectedHeader {
  readonly part: FilePart
  readonly number?: number
  readonly format?: number
}

function inspectHeader({ memory, sizeBytes }: SegmentFile): InspectedHeader {
  const place = { offset: 0, length: Math.min(sizeBytes, headerSizeBytes) }
  const damaged = (reason: string): InspectedHeader => ({
    part: { ...place, kind: 'damaged', details: { reason } },
  })
  if (sizeBytes < headerSizeBytes) return damaged('the file ends inside its header')
  const view = viewOf(memory)
  if (!hasMagic(view, 0)) return damaged('this is no segment of a varve store')
  const number = getNumber(view, headerNumberOffset)
  hashAt(memory.bytes, 0, headerChecksumOffset, number, 0)
  if (!holdsHash(view, headerChecksumOffset)) return damaged('the header fails its checksum')
  const format = view.getUint32(headerFormatOffset, true)
  return { part: { ...place, kind: 'header', details: {} }, number, format }
}

interface InspectedFooter {
  readonly part: FilePart
  readonly content?: Footer
}

function inspectFooter({ memory, sizeBytes }: SegmentFile, number: number): InspectedFooter {
  const offset = sizeBytes - footerSizeBytes
  const missing = { offset: sizeBytes, length: 0 }
  const damaged = (place: { offset: number; length: number }, reason: string): InspectedFooter => ({
    part: { ...place, kind: 'damaged', details: { part: 'footer', reason } },
  })
  if (offset < headerSizeBytes || offset % 8 !== 0 || !hasMagic(viewOf(memory), offset + footerMagicOffset)) {
    return damaged(missing, 'the file does not end with a footer')
  }
  const place = { offset, length: footerSizeBytes }
  hashAt(memory.bytes, offset + 8, sizeBytes, number, offset)
  const view = new DataView(memory.bytes.buffer, offset, footerSizeBytes)
  if (!holdsHash(view, 0)) return damaged(place, 'the footer fails its checksum')
  return { part: { ...place, kind: 'footer', details: {} }, content: decodeFooter(view) }
}

/** Blocks and regions, which the footer tells apart. */
function partsBefore(file: SegmentFile, footer: Footer): FilePart[] {
  const { memory, sizeBytes, path } = file
  const blocksEnd = Math.min(footer.hashIndex.offset, sizeBytes)
  return [
    ...inspectBlocks(memory, headerSizeBytes, blocksEnd, footer.number, path),
    ...inspectRegions(memory, sizeBytes, footer, path),
  ]
}

/** Blocks up to the last intact one; where what follows them ends cannot be told. */
function partsWithoutFooter({ memory, path }: SegmentFile, number: number, footerPart: FilePart): FilePart[] {
  const parts = inspectBlocks(memory, headerSizeBytes, footerPart.offset, number, path)
  const last = parts.at(-1)
  if (last?.kind !== 'damaged') return parts
  const reason = 'cannot be told apart or checked without the footer'
  return [...parts.slice(0, -1), { ...last, kind: 'unknown', details: { reason } }]
}

function unknownFrom({ sizeBytes }: SegmentFile, offset: number, reason: string): FilePart[] {
  if (offset >= sizeBytes) return []
  return [{ offset, length: sizeBytes - offset, kind: 'unknown', details: { reason } }]
}

function factsOf({
  checksumHigh,
  checksumLow,
  hashIndex,
  filter,
  blockIndex,
  properties,
  ...facts
}: Footer): object {
  const indexBytes = hashIndex.length + filter.length + blockIndex.length + properties.length
  return { ...facts, indexBytes, checksum: hexOf64(checksumHigh, checksumLow) }
}

function holdsHash(view: DataView, offset: number): boolean {
  return (
    view.getUint32(offset, true) === hashResult.low && view.getUint32(offset + 4, true) === hashResult.high
  )
}

function viewOf({ bytes }: BlockMemory): DataView {
  return new DataView(bytes.buffer)
}
