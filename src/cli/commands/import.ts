/** `import`: many entries from a file or a pipe. */
import { keyLengthMax, valueLengthMax } from '../../entry/entry.ts'
import type { BatchOperation } from '../../store/key-value-store.ts'
import { CommandError, UsageError } from '../cli-error.ts'
import type { CommandContext, CommandRow } from '../command.ts'
import { type EntryInput, formatOf, formatOption, openInput } from '../entries/entry-files.ts'
import {
  createEntryReader,
  type EntryFormat,
  type EntryReader,
  type ReadEntry,
} from '../entries/entry-reader.ts'
import { readLines } from '../entries/input-lines.ts'
import type { EntryBytes } from '../entries/json-entry.ts'
import { ExitCode } from '../exit-code.ts'
import { choiceOf } from '../global-options.ts'
import { counted, formatBytes, formatDuration } from '../terminal/amounts.ts'
import { Progress } from '../terminal/progress.ts'
import { importLevel } from './import-level.ts'

interface ImportOptions {
  readonly from?: 'level'
  /** With `from`: begin at the first key. */
  readonly restart?: boolean
  readonly format?: EntryFormat
  readonly skipInvalid?: boolean
  /** False after `--no-header`. */
  readonly header?: boolean
}

const batchBytesMax = 1024 * 1024
const batchLengthMax = 1_000
/** More skipped lines than this are only counted. */
const toldProblemsMax = 10

export const importCommand: CommandRow<ImportOptions> = {
  name: 'import',
  summary: 'store many entries from a file or from stdin',
  details: `Makes the store when there is none. NDJSON has a line {"key": …, "value": …} for each entry; CSV has the header
key,value. Entries are written in batches of up to 1,000; when the import fails or is stopped, those written so far
stay, and importing the same file again does no harm. See docs/cli.md for the formats.

With --from level, FILE is the folder of a LevelDB, read through the package classic-level, which must be installed. The
import goes on where an earlier one of the same folder stopped; see docs/level.md.

  varve import packages.ndjson
  varve import --from level ./db
  zcat packages.ndjson.gz | varve import`,
  arguments: [
    { name: 'FILE', summary: 'the file; - or nothing for stdin', required: false, completes: 'file' },
  ],
  options: {
    from: {
      flags: '--from KIND',
      summary: 'level: FILE is the folder of a LevelDB',
      parse: choiceOf(['level']),
      completes: ['level'],
    },
    restart: {
      flags: '--restart',
      summary: 'with --from: begin at the first key, whatever was imported before',
    },
    format: formatOption,
    skipInvalid: { flags: '--skip-invalid', summary: 'tell about lines that are no entries and go on' },
    header: { flags: '--no-header', summary: 'CSV: there is no header, fields are key and value' },
  },
  async run(context, [file = '-'], options) {
    if (options.from !== undefined) {
      if (file === '-')
        throw new UsageError('--from level needs the folder of the LevelDB', 'Name it as FILE.')
      const skipInvalid = options.skipInvalid === true
      await importLevel(context, file, { restart: options.restart === true, skipInvalid })
      return ExitCode.ok
    }
    if (options.restart)
      throw new UsageError('--restart goes with --from', 'A file is imported from its start.')
    const format = formatOf(options.format, context, file)
    const reader = createEntryReader(format, options.header !== false)
    const input = await openInput(context, file)
    const job = new ImportJob(context, input, options.skipInvalid === true)
    await job.run(reader)
    return ExitCode.ok
  },
}

class ImportJob {
  readonly #context: CommandContext
  readonly #input: EntryInput
  readonly #skipsInvalid: boolean
  readonly #progress: Progress
  #batch: BatchOperation<Uint8Array, Uint8Array>[] = []
  #batchBytes = 0
  #importedCount = 0
  #skippedCount = 0
  #readBytes = 0

  constructor(context: CommandContext, input: EntryInput, skipsInvalid: boolean) {
    this.#context = context
    this.#input = input
    this.#skipsInvalid = skipsInvalid
    this.#progress = new Progress(context.talk, context.host.clock, 'importing', input.sizeBytes)
  }

