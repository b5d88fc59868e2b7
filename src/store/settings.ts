/**
 * The numbers that users tune and the parts that they replace, with their defaults. `StoreOptions` is what
 * `open` takes; `resolveSettings` checks it and fills in what follows from the memory budget.
 */
import type { Encoding, EncodingChoice } from '../encoding/encoding.ts'
import { resolveEncoding } from '../encoding/resolve-encoding.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { nodeFileSystem } from '../fs/node-file-system.ts'
import type { SegmentSettings } from '../segment/segment-settings.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { type Scheduler, systemScheduler } from '../time/scheduler.ts'
import { checkDurability, checkOptionNames, checkWholeNumber } from './arguments.ts'
import type { Durability } from './key-value-store.ts'
import { type Logger, silentLogger } from './store-events.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Numbers for tests and for people who measured; the defaults follow from the memory budget. */
export interface TuningOptions {
  /** Memory of one MemTable: 64 KiB to 32 MiB, a power of two. Default: the largest of 32, 8, 1 MiB that fits. */
  readonly arenaSizeBytes?: number
  /** Most MemTables at a time, the active one included: 2 to 16. Default: what half the budget holds, at most 4. */
  readonly arenaCountMax?: number
  /** Size of a block on disk, 64 to 4,096 bytes. Default 4,096. */
  readonly blockSizeBytes?: number
  /** A segment is closed at the first key border past this. Default 64 MiB. */
  readonly segmentSizeBytesMax?: number
  /** A segment is closed at the first key border past this many blocks, at most 60,000 (the default). */
  readonly segmentBlockCountMax?: number
  /** Memory for indexes. Default: a quarter of the budget. */
  readonly indexBudgetBytes?: number
  /** Memory for blocks. Default: what arenas and indexes leave. */
  readonly cacheBudgetBytes?: number
  /** Runs on level 0 that start a compaction. Default 4. */
  readonly level0RunCount?: number
  /** Runs on level 0 at which writes wait. Default 20. */
  readonly level0RunCountMax?: number
  /** Size of level 1. Default 128 MiB. */
  readonly level1SizeBytes?: number
  /** How many times larger each level is than the one above. Default 10. */
  readonly levelSizeFactor?: number
  /** Runs of similar size that a size-tiered compaction merges. Default 4. */
  readonly tierRunCount?: number
}

export interface StoreOptions<K = string, V = string> {
  /** Default `utf8`: keys are strings. Not recorded in the store, as little as that of values. */
  readonly keyEncoding?: EncodingChoice<K>
  /** Default `utf8`: values are strings. */
  readonly valueEncoding?: EncodingChoice<V>
  /** Make the folder and an empty store when there is none. Default true. */
  readonly createIfMissing?: boolean
  /** Refuse to open a store that is there. Default false. */
  readonly errorIfExists?: boolean
  /** What an acknowledged write survives, unless the write says otherwise. Default `os`. */
  readonly durability?: Durability
  /** All memory that the store may hold outside the JavaScript heap. Default 128 MiB, at least 16 MiB. */
  readonly memoryBudgetBytes?: number
  /** How often what was written is synced in the background, in milliseconds. Default 1,000. */
  readonly syncIntervalMs?: number
  /**
   * In what time all segments are read once and verified in the background, in milliseconds; 0, the default, is never.
   * At most 2,147,483,647 (24 days).
   */
  readonly scrubIntervalMs?: number
  /** How segments are merged. Default `leveled`; `size-tiered` writes less and reads more. */
  readonly compaction?: 'leveled' | 'size-tiered'
  /**
   * How blocks are compressed below the first level: `lz4`, the default, those that become more than 12 % smaller by
   * it; `none` no new ones. A store may hold both.
   */
  readonly compression?: 'lz4' | 'none'
  /** Where flush and compaction run. Default `worker`; `inline` uses the thread of the caller, in slices. */
  readonly maintenance?: 'worker' | 'inline'
  /** Any logger shaped like pino's. Default: silent. */
  readonly logger?: Logger
  readonly tuning?: TuningOptions
  readonly fileSystem?: FileSystem
  readonly clock?: Clock
  readonly scheduler?: Scheduler
  /** Gives random whole numbers from 0 to 2^32 - 1, for the identity of a new store. Default: the system's. */
  readonly random?: () => number
}

