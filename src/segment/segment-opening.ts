/**
 * What happens at the first use of a segment: header and footer are compared with what the manifest says, then
 * the property table and the block index are loaded.
 */
import { hashResult } from '../bytes/xxh64.ts'
import { CorruptionError, systemCodeOf, UnsupportedFormatError } from '../errors.ts'
import type { File, Files } from '../fs/file-system.ts'
import { hashAt } from './block-check.ts'
import { BlockIndex, blockIndexProblem } from './block-index.ts'
import { decodeProperties } from './property-table.ts'
import { answer, answerSync, loadRegion, type MakeMemory, type ReadRequest } from './region-reading.ts'
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
import type { SegmentMeta } from './segment-meta.ts'

/** What is in memory of an open segment. */
export interface SegmentParts {
  readonly footer: Footer
  readonly blockIndex: BlockIndex
}

/** `makeIndexMemory` makes the memory of the block index. */
export function openSegmentSync(
  fs: Files,
  path: string,
  meta: SegmentMeta,
  makeIndexMemory?: MakeMemory,
): { file: File; parts: SegmentParts } {
  const file = namingMissing(path, () => fs.openSync(path, 'read'))
  try {
    checkSize(path, meta, file.sizeSync())
    return { file, parts: answerSync(file, loadParts(path, meta, makeIndexMemory)) }
  } catch (error) {
    file.closeSync()
    throw error
  }
}

export async function openSegment(
  fs: Files,
  path: string,
  meta: SegmentMeta,
): Promise<{ file: File; parts: SegmentParts }> {
  const file = await fs.open(path, 'read').catch((error: unknown) =>
    namingMissing(path, () => {
      throw error
    }),
  )
  try {
    checkSize(path, meta, await file.size())
    return { file, parts: await answer(file, loadParts(path, meta)) }
  } catch (error) {
    await file.close()
    throw error
  }
}

function namingMissing<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
    throw new CorruptionError('a segment that the manifest names is missing', path, 0, { cause: error })
  }
}

function checkSize(path: string, meta: SegmentMeta, sizeBytes: number): void {
  if (sizeBytes === meta.sizeBytes) return
  throw new CorruptionError(
    `the segment has ${sizeBytes} bytes instead of ${meta.sizeBytes}`,
    path,
    Math.min(sizeBytes, meta.sizeBytes),
  )
}

function* loadParts(
  path: string,
  meta: SegmentMeta,
  makeIndexMemory?: MakeMemory,
): Generator<ReadRequest, SegmentParts> {
  if (meta.sizeBytes < headerSizeBytes + footerSizeBytes) {
    throw new CorruptionError(`${meta.sizeBytes} bytes are too few for a segment`, path, 0)
  }
  const header = new Uint8Array(headerSizeBytes)
  yield { target: header, offset: 0 }
  checkHeader(header, path, meta)
  const footerBytes = new Uint8Array(footerSizeBytes)
  yield { target: footerBytes, offset: meta.sizeBytes - footerSizeBytes }
  const footer = checkFooter(footerBytes, path, meta)

  const properties = yield* loadRegion(path, meta, footer.properties, 'property table')
  decodeProperties(properties.bytes, path, footer.properties.offset)
  const blockIndex = yield* loadBlockIndex(path, meta, footer, makeIndexMemory)
  return { footer, blockIndex }
}

/** The header is the same in all formats, so it decides whether this release knows the rest. */
function checkHeader(header: Uint8Array, path: string, meta: SegmentMeta): void {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  hashAt(header, 0, headerChecksumOffset, meta.number, 0)
  const isValid = hasMagic(view, 0) && holdsHash(view, headerChecksumOffset)
  if (!isValid || getNumber(view, headerNumberOffset) !== meta.number) {
    throw new CorruptionError(`the file does not begin as segment ${meta.number}`, path, 0)
  }
  const format = view.getUint32(headerFormatOffset, true)
  if (format !== segmentFormatNumber) {
    throw new UnsupportedFormatError(
      `${path} has segment format ${format}; this release of varve reads format ${segmentFormatNumber}. Use a newer release`,
    )
  }
}

function checkFooter(bytes: Uint8Array, path: string, meta: SegmentMeta): Footer {
  const view = new DataView(bytes.buffer)
  const offset = meta.sizeBytes - footerSizeBytes
  hashAt(bytes, 8, bytes.length, meta.number, offset)
  if (!hasMagic(view, footerMagicOffset) || !holdsHash(view, 0)) {
    throw new CorruptionError(`the file does not end as segment ${meta.number}`, path, offset)
  }
  const footer = decodeFooter(view)
  if (footer.checksumHigh !== meta.checksum.high || footer.checksumLow !== meta.checksum.low) {
    throw new CorruptionError('the segment is not the one that the manifest names', path, offset)
  }
  checkCounts(footer, path, meta)
  return footer
}

const countNames = [
  'number',
  'entryCount',
  'tombstoneCount',
  'keyCount',
  'blockCount',
  'keyBytes',
  'valueBytes',
  'smallestSequence',
  'largestSequence',
] as const

function checkCounts(footer: Footer, path: string, meta: SegmentMeta): void {
  for (const name of countNames) {
    if (footer[name] === meta[name]) continue
    throw new CorruptionError(
      `the footer says ${name} ${footer[name]}, the manifest ${meta[name]}`,
      path,
      meta.sizeBytes - footerSizeBytes,
    )
  }
}

function* loadBlockIndex(
  path: string,
  meta: SegmentMeta,
  footer: Footer,
  makeMemory?: MakeMemory,
): Generator<ReadRequest, BlockIndex> {
  const memory = yield* loadRegion(path, meta, footer.blockIndex, 'block index', makeMemory)
  const problem = blockIndexProblem(memory, footer.blockCount, headerSizeBytes, footer.hashIndex.offset)
  if (problem !== undefined) throw new CorruptionError(problem, path, footer.blockIndex.offset)
  return new BlockIndex(memory)
}

function holdsHash(view: DataView, offset: number): boolean {
  return (
    view.getUint32(offset, true) === hashResult.low && view.getUint32(offset + 4, true) === hashResult.high
  )
}
