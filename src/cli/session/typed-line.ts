/** A line while it is typed: which command it is, which argument or option comes next. For hints and for Tab. */
import type { CommandRow, OptionRow } from '../command.ts'
import { argumentText } from '../command-line.ts'
import { formatOptions, rowsOf } from '../global-options.ts'
import { type LineWord, readTypedWords } from './line-words.ts'

export interface TypedLine {
  /** The word under the cursor; empty between words. */
  readonly current: LineWord
  /** The command, once its word is finished. */
  readonly command: CommandRow | undefined
  /** Flags given before the cursor. */
  readonly usedFlags: ReadonlySet<string>
  /** The option whose value stands under the cursor. */
  readonly awaitingOption: OptionRow | undefined
  /** How many arguments are finished. */
  readonly argumentCount: number
}

/** `line` ends at the cursor. */
export function readTypedLine(line: string, commands: readonly CommandRow[]): TypedLine {
  const words = readTypedWords(line)
  const last = words.at(-1)
  const isInside = last !== undefined && (last.end === line.length || last.isOpen)
  const current = isInside ? last : { text: '', start: line.length, end: line.length, isOpen: false }
  const finished = isInside ? words.slice(0, -1) : words
  const command = commands.find(({ name }) => name === finished[0]?.text)
  const options = command === undefined ? [] : optionsOf(command)
  const usedFlags = new Set<string>()
  let awaitingOption: OptionRow | undefined
  let argumentCount = 0
  let isPlain = false
  for (const { text } of finished.slice(1)) {
    if (awaitingOption !== undefined) awaitingOption = undefined
    else if (!isPlain && text === '--') isPlain = true
    else if (!isPlain && text.startsWith('-') && text !== '-') {
      const option = options.find((row) => flagsOf(row).includes(text))
      for (const flag of option === undefined ? [] : flagsOf(option)) usedFlags.add(flag)
      awaitingOption = option?.parse === undefined ? undefined : option
    } else argumentCount++
  }
  return { current, command, usedFlags, awaitingOption, argumentCount }
}

export function optionsOf(command: CommandRow): OptionRow[] {
  return [...rowsOf(command.options), ...rowsOf(formatOptions)].map(([, row]) => row)
}

/** `-x` and `--stdin` of `-x, --stdin VALUE`. */
export function flagsOf(row: OptionRow): string[] {
  return row.flags.split(/,? /).filter((word) => word.startsWith('-'))
}

/** What may follow in grey behind the cursor: the arguments that are missing, then the options. */
export function hintOf(line: string, commands: readonly CommandRow[]): string {
  const typed = readTypedLine(`${line} `, commands)
  const { command } = typed
  if (command === undefined || typed.current.isOpen || readTypedWords(line).some((word) => word.isOpen))
    return ''
  const space = line.endsWith(' ') ? '' : ' '
  if (typed.awaitingOption !== undefined) return `${space}${valueName(typed.awaitingOption)}`
  const args = command.arguments.slice(typed.argumentCount).map(argumentText)
  const options = rowsOf(command.options)
    .map(([, row]) => row)
    .filter((row) => !flagsOf(row).some((flag) => typed.usedFlags.has(flag)))
    .map((row) => `[${row.flags.replace(/^-\w, /, '')}]`)
  const parts = [...args, ...options]
  return parts.length === 0 ? '' : `${space}${parts.join(' ')}`
}

function valueName(row: OptionRow): string {
  return row.flags.split(' ').at(-1) ?? ''
}
