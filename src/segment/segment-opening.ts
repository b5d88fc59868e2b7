/**
 * What happens at the first use of a segment: header and footer are compared with what the manifest says, then
 * the block index is loaded, and the hash index, or else the filter, as far as the index budget reaches. Written
 * once as a generator that asks for reads; `openSegmentSync` and `openSegment` answer it blocking and not.
 */
import { hashResult } from '../bytes/xxh64.ts'
import { CorruptionError, systemCodeOf, UnsupportedFormatError } from '../errors.ts'
import type { File, FileSystem } from '../fs/file-system.ts'
import { hashAt } from './block-check.ts'
import { BlockIndex, blockIndexProblem } from './block-index.ts'
import { BlockMemory } from './block-memory.ts'
import { Filter, filterProblem } from './filter.ts'
import type { IndexBudget } from './index-budget.ts'
import { decodeProperties } from './property-table.ts'
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
  type Region,
  segmentFormatNumber,
} from './segment-format.ts'
import type { SegmentMeta } from './segment-meta.ts'

/** What the cache's column from block to frame takes for each block. */
const cachedBlockSizeBytes = 4

/** A part of the file that must be read whole into `target`. */
export interface ReadRequest {
  readonly target: Uint8Array
  readonly offset: number
}

/** What is in memory of an open segment. */
export interface SegmentParts {
  readonly footer: Footer
  readonly blockIndex: BlockIndex
  /** The hash index's slots, when they fit the budget. */
  readonly slots: Uint32Array | undefined
  /** The filter, when only that fit. */
  readonly filter: Filter | undefined
  /** What was taken from the index budget. */
  readonly budgetBytes: number
}

export function openSegmentSync(
  fs: FileSystem,
  path: string,
  meta: SegmentMeta,
  budget: IndexBudget,
): { file: File; parts: SegmentParts } {
  const file = namingMissing(path, () => fs.openSync(path, 'read'))
  try {
    checkSize(path, meta, file.sizeSync())
    return { file, parts: answerSync(file, loadParts(path, meta, budget)) }
  } catch (error) {
    file.closeSync()
    throw error
  }
}

export async function openSegment(
  fs: FileSystem,
  path: string,
  meta: SegmentMeta,
  budget: IndexBudget,
): Promise<{ file: File; parts: SegmentParts }> {
  const file = await fs.open(path, 'read').catch((error: unknown) =>
    namingMissing(path, () => {
      throw error
    }),
  )
  try {
    checkSize(path, meta, await file.size())
    return { file, parts: await answer(file, loadParts(path, meta, budget)) }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Runs a procedure that asks for reads, blocking. */
export function answerSync<T>(file: File, steps: Generator<ReadRequest, T>): T {
  let step = steps.next()
  while (step.done !== true) {
    const { target, offset } = step.value
    try {
      readWholeSync(file, target, offset)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next()
  }
  return step.value
}

async function answer<T>(file: File, steps: Generator<ReadRequest, T>): Promise<T> {
  let step = steps.next()
  while (step.done !== true) {
    const { target, offset } = step.value
    try {
      await readWhole(file, target, offset)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next()
  }
  return step.value
}

/** Reads what is asked for, or throws `CorruptionError` where the file ends before. */
export function readWholeSync(file: File, target: Uint8Array, offset: number): void {
  checkReadLength(file, target, offset, file.readSync(target, offset))
}

export async function readWhole(file: File, target: Uint8Array, offset: number): Promise<void> {
  checkReadLength(file, target, offset, await file.read(target, offset))
}

function checkReadLength(file: File, target: Uint8Array, offset: number, length: number): void {
  if (length === target.length) return
  throw new CorruptionError(
    `the file ends ${target.length - length} bytes too early`,
    file.path,
    offset + length,
  )
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
  budget: IndexBudget,
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
  const blockIndex = yield* loadBlockIndex(path, meta, footer)
  let budgetBytes = blockIndex.sizeBytes + blockIndex.blockCount * cachedBlockSizeBytes
  budget.take(budgetBytes)
  let slots: Uint32Array | undefined
  let filter: Filter | undefined
  try {
    if (budget.tryTake(footer.hashIndex.length)) {
      budgetBytes += footer.hashIndex.length
      slots = yield* loadSlots(path, meta, footer)
    } else if (budget.tryTake(footer.filter.length)) {
      budgetBytes += footer.filter.length
      filter = yield* loadFilter(path, meta, footer.filter)
    }
  } catch (error) {
    budget.give(budgetBytes)
    throw error
  }
  return { footer, blockIndex, slots, filter, budgetBytes }
}

/** The header is the same in all formats, so it decides whether this release knows the rest. */
export function checkHeader(header: Uint8Array, path: string, meta: SegmentMeta): void {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  hashAt(header, 0, headerChecksumOffset, meta.number, 0)
  const isValid = hasMagic(view, 0) && holdsHash(view, headerChecksumOffset)
  if (!isValid || getNumber(view, headerNumberOffset) !== meta.number) {
    throw new CorruptionError(`the file does not begin as segment ${meta.number}`, path, 0)
  }
  const format = view.getUint32(headerFormatOffset, true)
  if (format !== segmentFormatNumber) {
    throw new UnsupportedFormatError(`${path} has segment format ${format}; this release reads 1`)
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
): Generator<ReadRequest, BlockIndex> {
  const memory = yield* loadRegion(path, meta, footer.blockIndex, 'block index')
  const problem = blockIndexProblem(memory, footer.blockCount, headerSizeBytes, footer.hashIndex.offset)
  if (problem !== undefined) throw new CorruptionError(problem, path, footer.blockIndex.offset)
  return new BlockIndex(memory)
}

function* loadSlots(path: string, meta: SegmentMeta, footer: Footer): Generator<ReadRequest, Uint32Array> {
  const { words } = yield* loadRegion(path, meta, footer.hashIndex, 'hash index')
  // Without an empty slot a probing would not end.
  if (words.length > footer.keyCount) return words
  throw new CorruptionError('the hash index has too few slots', path, footer.hashIndex.offset)
}

function* loadFilter(path: string, meta: SegmentMeta, region: Region): Generator<ReadRequest, Filter> {
  const memory = yield* loadRegion(path, meta, region, 'filter')
  const problem = filterProblem(memory)
  if (problem !== undefined) throw new CorruptionError(problem, path, region.offset)
  return new Filter(memory)
}

/** Reads a region and compares it with its checksum. */
export function* loadRegion(
  path: string,
  meta: SegmentMeta,
  region: Region,
  name: string,
): Generator<ReadRequest, BlockMemory> {
  if (region.offset + region.length > meta.sizeBytes || region.length % 8 !== 0) {
    throw new CorruptionError(`the ${name} lies outside the file`, path, meta.sizeBytes - footerSizeBytes)
  }
  const memory = new BlockMemory(region.length)
  yield { target: memory.bytes, offset: region.offset }
  hashAt(memory.bytes, 0, region.length, meta.number, region.offset)
  if (hashResult.low !== region.checksumLow || hashResult.high !== region.checksumHigh) {
    throw new CorruptionError(`the ${name} does not match its checksum`, path, region.offset)
  }
  return memory
}

function holdsHash(view: DataView, offset: number): boolean {
  return (
    view.getUint32(offset, true) === hashResult.low && view.getUint32(offset + 4, true) === hashResult.high
  )
}