const optionNames: readonly (keyof StoreOptions)[] = [
  'keyEncoding',
  'valueEncoding',
  'createIfMissing',
  'errorIfExists',
  'durability',
  'memoryBudgetBytes',
  'syncIntervalMs',
  'scrubIntervalMs',
  'compaction',
  'compression',
  'maintenance',
  'logger',
  'tuning',
  'fileSystem',
  'clock',
  'scheduler',
  'random',
]

const tuningNames: readonly (keyof TuningOptions)[] = [
  'arenaSizeBytes',
  'arenaCountMax',
  'blockSizeBytes',
  'segmentSizeBytesMax',
  'segmentBlockCountMax',
  'indexBudgetBytes',
  'cacheBudgetBytes',
  'level0RunCount',
  'level0RunCountMax',
  'level1SizeBytes',
  'levelSizeFactor',
  'tierRunCount',
]

/** Every number decided. */
export interface Settings {
  readonly createIfMissing: boolean
  readonly errorIfExists: boolean
  readonly durability: Durability
  readonly memoryBudgetBytes: number
  readonly syncIntervalMs: number
  readonly scrubIntervalMs: number
  readonly compaction: 'leveled' | 'size-tiered'
  readonly compression: 'lz4' | 'none'
  readonly maintenance: 'worker' | 'inline'
  readonly tuning: Required<TuningOptions>
}

/** The replaceable parts. */
export interface Components<K, V> {
  readonly keyEncoding: Encoding<K>
  readonly valueEncoding: Encoding<V>
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly logger: Logger
  readonly random: () => number
}

/** Checks the options; every wrong one is refused by name with what is allowed. */
export function resolveSettings(options: Omit<StoreOptions, 'keyEncoding' | 'valueEncoding'>): Settings {
  checkOptionNames('open', options, optionNames)
  const memoryBudgetBytes = checkWholeNumber(
    'memoryBudgetBytes',
    options.memoryBudgetBytes ?? 128 * MiB,
    16 * MiB,
    2 ** 40,
  )
  return {
    createIfMissing: checkFlag('createIfMissing', options.createIfMissing ?? true),
    errorIfExists: checkFlag('errorIfExists', options.errorIfExists ?? false),
    durability: checkDurability(options.durability ?? 'os'),
    memoryBudgetBytes,
    syncIntervalMs: checkWholeNumber('syncIntervalMs', options.syncIntervalMs ?? 1000, 1, 3_600_000),
    scrubIntervalMs: checkWholeNumber('scrubIntervalMs', options.scrubIntervalMs ?? 0, 0, 2 ** 31 - 1),
    compaction: checkChoice('compaction', options.compaction ?? 'leveled', ['leveled', 'size-tiered']),
    compression: checkChoice('compression', options.compression ?? 'lz4', ['lz4', 'none']),
    maintenance: checkChoice('maintenance', options.maintenance ?? 'worker', ['worker', 'inline']),
    tuning: resolveTuning(options.tuning ?? {}, memoryBudgetBytes),
  }
}

/** The shape of new segments on a level. Those of level 0 are short-lived and written in haste: they stay plain. */
export function segmentSettingsOf({ compression, tuning }: Settings, level: number): SegmentSettings {
  return {
    compression: level === 0 ? 'none' : compression,
    blockSizeBytes: tuning.blockSizeBytes,
    segmentSizeBytes: tuning.segmentSizeBytesMax,
    blockCountMax: tuning.segmentBlockCountMax,
    outputBufferBytes: MiB,
    syncEveryBytes: 4 * MiB,
  }
}

