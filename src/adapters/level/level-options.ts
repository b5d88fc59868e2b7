/**
 * The options of `new VarveLevel(path, options)`: those of abstract-level, those of classic-level, and Varve's own.
 * What classic-level calls otherwise is translated where it means something here; what has no meaning is taken and
 * has no effect, so that an app need not change. docs/level.md has the table.
 */
import type { AbstractDatabaseOptions } from 'abstract-level'
import { closestName } from '../../encoding/closest-name.ts'
import { describeValue } from '../../encoding/describe-value.ts'
import { InvalidArgumentError } from '../../errors.ts'
import { checkOptionNames, checkWholeNumber } from '../../store/arguments.ts'
import type { OptionsWithoutEncodings } from '../../store/log-structured-store.ts'
import type { TuningOptions } from '../../store/settings.ts'

const KiB = 1024
const MiB = 1024 * KiB
const sizeBytesMax = 2 ** 40

/** What classic-level takes when it opens a database. */
export interface ClassicOptions {
  /** Memory for blocks in bytes: `tuning.cacheBudgetBytes`. Default: what the memory budget leaves. */
  readonly cacheSize?: number | undefined
  /** Memory of one MemTable in bytes: `tuning.arenaSizeBytes`, the next power of two from 64 KiB to 32 MiB. */
  readonly writeBufferSize?: number | undefined
  /** Where a segment is closed, in bytes: `tuning.segmentSizeBytesMax`, at least 4 KiB and at most 1 GiB. */
  readonly maxFileSize?: number | undefined
  /** Size of a block in bytes: `tuning.blockSizeBytes`, at least 64 and at most 4,096. */
  readonly blockSize?: number | undefined
  /** `true`, the default, is `lz4` here, `false` is `none`; Varve's own names are understood, too. */
  readonly compression?: boolean | 'lz4' | 'none' | undefined
  /** Without effect: files are opened at their first use and stay open. */
  readonly maxOpenFiles?: number | undefined
  /** Without effect: keys in blocks are whole. */
  readonly blockRestartInterval?: number | undefined
  /** Only `false`: one thread has a store open at a time. */
  readonly multithreading?: boolean | undefined
}

/** Everything that `new VarveLevel(path, options)` takes. */
export type VarveLevelOptions<K, V> = AbstractDatabaseOptions<K, V> & ClassicOptions & OwnOptions

/** Those of the store, but for what stands under the same name in classic-level. */
type OwnOptions = Omit<OptionsWithoutEncodings, 'compression'>

/** What abstract-level hands on when it opens. */
export type OpenCallOptions = ClassicOptions & OwnOptions & { readonly passive?: boolean }

const classicNames = [
  'cacheSize',
  'writeBufferSize',
  'maxFileSize',
  'blockSize',
  'compression',
  'maxOpenFiles',
  'blockRestartInterval',
  'multithreading',
] as const satisfies readonly (keyof ClassicOptions)[]

const ownNames = [
  'createIfMissing',
  'errorIfExists',
  'durability',
  'memoryBudgetBytes',
  'syncIntervalMs',
  'compaction',
  'maintenance',
  'logger',
  'tuning',
  'fileSystem',
  'clock',
  'scheduler',
  'random',
] as const satisfies readonly (keyof OptionsWithoutEncodings)[]

const abstractNames = ['keyEncoding', 'valueEncoding', 'passive']

const allNames: readonly string[] = [...abstractNames, ...classicNames, ...ownNames]

/**
 * Refuses what is misspelt for certain, and wrong values. Other unknown names may be meant for a `postopen` hook,
 * which can be added after the constructor has run: they are refused when opening shows that there is none.
 */
export function checkLevelOptions(options: object): void {
  for (const name of Object.keys(options)) {
    if (allNames.includes(name)) continue
    const meant = closestName(name, allNames)
    if (meant !== undefined) checkOptionNames('VarveLevel', { [name]: undefined }, allNames)
  }
  storeOptionsOf(options)
}

/** Refuses every unknown name. */
export function checkLevelOptionNames(options: object): void {
  checkOptionNames('VarveLevel', options, allNames)
}

/** The options of the store. What is `undefined` counts as absent, as in Level. */
export function storeOptionsOf(options: OpenCallOptions): OptionsWithoutEncodings {
  checkWithoutEffect(options)
  const own: Record<string, unknown> = {}
  for (const name of ownNames) if (options[name] !== undefined) own[name] = options[name]
  const { compression } = options
  if (compression !== undefined) own.compression = compressionOf(compression)
  const tuning = tuningOf(options)
  return Object.keys(tuning).length === 0 ? own : { ...own, tuning }
}

/** What classic-level's sizes are here. Whoever gives `tuning` too must not give both names of one number. */
function tuningOf(options: OpenCallOptions): TuningOptions {
  const { cacheSize, writeBufferSize, maxFileSize, blockSize, tuning = {} } = options
  const translated: TuningOptions = {
    ...(cacheSize !== undefined && { cacheBudgetBytes: size('cacheSize', cacheSize, 0, sizeBytesMax) }),
    ...(writeBufferSize !== undefined && {
      arenaSizeBytes: powerOfTwo(size('writeBufferSize', writeBufferSize, 64 * KiB, 32 * MiB)),
    }),
    ...(maxFileSize !== undefined && {
      segmentSizeBytesMax: size('maxFileSize', maxFileSize, 4 * KiB, 1024 * MiB),
    }),
    ...(blockSize !== undefined && { blockSizeBytes: size('blockSize', blockSize, 64, 4 * KiB) }),
  }
  const twice = Object.keys(translated).find((name) => Object.hasOwn(tuning, name))
  if (twice === undefined) return { ...tuning, ...translated }
  throw new InvalidArgumentError(`tuning.${twice} is given twice, also by its name in classic-level`)
}

/** A number of bytes, brought between what is possible here as LevelDB does, without a word. */
function size(name: string, value: number, min: number, max: number): number {
  checkWholeNumber(name, value, 0, sizeBytesMax)
  return Math.max(min, Math.min(max, value))
}

function powerOfTwo(sizeBytes: number): number {
  return 2 ** Math.ceil(Math.log2(sizeBytes))
}

function compressionOf(value: boolean | 'lz4' | 'none'): 'lz4' | 'none' {
  if (value === true || value === 'lz4') return 'lz4'
  if (value === false || value === 'none') return 'none'
  throw new InvalidArgumentError(`compression must be true, false, lz4 or none, got ${describeValue(value)}`)
}

function checkWithoutEffect(options: ClassicOptions): void {
  const { multithreading, maxOpenFiles, blockRestartInterval } = options
  if (multithreading !== undefined && typeof multithreading !== 'boolean') {
    throw new InvalidArgumentError(
      `multithreading must be true or false, got ${describeValue(multithreading)}`,
    )
  }
  for (const [name, value] of Object.entries({ maxOpenFiles, blockRestartInterval })) {
    if (value !== undefined) checkWholeNumber(name, value, 1, sizeBytesMax)
  }
  if (multithreading !== true) return
  throw new InvalidArgumentError('multithreading is not there: one thread has a store open at a time')
}
