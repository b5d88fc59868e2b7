/** `scan`: keys and values in order. */

import { UsageError } from '../cli-error.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { entryPortions, keyPortions } from '../entries/entry-batches.ts'
import { createEntryPrinter, type EntryPrinter, noBytes } from '../entries/entry-printer.ts'
import { ExitCode } from '../exit-code.ts'
import { type RangeFlags, rangeOf, rangeOptions } from '../range-options.ts'
import { counted } from '../terminal/amounts.ts'

interface ScanOptions extends RangeFlags {
  readonly keys?: boolean
  readonly values?: boolean
}

export const scan: CommandRow<ScanOptions> = {
  name: 'scan',
  summary: 'list keys and values in the order of the keys',
  details: `Shows the store as it was when the scan began. In a pipe a line is KEY, tab, VALUE; where these may
hold tabs or newlines, use --json, --csv or --hex.`,
  arguments: [],
  options: {
    ...rangeOptions,
    keys: { flags: '--keys', summary: 'only the keys' },
    values: { flags: '--values', summary: 'only the values' },
  },
  long: true,
  async run(context, _args, options) {
    if (options.keys && options.values) throw new UsageError('--keys and --values exclude each other')
    const parts = options.keys ? 'keys' : options.values ? 'values' : 'both'
    const printer = createEntryPrinter(context.format, parts, context.style.colors, false)
    const range = rangeOf(context, options)
    const store = await context.existingStore()
    await context.output.write(printer.head)
    const count =
      parts === 'keys'
        ? await printKeys(context, printer, keyPortions(store, range))
        : await printEntries(context, printer, entryPortions(store, range))
    if (context.format === 'pretty') {
      await context.output.write(context.style.colors.dim(`(${counted(count, 'entry', 'entries')})`), '\n')
    }
    return ExitCode.ok
  },
}

async function printKeys(
  context: CommandContext,
  printer: EntryPrinter,
  portions: AsyncIterable<Uint8Array[]>,
): Promise<number> {
  let count = 0
  for await (const keys of portions) {
    await context.output.write(...keys.flatMap((key) => printer.print(key, noBytes)))
    count += keys.length
  }
  return count
}

async function printEntries(
  context: CommandContext,
  printer: EntryPrinter,
  portions: AsyncIterable<[Uint8Array, Uint8Array][]>,
): Promise<number> {
  let count = 0
  for await (const entries of portions) {
    await context.output.write(...entries.flatMap(([key, value]) => printer.print(key, value)))
    count += entries.length
  }
  return count
}
