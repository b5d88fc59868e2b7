/** `export`: entries to a file or a pipe, in the form that `import` takes. */

import type { ByteRange, CommandContext, CommandRow } from '../command.ts'
import { entryPortions } from '../entries/entry-batches.ts'
import { formatOf, formatOption, openOutput } from '../entries/entry-files.ts'
import { createEntryPrinter, type EntryPrinter } from '../entries/entry-printer.ts'
import type { EntryFormat } from '../entries/entry-reader.ts'
import { ExitCode } from '../exit-code.ts'
import type { OpenStore } from '../host.ts'
import { isWholeRange, type RangeFlags, rangeOf, rangeOptions } from '../range-options.ts'
import { counted, formatBytes, formatDuration } from '../terminal/amounts.ts'
import { Output } from '../terminal/output.ts'
import { Progress } from '../terminal/progress.ts'

interface ExportOptions extends RangeFlags {
  readonly format?: EntryFormat
  readonly strings?: boolean
  readonly force?: boolean
}

export const exportCommand: CommandRow<ExportOptions> = {
  name: 'export',
  summary: 'write entries to a file or to stdout',
  details: `Importing what was exported gives the same keys and values, byte for byte. The store is exported as it is when
the export begins; a file gets its name when it is whole.

  varve export backup.ndjson
  varve export --prefix user: | gzip > users.ndjson.gz`,
  arguments: [
    { name: 'FILE', summary: 'the file; - or nothing for stdout', required: false, completes: 'file' },
  ],
  options: {
    ...rangeOptions,
    format: formatOption,
    strings: { flags: '--strings', summary: 'values that are JSON also as strings' },
    force: { flags: '--force', summary: 'replace FILE if it is there' },
  },
  async run(context, [file = '-'], options) {
    const format = formatOf(options.format, context, file)
    const printer = createEntryPrinter(
      format === 'csv' ? 'csv' : 'json',
      'both',
      context.style.colors,
      options.strings === true,
    )
    const range = rangeOf(context, options)
    const store = await context.existingStore()
    const total = isWholeRange(options) ? entryCountOf(store) : undefined
    const job = { context, store, printer, range, total }
    if (file === '-') await writeEntries(job, context.output)
    else await writeFile(job, file, options.force === true)
    return ExitCode.ok
  },
}

interface ExportJob {
  readonly context: CommandContext
  readonly store: OpenStore
  readonly printer: EntryPrinter
  readonly range: ByteRange
  readonly total: number | undefined
}

async function writeFile(job: ExportJob, file: string, overwrite: boolean): Promise<void> {
  const target = await openOutput(file, overwrite)
  try {
    const output = new Output(target.stream)
    await writeEntries(job, output)
    await output.flush()
    await target.commit()
  } catch (error) {
    await target.discard()
    throw error
  }
}

async function writeEntries(
  { context, store, printer, range, total }: ExportJob,
  output: Output,
): Promise<void> {
  // Where the data itself runs over the terminal, a bar would run through it.
  const isVisible = output === context.output && context.host.stdout.isTTY === true
  const progress = new Progress(context.talk, context.host.clock, 'exporting', total)
  let count = 0
  let bytes = 0
  await output.write(printer.head)
  try {
    for await (const entries of entryPortions(store, range)) {
      await output.write(...entries.flatMap(([key, value]) => printer.print(key, value)))
      count += entries.length
      for (const [key, value] of entries) bytes += key.length + value.length
      if (!isVisible) progress.update(count, bytes, count)
    }
    await output.flush()
  } finally {
    progress.end()
  }
  const amount = `${counted(count, 'entry', 'entries')} (${formatBytes(bytes)})`
  context.talk.say(`exported ${amount} in ${formatDuration(progress.elapsedMs)}`)
}

/** About how many entries there are: old versions and tombstones count too, so the bar may end early. */
function entryCountOf(store: OpenStore): number {
  const { levels, memTables } = store.status()
  const inSegments = levels.reduce((sum, level) => sum + level.entryCount, 0)
  return inSegments + memTables.activeEntryCount + memTables.sealedEntryCount
}
