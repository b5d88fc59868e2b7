/** The options that choose keys, the same for every command that has them. */

import { UsageError } from './cli-error.ts'
import type { ByteRange, CommandContext, OptionRows } from './command.ts'

export interface RangeFlags {
  readonly gt?: string
  readonly gte?: string
  readonly lt?: string
  readonly lte?: string
  readonly prefix?: string
  readonly reverse?: boolean
  readonly limit?: number
}

export type BoundFlags = Omit<RangeFlags, 'reverse' | 'limit'>

export const boundOptions: OptionRows<BoundFlags> = {
  gte: { flags: '--gte KEY', summary: 'from this key on', parse: String, completes: 'key' },
  gt: { flags: '--gt KEY', summary: 'after this key', parse: String, completes: 'key' },
  lte: { flags: '--lte KEY', summary: 'up to this key', parse: String, completes: 'key' },
  lt: { flags: '--lt KEY', summary: 'up to before this key', parse: String, completes: 'key' },
  prefix: { flags: '--prefix KEY', summary: 'only keys that start so', parse: String, completes: 'key' },
}

export const rangeOptions: OptionRows<RangeFlags> = {
  ...boundOptions,
  reverse: { flags: '--reverse', summary: 'from the last key to the first' },
  limit: { flags: '--limit COUNT', summary: 'at most so many', parse: parseCount },
}

/** The range that the flags say, in bytes. */
export function rangeOf(context: CommandContext, flags: RangeFlags): ByteRange {
  const bound = (name: keyof BoundFlags): object => {
    const word = flags[name]
    return word === undefined ? {} : { [name]: context.bytesOf(word) }
  }
  return {
    ...bound('gt'),
    ...bound('gte'),
    ...bound('lt'),
    ...bound('lte'),
    ...bound('prefix'),
    ...(flags.reverse === undefined ? {} : { reverse: flags.reverse }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    signal: context.signal,
  }
}

/** Whether the flags leave no key out. */
export function isWholeRange(flags: RangeFlags): boolean {
  const { gt, gte, lt, lte, prefix, limit } = flags
  return [gt, gte, lt, lte, prefix, limit].every((value) => value === undefined)
}

function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count
  throw new UsageError(`It must be a whole number from 0 on, not ${JSON.stringify(text)}.`)
}
