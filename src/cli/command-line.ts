/**
 * Words into an invocation, by commander, from the rows of the commands; and the help, from the same rows. A
 * program is made for each line, because commander keeps what it parsed.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './cli-error.ts'
import type { ArgumentRow, CommandRow, OptionRow } from './command.ts'
import { formatOptions, type GlobalFlags, globalOptions, rowsOf } from './global-options.ts'
import type { Colors } from './terminal/text-style.ts'

/** Where words come from: the shell, or a line of a session. */
export type Place = 'shell' | 'session'

export type Invocation =
  | {
      readonly kind: 'command'
      readonly command: CommandRow
      readonly args: readonly string[]
      readonly options: object
      readonly flags: GlobalFlags
    }
  /** No command: a session is wanted. */
  | { readonly kind: 'session'; readonly flags: GlobalFlags }
  /** Help or the version, to be printed. */
  | { readonly kind: 'text'; readonly text: string }

/** How help is laid out. */
export interface HelpLook {
  readonly colors: Colors
  readonly width: number
}

export class CommandLine {
  readonly #commands: readonly CommandRow[]
  readonly #place: Place
  readonly #version: string
  readonly #look: HelpLook

  /** `commands` are all rows; those of the other place are left out. */
  constructor(commands: readonly CommandRow[], place: Place, version: string, look: HelpLook) {
    this.#commands = commands.filter((command) => command.place === undefined || command.place === place)
    this.#place = place
    this.#version = version
    this.#look = look
  }

  /** Throws `UsageError`. */
  parse(words: readonly string[]): Invocation {
    let found: Invocation | undefined
    let text = ''
    const program = this.#program(
      (invocation) => {
        found = invocation
      },
      (part) => {
        text += part
      },
    )
    try {
      program.parse(words, { from: 'user' })
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error
      if (error.code === 'commander.help') return { kind: 'session', flags: program.opts() }
      if (error.exitCode === 0) return { kind: 'text', text }
      throw this.#usageError(error, words)
    }
    return found ?? { kind: 'session', flags: program.opts() }
  }

  /** Help about all commands or about one. Throws `UsageError` for a name that is none. */
  helpText(name?: string): string {
    let text = ''
    const program = this.#program(ignore, (part) => {
      text += part
    })
    const command = name === undefined ? program : program.commands.find((each) => each.name() === name)
    // A name that is no command is refused in the same words as elsewhere.
    if (command === undefined) this.parse([name as string])
    command?.outputHelp()
    return text
  }

  #program(found: (invocation: Invocation) => void, write: (text: string) => void): Command {
    const program = new Command('varve')
    program.helpCommand(false).showSuggestionAfterError(true).exitOverride()
    program.configureOutput({ writeOut: write, writeErr: ignore, getOutHelpWidth: () => this.#look.width })
    program.configureHelp({ ...this.#helpStyle(), ...(this.#place === 'session' ? sessionUsage : {}) })
    program.helpOption('-h, --help', 'show help')
    this.#describe(program)
    const rows = this.#place === 'shell' ? globalOptions : formatOptions
    // Ahead of --no-color, so that nothing said is neither of the two.
    if (this.#place === 'shell') program.addOption(new Option('--color').hideHelp())
    for (const [, row] of rowsOf(rows)) program.addOption(optionOf(row))
    for (const row of this.#commands) addCommand(program, row, found)
    return program
  }

  #describe(program: Command): void {
    if (this.#place === 'session') {
      program
        .usage('COMMAND …')
        .description('Commands of this session. Words are quoted as in a shell; "…" knows \\n and \\xNN.')
      return
    }
    program.version(`varve ${this.#version}`, '-V, --version', 'show the version')
    program.usage('[options] [COMMAND …]')
    program.description(
      'An embedded, ordered key-value store on your disk.\n' +
        'Without a command: a session on a terminal, otherwise commands from stdin, one a line.',
    )
    program.addHelpText(
      'after',
      `
Examples:
  varve put greeting 'hello world'      varve scan --prefix user: --limit 10
  varve get greeting                    zcat dump.ndjson.gz | varve import
  varve                                 varve --store /data/app export backup.ndjson

Exit codes: 0 ok, 1 failed, 2 wrong use, 3 key absent, 130 Ctrl-C.
A key or value that starts with - goes behind --: varve put -- -key -value`,
    )
  }

  #helpStyle(): object {
    const { colors } = this.#look
    return {
      // Capitals say what is to be filled in; commander's angle brackets say the same again.
      optionTerm: (option: Option) => option.flags.replaceAll(/[<>]/g, ''),
      subcommandTerm: (command: Command) =>
        `${command.name()} ${command.usage().replace(/^\[options\] ?/, '')}`.trimEnd(),
      styleTitle: (text: string) => colors.bold(text),
      styleCommandText: (text: string) => colors.cyan(text),
      styleSubcommandText: (text: string) => colors.cyan(text),
      styleOptionText: (text: string) => colors.green(text),
      styleArgumentText: (text: string) => colors.cyan(text),
    }
  }

  #usageError(error: CommanderError, words: readonly string[]): UsageError {
    const message = error.message
      .replace(/^error: /, '')
      .replaceAll(/<([A-Z]+)>/g, '$1')
      .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    const command = this.#commands.find(({ name }) => words.includes(name))
    const help = this.#place === 'shell' ? 'varve help' : 'help'
    const advice =
      error.code === 'commander.unknownOption' ? ' A key or value that starts with - goes behind --.' : ''
    const about = command === undefined ? `'${help}' lists the commands.` : `See '${help} ${command.name}'.`
    return new UsageError(message, about + advice)
  }
}

function addCommand(program: Command, row: CommandRow, found: (invocation: Invocation) => void): void {
  const command = program.command(row.name).summary(row.summary)
  command.description(
    `${sentence(row.summary)}${row.details === undefined ? '' : `\n\n${unwrapped(row.details)}`}`,
  )
  command
    .helpOption('-h, --help', 'show help')
    .usage(['[options]', ...row.arguments.map(argumentText)].join(' '))
  for (const argument of row.arguments) {
    command.argument(argument.required ? `<${argument.name}>` : `[${argument.name}]`, argument.summary)
  }
  for (const [, option] of rowsOf(row.options)) command.addOption(optionOf(option))
  command.action((...given: unknown[]) => {
    const args = given.slice(0, row.arguments.length).filter((word) => word !== undefined) as string[]
    found({ kind: 'command', command: row, args, options: command.opts(), flags: program.opts() })
  })
}

/** An argument as usage lines have it: `KEY` if it must be there, `[VALUE]` if not. */
export function argumentText({ name, required }: ArgumentRow): string {
  return required ? name : `[${name}]`
}

function optionOf(row: OptionRow): Option {
  const { parse } = row
  // Rows say COUNT where commander wants <COUNT>.
  const option = new Option(row.flags.replace(/ ([A-Z]+)$/, ' <$1>'), row.summary)
  return parse === undefined ? option : option.argParser((text: string) => parsed(parse, text))
}

function parsed(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** In a session nobody types `varve`. */
const sessionUsage = {
  commandUsage: (command: Command): string =>
    command.parent === null ? command.usage() : `${command.name()} ${command.usage()}`,
}

/** Lines of a paragraph joined, since help is wrapped to the width of the terminal; indented lines stay. */
function unwrapped(details: string): string {
  return details.replaceAll(/(?<=\S)\n(?=\S)/g, ' ')
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

const ignore = (): void => {}
