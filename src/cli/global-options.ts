/** The options that every command knows. Those for the session can be given to each line of it as well. */

import type { Durability } from '../store/key-value-store.ts'
import { UsageError } from './cli-error.ts'
import type { OptionRow, OptionRows, OutputFormat } from './command.ts'

/** Options about how results look; they also work inside a session. */
export interface FormatFlags {
  readonly json?: boolean
  readonly raw?: boolean
  readonly csv?: boolean
  readonly hex?: boolean
  readonly fromHex?: boolean
}

export interface GlobalFlags extends FormatFlags {
  readonly store?: string
  readonly durability?: Durability
  readonly exitOnError?: boolean
  readonly quiet?: boolean
  readonly pager?: boolean
  readonly color?: boolean
  readonly logLevel?: LogLevel
}

const durabilities: readonly Durability[] = ['memory', 'os', 'disk']
const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const formatOptions: OptionRows<FormatFlags> = {
  json: { flags: '--json', summary: 'one JSON value a line; bytes that are no text as {"base64": …}' },
  raw: { flags: '--raw', summary: 'the bytes as they are, each ended by a newline' },
  csv: { flags: '--csv', summary: 'CSV with a header' },
  hex: { flags: '--hex', summary: 'keys and values in hexadecimal' },
  fromHex: { flags: '--from-hex', summary: 'KEY, VALUE and bounds are given in hexadecimal' },
}

export const globalOptions: OptionRows<GlobalFlags> = {
  store: {
    flags: '--store DIR',
    summary: 'the folder of the store (or VARVE_STORE; default varve-data)',
    parse: (text) => {
      if (text === '') throw new UsageError('must be the name of a folder')
      return text
    },
    completes: 'file',
  },
  durability: {
    flags: '--durability LEVEL',
    summary: 'what a write survives: memory, os (a crash of the process; default) or disk (power loss)',
    parse: choiceOf(durabilities),
    completes: durabilities,
  },
  ...formatOptions,
  exitOnError: { flags: '-e, --exit-on-error', summary: 'commands from stdin: stop at the first that fails' },
  quiet: { flags: '-q, --quiet', summary: 'only warnings and errors on stderr' },
  pager: { flags: '--no-pager', summary: 'never page long results' },
  color: { flags: '--no-color', summary: 'no colours (--color: always)' },
  logLevel: {
    flags: '--log-level LEVEL',
    summary: 'logs in JSON on stderr: silent (default), error, warn, info or debug',
    parse: choiceOf(logLevels),
    completes: logLevels,
  },
}

/** The format that the flags ask for. Throws `UsageError` for more than one. */
export function chosenFormat(flags: FormatFlags): OutputFormat | undefined {
  const formats = (['json', 'raw', 'csv', 'hex'] as const).filter((name) => flags[name] === true)
  if (formats.length <= 1) return formats[0]
  throw new UsageError(`${formats.map((name) => `--${name}`).join(' and ')} exclude each other`)
}

/** The rows of a command or of all commands, whatever type their values have. */
export function rowsOf(options: object): readonly (readonly [string, OptionRow])[] {
  return Object.entries(options as Record<string, OptionRow>)
}

/** A parser that takes one of `choices`. */
export function choiceOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((each) => each === text)
    if (choice !== undefined) return choice
    throw new UsageError(`It must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}.`)
  }
}