/** The replaceable parts, defaults filled in. */
export function resolveComponents<K, V>(options: StoreOptions<K, V>): Components<K, V> {
  return {
    keyEncoding: resolveEncoding<K>('keyEncoding', options.keyEncoding ?? 'utf8'),
    valueEncoding: resolveEncoding<V>('valueEncoding', options.valueEncoding ?? 'utf8'),
    fileSystem: options.fileSystem ?? nodeFileSystem,
    clock: options.clock ?? systemClock,
    scheduler: options.scheduler ?? systemScheduler,
    logger: options.logger ?? silentLogger,
    random: options.random ?? systemRandom,
  }
}

function systemRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number
}

function resolveTuning(tuning: TuningOptions, budget: number): Required<TuningOptions> {
  checkOptionNames('tuning', tuning, tuningNames)
  const arenaSizeBytes = tuning.arenaSizeBytes ?? defaultArenaSize(budget)
  checkWholeNumber('tuning.arenaSizeBytes', arenaSizeBytes, 64 * KiB, 32 * MiB)
  if (2 ** Math.round(Math.log2(arenaSizeBytes)) !== arenaSizeBytes) {
    throw new InvalidArgumentError(`tuning.arenaSizeBytes must be a power of two, not ${arenaSizeBytes}`)
  }
  const arenaCountMax =
    tuning.arenaCountMax ?? Math.max(2, Math.min(4, Math.floor(budget / 2 / arenaSizeBytes)))
  const indexBudgetBytes = tuning.indexBudgetBytes ?? Math.floor(budget / 4)
  const arenaBytes = arenaCountMax * arenaSizeBytes
  const cacheBudgetBytes = tuning.cacheBudgetBytes ?? Math.max(0, budget - arenaBytes - indexBudgetBytes)
  const level0RunCount = checkWholeNumber('tuning.level0RunCount', tuning.level0RunCount ?? 4, 1, 1000)
  return {
    arenaSizeBytes,
    arenaCountMax: checkWholeNumber('tuning.arenaCountMax', arenaCountMax, 2, 16),
    blockSizeBytes: checkWholeNumber('tuning.blockSizeBytes', tuning.blockSizeBytes ?? 4096, 64, 4096),
    segmentSizeBytesMax: checkWholeNumber(
      'tuning.segmentSizeBytesMax',
      tuning.segmentSizeBytesMax ?? 64 * MiB,
      4 * KiB,
      1024 * MiB,
    ),
    segmentBlockCountMax: checkWholeNumber(
      'tuning.segmentBlockCountMax',
      tuning.segmentBlockCountMax ?? 60_000,
      1,
      60_000,
    ),
    indexBudgetBytes: checkWholeNumber('tuning.indexBudgetBytes', indexBudgetBytes, 0, 2 ** 40),
    cacheBudgetBytes: checkWholeNumber('tuning.cacheBudgetBytes', cacheBudgetBytes, 0, 2 ** 40),
    level0RunCount,
    level0RunCountMax: checkWholeNumber(
      'tuning.level0RunCountMax',
      tuning.level0RunCountMax ?? 5 * level0RunCount,
      level0RunCount,
      1000,
    ),
    level1SizeBytes: checkWholeNumber(
      'tuning.level1SizeBytes',
      tuning.level1SizeBytes ?? 128 * MiB,
      4 * KiB,
      2 ** 40,
    ),
    levelSizeFactor: checkWholeNumber('tuning.levelSizeFactor', tuning.levelSizeFactor ?? 10, 2, 100),
    tierRunCount: checkWholeNumber('tuning.tierRunCount', tuning.tierRunCount ?? 4, 2, 64),
  }
}

/** The largest usual size of which four fit into half the budget. */
function defaultArenaSize(budget: number): number {
  for (const size of [32 * MiB, 8 * MiB]) if (4 * size <= budget / 2) return size
  return MiB
}

function checkFlag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new InvalidArgumentError(`${name} must be true or false, not ${String(value)}`)
}

function checkChoice<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw new InvalidArgumentError(`${name} must be one of ${allowed.join(', ')}, not ${String(value)}`)
}
