/** The files and streams that entries come from and go to; `-` is stdin or stdout. */
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, rename, rm, stat } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { systemCodeOf } from '../../errors.ts'
import { CommandError, UsageError } from '../cli-error.ts'
import type { CommandContext, OptionRow } from '../command.ts'
import { choiceOf } from '../global-options.ts'
import { type EntryFormat, entryFormats } from './entry-reader.ts'

export const formatOption: OptionRow<EntryFormat> = {
  flags: '--format FORMAT',
  summary: 'ndjson or csv; default: by the ending of FILE, else ndjson',
  parse: choiceOf(entryFormats),
  completes: entryFormats,
}

/** The format that was asked for, by option or by the name of the file. */
export function formatOf(
  chosen: EntryFormat | undefined,
  context: CommandContext,
  file: string,
): EntryFormat {
  if (chosen !== undefined) return chosen
  if (context.format === 'csv') return 'csv'
  if (context.format === 'json') return 'ndjson'
  return file.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson'
}

export interface EntryInput {
  readonly stream: Readable
  /** Where known. */
  readonly sizeBytes: number | undefined
}

/** Throws `CommandError` for a file that cannot be read, before anything else happens. */
export async function openInput(context: CommandContext, file: string): Promise<EntryInput> {
  if (file === '-') {
    if (context.inSession) throw new UsageError('stdin carries the commands here', 'Name a FILE.')
    if (context.host.stdin.isTTY) context.talk.say('Reading entries from the terminal; Ctrl-D ends them.')
    return { stream: context.host.stdin, sizeBytes: undefined }
  }
  const found = await stat(file).catch((error: unknown) => {
    throw fileError('read', file, error)
  })
  if (found.isDirectory()) throw new CommandError(`cannot read ${file}: it is a folder`)
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 })
  return { stream, sizeBytes: found.isFile() ? found.size : undefined }
}

export interface EntryOutput {
  readonly stream: Writable
  /** Everything was written: gives the file its name. */
  commit(): Promise<void>
  /** Something failed: leaves no half file behind. */
  discard(): Promise<void>
}

/** A file gets its name only when it is whole. Throws `CommandError` if it is there and `overwrite` is not set. */
export async function openOutput(file: string, overwrite: boolean): Promise<EntryOutput> {
  const found = await lstat(file).catch(() => undefined)
  const isPlain = found === undefined || found.isFile()
  if (found?.isDirectory()) throw new CommandError(`cannot write ${file}: it is a folder`)
  if (found?.isFile() && !overwrite)
    throw new CommandError(`${file} is there already`, '--force replaces it.')
  const target = isPlain ? `${file}.partial` : file
  const stream = createWriteStream(target)
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', (error) => reject(fileError('write', file, error)))
  })
  const end = async (): Promise<void> => {
    stream.end()
    await finished(stream)
  }
  return {
    stream,
    commit: async () => {
      await end()
      if (isPlain) await rename(target, file)
    },
    discard: async () => {
      await end().catch(() => undefined)
      if (isPlain) await rm(target, { force: true })
    },
  }
}

function fileError(verb: string, file: string, error: unknown): CommandError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: verb === 'read' ? 'there is no such file' : 'there is no such folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ENOSPC: 'the disk is full',
  }
  const reason = reasons[systemCodeOf(error) ?? ''] ?? (error as Error).message
  return new CommandError(`cannot ${verb} ${file}: ${reason}`, undefined, { cause: error })
}
