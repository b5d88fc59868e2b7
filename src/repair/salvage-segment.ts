/**
 * Looks through one segment for the blocks that are whole, and says between which keys the others lay. Nothing of
 * the file is trusted but what passes its checksum: not its length, not its index. A file that passes but is another
 * than the manifest names gives nothing.
 */
import { compareBytes } from '../bytes/compare-bytes.ts'
import { createEntryView } from '../entry/entry.ts'
import { systemCodeOf, UnsupportedFormatError } from '../errors.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { BlockReader } from '../segment/block-reader.ts'
import { readSegmentFooter, readSegmentHeader, type SegmentFile } from '../segment/inspect-segment.ts'
import { type BlockStretch, scanBlocks } from '../segment/scan-blocks.ts'
import { type Footer, headerSizeBytes, segmentFormatNumber } from '../segment/segment-format.ts'
import type { SegmentMeta } from '../segment/segment-meta.ts'
import { readWholeAligned } from './read-whole.ts'
import type { DamagedFile, LostKeys, LostRange } from './repair-report.ts'

/** A block that is whole. */
export interface BlockPlace {
  readonly offset: number
  readonly length: number
}

/** What there is to be had from a segment. */
export interface SegmentSurvey {
  readonly path: string
  readonly number: number
  readonly sizeBytes: number
  /** In the order of their keys. */
  readonly blocks: readonly BlockPlace[]
  readonly lost: readonly LostRange[]
  readonly damage: DamagedFile | undefined
}

export interface SegmentToSurvey {
  readonly fs: FileSystem
  readonly path: string
  readonly number: number
  /** What the manifest says about it, if that is known. */
  readonly meta: SegmentMeta | undefined
  /** Asked between blocks; what it gives is waited for. */
  readonly pause: () => Promise<void> | undefined
}

export async function surveySegment(wanted: SegmentToSurvey): Promise<SegmentSurvey> {
  const { fs, path, number, meta } = wanted
  try {
    const { memory, sizeBytes } = await readWholeAligned(fs, path)
    return await new Survey(wanted, { path, memory, sizeBytes, namedNumber: number }).run()
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
    const reason = 'a segment that the manifest names is missing'
    const lost: LostRange = {
      path,
      offset: 0,
      length: 0,
      reason,
      keys: wholeOf(meta),
      newestSequence: meta?.largestSequence,
    }
    return { path, number, sizeBytes: 0, blocks: [], lost: [lost], damage: { path, offset: 0, reason } }
  }
}

class Survey {
  readonly #wanted: SegmentToSurvey
  readonly #file: SegmentFile
  readonly #reader = new BlockReader()
  readonly #entry = createEntryView()
  readonly #blocks: BlockPlace[] = []
  readonly #lost: LostRange[] = []
  #entryCount = 0
  #isForeign = false
  /** The key of the last entry of the last whole block. */
  #lastKey: Uint8Array | undefined
  /** What is not whole since then. */
  #gap: BlockStretch | undefined
  #damage: DamagedFile | undefined

  constructor(wanted: SegmentToSurvey, file: SegmentFile) {
    this.#wanted = wanted
    this.#file = file
  }