  async run(reader: EntryReader): Promise<void> {
    try {
      for await (const lines of readLines(this.#input.stream, this.#context.signal)) {
        for (const line of lines) {
          await this.#take(reader.push(line))
          this.#readBytes = line.endOffset
        }
      }
      await this.#take(reader.end())
      await this.#writeBatch()
      await this.#context.createdStore()
    } catch (error) {
      this.#progress.end()
      if (!(error instanceof InvalidLineError)) this.#sayWhatStays()
      throw error
    }
    this.#progress.end()
    await this.#report()
  }

  async #take(entry: ReadEntry | undefined): Promise<void> {
    if (entry === undefined) return
    const problem = 'problem' in entry ? entry.problem : this.#sizeProblem(entry)
    if (problem === undefined) await this.#put(entry as EntryBytes)
    else await this.#refuse(`line ${entry.lineNumber}: ${problem}`)
  }

  /** A key or value that no store takes would fail its whole batch; here it still has its line. */
  #sizeProblem(entry: ReadEntry): string | undefined {
    const { key, value } = entry as EntryBytes
    if (key.length > keyLengthMax) return `the key has ${key.length} bytes, ${keyLengthMax} is the most`
    if (value.length > valueLengthMax)
      return `the value has ${value.length} bytes, ${valueLengthMax} is the most`
    return undefined
  }

  async #put({ key, value }: EntryBytes): Promise<void> {
    this.#batch.push({ type: 'put', key, value })
    this.#batchBytes += key.length + value.length
    if (this.#batchBytes >= batchBytesMax || this.#batch.length >= batchLengthMax) await this.#writeBatch()
  }

  async #writeBatch(): Promise<void> {
    this.#context.signal.throwIfAborted()
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    // Without the signal: a batch that is given up may be stored or not, and we promise to say how much is.
    // Not before there is something to store: a file that is no import makes no store.
    const store = await this.#context.createdStore()
    await store.batch(batch)
    this.#importedCount += batch.length
    this.#progress.update(this.#importedCount, this.#readBytes, this.#readBytes)
  }

  async #refuse(problem: string): Promise<void> {
    if (!this.#skipsInvalid) {
      await this.#writeBatch()
      throw new InvalidLineError(problem, this.#importedCount)
    }
    this.#skippedCount++
    if (this.#skippedCount <= toldProblemsMax) this.#context.talk.warn(`${problem}; skipped`)
    if (this.#skippedCount === toldProblemsMax + 1)
      this.#context.talk.warn('more lines are skipped without a word')
  }

  #sayWhatStays(): void {
    if (this.#importedCount === 0) return
    this.#context.talk.say(
      `imported ${counted(this.#importedCount, 'entry', 'entries')} before that; they stay`,
    )
  }

  async #report(): Promise<void> {
    const context = this.#context
    const milliseconds = Math.round(this.#progress.elapsedMs)
    if (context.format === 'json') {
      const result = {
        imported: this.#importedCount,
        skipped: this.#skippedCount,
        bytes: this.#readBytes,
        milliseconds,
      }
      await context.output.write(`${JSON.stringify(result)}\n`)
      return
    }
    const skipped = this.#skippedCount === 0 ? '' : `, skipped ${counted(this.#skippedCount, 'line')}`
    const amount = `${counted(this.#importedCount, 'entry', 'entries')} (${formatBytes(this.#readBytes)})`
    context.talk.say(`imported ${amount} in ${formatDuration(milliseconds)}${skipped}`)
  }
}

class InvalidLineError extends CommandError {
  constructor(problem: string, importedCount: number) {
    const before = counted(importedCount, 'entry', 'entries')
    const verb = importedCount === 1 ? 'was' : 'were'
    const stay =
      importedCount === 0 ? 'Nothing was imported.' : `${before} before it ${verb} imported and stay.`
    super(problem, `${stay} Correct the line and import again, or leave such lines out with --skip-invalid.`)
  }
}
