/** Writes and opens segments in a file system in memory. */
import { hashKey, keyHash } from '../../src/bytes/key-hash.ts'
import { createEntryView } from '../../src/entry/entry.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { BlockCache } from '../../src/segment/block-cache.ts'
import { FindState } from '../../src/segment/find-state.ts'
import { IndexBudget } from '../../src/segment/index-budget.ts'
import { Segment } from '../../src/segment/segment.ts'
import type { SegmentCaches } from '../../src/segment/segment-caches.ts'
import type { SegmentMeta } from '../../src/segment/segment-meta.ts'
import { defaultSegmentSettings, type SegmentSettings } from '../../src/segment/segment-settings.ts'
import { SegmentWriter } from '../../src/segment/segment-writer.ts'
import { type Load, type PlainEntry, plainOf, viewOf } from './entries.ts'

export const segmentPath = '/store/000007.seg'
export const segmentNumber = 7

/** Blocks so small that a handful of entries needs several. */
export const tinyBlocks: SegmentSettings = {
  ...defaultSegmentSettings,
  blockSizeBytes: 128,
  outputBufferBytes: 1024,
  syncEveryBytes: 4096,
}

export interface WrittenSegment {
  readonly fs: MemoryFileSystem
  readonly meta: SegmentMeta
}

export async function createFolder(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem()
  await fs.makeDirectory('/store')
  return fs
}

export async function writeSegment(
  entries: Iterable<PlainEntry>,
  settings: SegmentSettings = tinyBlocks,
): Promise<WrittenSegment> {
  const fs = await createFolder()
  const file = fs.openSync(segmentPath, 'create')
  const writer = new SegmentWriter(file, segmentNumber, settings)
  for (const entry of entries) writer.add(viewOf(entry))
  const meta = writer.finish()
  file.closeSync()
  return { fs, meta }
}

export type IndexMode = 'hash' | 'filter' | 'blocks'

/** Grants a segment its hash index, only its filter, or neither. */
class ModeBudget extends IndexBudget {
  readonly #mode: IndexMode
  #askedCount = 0

  constructor(mode: IndexMode) {
    super(0)
    this.#mode = mode
  }

  /** The hash index is asked for first, then the filter. */
  override tryTake(sizeBytes: number): boolean {
    this.#askedCount += 1
    if (this.#mode === 'blocks' || (this.#mode === 'filter' && this.#askedCount % 2 === 1)) return false
    this.take(sizeBytes)
    return true
  }
}

export function cachesFor(mode: IndexMode, cacheBytes: number): SegmentCaches {
  return { blocks: new BlockCache(cacheBytes), indexes: new ModeBudget(mode) }
}

export function openSegment({ fs, meta }: WrittenSegment, caches: SegmentCaches): Segment {
  return Segment.open(fs, segmentPath, meta, caches)
}

/** Looks a key up, loading as often as asked for. */
export async function find(
  segment: Segment,
  key: Uint8Array,
  sequenceLimit: number,
  load: Load,
): Promise<PlainEntry | undefined> {
  const out = createEntryView()
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    hashKey(key, 0, key.length)
    const state = segment.find(key, 0, key.length, keyHash.high, keyHash.low, sequenceLimit, out)
    if (state === FindState.found) return plainOf(out)
    if (state === FindState.absent) return undefined
    await load(segment)
  }
  throw new Error('the lookup stays pending for ever')
}