  async run(): Promise<SegmentSurvey> {
    const { path, number, meta } = this.#wanted
    const { memory, sizeBytes } = this.#file
    const header = readSegmentHeader(this.#file)
    if (header.format !== undefined && header.format !== segmentFormatNumber) {
      throw new UnsupportedFormatError(
        `${path} has segment format ${header.format}; this release of varve reads format ${segmentFormatNumber}. Use a newer release`,
      )
    }
    if (header.number === undefined) this.#note(0, 'the header is damaged')
    else if (header.number !== number)
      return this.#foreign(`this is segment ${header.number}, not ${number}`, 16)
    const footer = this.#findFooter(number)
    if (footer !== undefined && !agrees(footer, meta))
      return this.#foreign('this is not the segment that the manifest names', sizeBytes)
    if (footer === undefined) this.#note(sizeBytes, 'the file does not end as a segment')
    const end = Math.min(footer?.hashIndex.offset ?? sizeBytes, sizeBytes)
    for (const stretch of scanBlocks(memory, headerSizeBytes, end, number, path)) {
      this.#take(stretch)
      await this.#wanted.pause()
      if (this.#isForeign)
        return this.#foreign('its entries are not those that the manifest names', stretch.offset)
    }
    this.#end(footer)
    return this.#result()
  }

  /** At the end of the file, or where the manifest says that it ended. */
  #findFooter(number: number): Footer | undefined {
    const { meta } = this.#wanted
    const found = readSegmentFooter(this.#file, number)
    if (found !== undefined || meta === undefined || meta.sizeBytes >= this.#file.sizeBytes) return found
    this.#note(meta.sizeBytes, `the file goes on behind its ${meta.sizeBytes} bytes`)
    return readSegmentFooter({ ...this.#file, sizeBytes: meta.sizeBytes }, number)
  }

  #take(stretch: BlockStretch): void {
    if (stretch.kind === 'unknown') throw new UnsupportedFormatError(stretch.reason)
    if (stretch.kind === 'damaged') {
      this.#gap = stretch
      return
    }
    const reader = this.#reader
    const { memory, at } = stretch.plain ?? { memory: this.#file.memory, at: stretch.offset }
    reader.open(memory, at)
    const firstKey = this.#keyOf(0)
    const lastKey = this.#keyOf(reader.count - 1)
    if (!this.#belongs(firstKey, lastKey)) {
      this.#isForeign = true
      return
    }
    // An older version at the start: the newest one of this key was in the gap.
    if (this.#gap !== undefined)
      this.#lose(this.#gap, reader.isOlderVersion(0) ? { lte: firstKey } : { lt: firstKey })
    this.#gap = undefined
    this.#lastKey = lastKey
    this.#entryCount += reader.count
    this.#blocks.push({ offset: stretch.offset, length: stretch.length })
  }

  #keyOf(ordinal: number): Uint8Array {
    this.#reader.view(ordinal, this.#entry)
    const { keyBytes, keyStart, keyLength } = this.#entry
    return keyBytes.slice(keyStart, keyStart + keyLength)
  }

  /** Whether a block has its keys where the manifest says that the segment has some. */
  #belongs(firstKey: Uint8Array, lastKey: Uint8Array): boolean {
    const { meta } = this.#wanted
    if (meta === undefined) return true
    const isWithinKeys =
      compareBytes(meta.smallestKey, firstKey) <= 0 && compareBytes(lastKey, meta.largestKey) <= 0
    const { sequenceNumber } = this.#entry
    return isWithinKeys && sequenceNumber >= meta.smallestSequence && sequenceNumber <= meta.largestSequence
  }

  /** The entries behind the last whole block, unless all that there ever were are found. */
  #end(footer: Footer | undefined): void {
    const { meta, path } = this.#wanted
    const { sizeBytes } = this.#file
    const expected = meta?.entryCount ?? footer?.entryCount
    if (expected === this.#entryCount) {
      for (const { offset, reason } of this.#lost) this.#damage ??= { path, offset, reason }
      this.#lost.length = 0
      return
    }
    const reason = 'entries are missing'
    const gap = this.#gap ?? { offset: sizeBytes, length: 0, reason }
    const last = meta?.largestKey
    if (this.#gap !== undefined || footer === undefined || this.#lost.length === 0)
      this.#lose(gap, last === undefined ? {} : { lte: last })
  }

  #lose(gap: Omit<BlockStretch, 'kind'>, upper: LostKeys): void {
    const { path, meta } = this.#wanted
    const lower = this.#lastKey === undefined ? lowerOf(meta) : { gt: this.#lastKey }
    const { offset, length, reason } = gap
    this.#lost.push({
      path,
      offset,
      length,
      reason,
      keys: { ...lower, ...upper },
      newestSequence: meta?.largestSequence,
    })
    this.#note(offset, reason)
  }

  #foreign(reason: string, offset: number): SegmentSurvey {
    const { path, meta } = this.#wanted
    this.#blocks.length = 0
    this.#lost.length = 0
    this.#damage = undefined
    this.#note(offset, reason)
    const keys = wholeOf(meta)
    const length = this.#file.sizeBytes
    this.#lost.push({ path, offset: 0, length, reason, keys, newestSequence: meta?.largestSequence })
    return this.#result()
  }

  #note(offset: number, reason: string): void {
    this.#damage ??= { path: this.#wanted.path, offset, reason }
  }

  #result(): SegmentSurvey {
    const { path, number } = this.#wanted
    return {
      path,
      number,
      sizeBytes: this.#file.sizeBytes,
      blocks: this.#blocks,
      lost: this.#lost,
      damage: this.#damage,
    }
  }
}

function agrees({ number, checksumHigh, checksumLow }: Footer, meta: SegmentMeta | undefined): boolean {
  if (meta === undefined) return true
  const { checksum } = meta
  return number === meta.number && checksumHigh === checksum.high && checksumLow === checksum.low
}

function lowerOf(meta: SegmentMeta | undefined): LostKeys {
  return meta === undefined ? {} : { gte: meta.smallestKey }
}

function wholeOf(meta: SegmentMeta | undefined): LostKeys {
  return meta === undefined ? {} : { gte: meta.smallestKey, lte: meta.largestKey }
}
