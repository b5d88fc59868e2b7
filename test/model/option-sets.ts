/** The shapes of stores that must all give the same answers: hardly any memory, many levels, other pickers. */
import type { TuningOptions } from '../../src/store/settings.ts'

export interface OptionSet {
  readonly name: string
  readonly encoding: 'utf8' | 'bytes'
  readonly compaction: 'leveled' | 'size-tiered'
  readonly durability: 'memory' | 'os' | 'disk'
  /** Default `lz4`. */
  readonly compression?: 'lz4' | 'none'
  readonly tuning: TuningOptions
  /** Asynchronous operations of the file system answer late. */
  readonly isSlow?: true
  /** On the real file system, with the worker thread. */
  readonly isReal?: true
  /** How many times longer than usual values are. Merges of less than 512 KiB are not worth a thread. */
  readonly valueScale?: number
  /** Opens with the options of another set of the same encoding each time. */
  readonly isChanging?: true
}

const KiB = 1024

const tiny: TuningOptions = {
  arenaSizeBytes: 64 * KiB,
  arenaCountMax: 4,
  blockSizeBytes: 128,
  segmentSizeBytesMax: 8 * KiB,
  level0RunCount: 2,
  level1SizeBytes: 16 * KiB,
  levelSizeFactor: 2,
}

export const optionSets: readonly OptionSet[] = [
  {
    name: 'tiny arenas, blocks and segments, many levels',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    tuning: tiny,
  },
  {
    name: 'no cache, no index, no compression',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    compression: 'none',
    tuning: { ...tiny, blockSizeBytes: 512, cacheBudgetBytes: 0, indexBudgetBytes: 0 },
  },
  {
    name: 'a cache of a few blocks, indexes of a few segments',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'memory',
    tuning: { ...tiny, blockSizeBytes: 1024, cacheBudgetBytes: 8 * KiB, indexBudgetBytes: 2 * KiB },
  },
  {
    name: 'the smallest blocks, two arenas, level 0 of one run',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    tuning: {
      ...tiny,
      arenaCountMax: 2,
      blockSizeBytes: 64,
      segmentSizeBytesMax: 4 * KiB,
      level0RunCount: 1,
      level0RunCountMax: 2,
      cacheBudgetBytes: 4 * KiB,
    },
  },
  {
    name: 'size-tiered, two runs a tier',
    encoding: 'bytes',
    compaction: 'size-tiered',
    durability: 'os',
    tuning: { ...tiny, tierRunCount: 2, segmentBlockCountMax: 20 },
  },
  {
    name: 'size-tiered, no cache',
    encoding: 'utf8',
    compaction: 'size-tiered',
    durability: 'disk',
    tuning: { ...tiny, tierRunCount: 4, blockSizeBytes: 4096, cacheBudgetBytes: 0, indexBudgetBytes: 700 },
  },
  {
    name: 'text, blocks of 4 KiB',
    encoding: 'utf8',
    compaction: 'leveled',
    durability: 'os',
    tuning: { ...tiny, blockSizeBytes: 4096, segmentSizeBytesMax: 32 * KiB },
  },
  {
    name: 'large arenas, default levels',
    encoding: 'utf8',
    compaction: 'leveled',
    durability: 'memory',
    tuning: { arenaSizeBytes: 1024 * KiB, arenaCountMax: 2 },
  },
  {
    name: 'a slow disk, no cache',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    tuning: { ...tiny, cacheBudgetBytes: 0, indexBudgetBytes: 0 },
    isSlow: true,
  },
  {
    name: 'a slow disk, a small cache, syncs',
    encoding: 'utf8',
    compaction: 'size-tiered',
    durability: 'disk',
    tuning: { ...tiny, arenaCountMax: 2, tierRunCount: 3, cacheBudgetBytes: 16 * KiB },
    isSlow: true,
  },
  {
    name: 'other options at each opening',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    tuning: tiny,
    isChanging: true,
  },
  {
    name: 'the real file system, with the worker',
    encoding: 'bytes',
    compaction: 'leveled',
    durability: 'os',
    tuning: {
      ...tiny,
      arenaSizeBytes: 1024 * KiB,
      blockSizeBytes: 1024,
      segmentSizeBytesMax: 256 * KiB,
      level1SizeBytes: 512 * KiB,
      cacheBudgetBytes: 64 * KiB,
    },
    isReal: true,
    valueScale: 20,
  },
]
