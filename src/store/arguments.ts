/**
 * Checks of what callers hand over, at the border of every store. A wrong argument is refused by name, with what
 * was found and what is allowed, before anything is written; nothing is corrected in silence. Options that are
 * absent cost one comparison.
 */
import { closestName } from '../encoding/closest-name.ts'
import { describeValue } from '../encoding/describe-value.ts'
import { batchSizeBytesMax } from '../entry/entry.ts'
import { InvalidArgumentError } from '../errors.ts'
import type {
  Durability,
  KeyBounds,
  RangeOptions,
  ReadOptions,
  Snapshot,
  WaitOptions,
  WriteOptions,
} from './key-value-store.ts'

const durabilities: readonly string[] = ['memory', 'os', 'disk'] satisfies Durability[]

const boundNames = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const satisfies (keyof KeyBounds<unknown>)[]
const readNames: readonly string[] = ['snapshot', 'signal']
const writeNames: readonly string[] = ['durability', 'signal']
const rangeNames: readonly string[] = [...boundNames, 'reverse', 'limit', ...readNames]
const clearNames: readonly string[] = [...rangeNames, 'durability']
const waitNames: readonly string[] = ['signal']
const compactNames: readonly string[] = [...boundNames, ...waitNames]

/** What other stores call some options. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['sync', "durability: 'disk'"],
  ['start', 'gte'],
  ['end', 'lt'],
  ['min', 'gte'],
  ['max', 'lte'],
  ['keyEncoding', 'the keyEncoding of open()'],
  ['valueEncoding', 'the valueEncoding of open()'],
])

/** Refuses names that are not among `names`. `where` says whose options these are: `put`, `open`. */
export function checkOptionNames(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(`the options of ${where} must be an object, got ${describeValue(options)}`)
  }
  for (const name in options) if (!names.includes(name)) throw unknownOption(where, name, names)
}

function unknownOption(where: string, name: string, names: readonly string[]): InvalidArgumentError {
  const meant = otherNames.get(name) ?? closestName(name, names)
  const hint = meant === undefined ? `it knows ${names.join(', ')}` : `did you mean ${meant}?`
  return new InvalidArgumentError(`${where} has no option ${JSON.stringify(name)}; ${hint}`)
}

/** Options of reads of one or many keys. Throws the signal's reason when it is already aborted. */
export function checkReadOptions(where: string, options: ReadOptions | undefined): void {
  if (options === undefined) return
  checkOptionNames(where, options, readNames)
  checkSnapshot(options.snapshot)
  checkSignal(options.signal)
}

/** Options of writes. Throws the signal's reason when it is already aborted. */
export function checkWriteOptions(where: string, options: WriteOptions | undefined): void {
  if (options === undefined) return
  checkOptionNames(where, options, writeNames)
  if (options.durability !== undefined) checkDurability(options.durability)
  checkSignal(options.signal)
}

/** Options of scans, all but the keys in them. Throws the signal's reason when it is already aborted. */
export function checkRangeOptions(where: string, range: RangeOptions<unknown> | undefined): void {
  if (range === undefined) return
  checkOptionNames(where, range, rangeNames)
  checkScan(range)
}

/**
 * Options of `clear`. A bound that is there but `undefined` is refused here: for a scan it means no bound, but
 * what was meant to remove a few keys must not remove them all.
 */
export function checkClearOptions(range: (RangeOptions<unknown> & WriteOptions) | undefined): void {
  if (range === undefined) return
  checkOptionNames('clear', range, clearNames)
  for (const name of boundNames) {
    if (!(name in range) || range[name] !== undefined) continue
    throw new InvalidArgumentError(`${name} of clear is undefined; leave it out to clear without this bound`)
  }
  if (range.durability !== undefined) checkDurability(range.durability)
  checkScan(range)
}

/** Options of what may take long. Throws the signal's reason when it is already aborted. */
export function checkWaitOptions(where: string, options: WaitOptions | undefined): void {
  if (options === undefined) return
  checkOptionNames(where, options, waitNames)
  checkSignal(options.signal)
}

/** Options of `compact`, all but the keys in them. */
export function checkCompactOptions(options: (KeyBounds<unknown> & WaitOptions) | undefined): void {
  if (options === undefined) return
  checkOptionNames('compact', options, compactNames)
  checkSignal(options.signal)
}

function checkScan({ reverse, limit, snapshot, signal }: RangeOptions<unknown>): void {
  if (reverse !== undefined && typeof reverse !== 'boolean') {
    throw new InvalidArgumentError(`reverse must be true or false, got ${describeValue(reverse)}`)
  }
  if (limit !== undefined) checkWholeNumber('limit', limit, 0, Number.MAX_SAFE_INTEGER)
  checkSnapshot(snapshot)
  checkSignal(signal)
}

/** Refuses what is no whole number from `min` to `max`; returns the number. */
export function checkWholeNumber(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  const most = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  throw new InvalidArgumentError(`${name} must be a whole number ${most}, got ${describeValue(value)}`)
}

/** Refuses what is no durability; returns it. */
export function checkDurability(value: Durability): Durability {
  if (durabilities.includes(value)) return value
  throw new InvalidArgumentError(`durability must be 'memory', 'os' or 'disk', got ${describeValue(value)}`)
}

/** Refuses what cannot be called. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new InvalidArgumentError(`${name} must be a function, got ${describeValue(value)}`)
}

/** Refuses what is no array. */
export function checkArray(name: string, value: unknown): void {
  if (Array.isArray(value)) return
  throw new InvalidArgumentError(`${name} must be an array, got ${describeValue(value)}`)
}

/** Refuses the operation at `index` of a batch unless it is an object with a type that exists. */
export function checkOperation(operation: { readonly type: unknown }, index: number): void {
  if (typeof operation !== 'object' || operation === null) {
    throw new InvalidArgumentError(`operations[${index}] must be an object, got ${describeValue(operation)}`)
  }
  const { type } = operation
  if (type === 'put' || type === 'delete') return
  throw new InvalidArgumentError(
    `operations[${index}].type must be 'put' or 'delete', got ${describeValue(type)}`,
  )
}

/** Refuses a batch of so many bytes. */
export function checkBatchSize(sizeBytes: number): void {
  if (sizeBytes <= batchSizeBytesMax) return
  throw new InvalidArgumentError(
    `a batch may have ${batchSizeBytesMax} bytes, this one has ${sizeBytes} or more; write it in several batches`,
  )
}

/** Whether a snapshot is one at all; that it belongs to the store and is open is the store's to check. */
function checkSnapshot(snapshot: Snapshot | undefined): void {
  if (snapshot === undefined || (typeof snapshot === 'object' && snapshot !== null)) return
  throw new InvalidArgumentError(`snapshot must come from snapshot(), got ${describeValue(snapshot)}`)
}

export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  // Not `instanceof`: the signals of other realms and of polyfills are as good.
  if (
    typeof signal !== 'object' ||
    signal === null ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function'
  ) {
    throw new InvalidArgumentError(`signal must be an AbortSignal, got ${describeValue(signal)}`)
  }
  if (signal.aborted) throw signal.reason
}
