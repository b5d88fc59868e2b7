/**
 * A command is a row of data plus a function. Parsing, help, completion in the session and in shells, hints and
 * the check of what is missing all come from the rows, so that one-shot use and the session speak the same words.
 */
import type { RangeOptions } from '../store/key-value-store.ts'
import type { ExitCode } from './exit-code.ts'
import type { Host, OpenStore } from './host.ts'
import type { Output } from './terminal/output.ts'
import type { Talk } from './terminal/talk.ts'
import type { TextStyle } from './terminal/text-style.ts'

/** What the Tab key offers for an argument: keys of the store, files, names of commands, or fixed words. */
export type Completes = 'key' | 'file' | 'command' | readonly string[]

export interface ArgumentRow {
  /** In capitals, as help shows it. */
  readonly name: string
  readonly summary: string
  readonly required: boolean
  readonly completes?: Completes
}

export interface OptionRow<T = unknown> {
  /** As help shows it: `-x, --stdin`, `--limit COUNT`. The long name in camelCase, without `no-`, is the option's field. */
  readonly flags: string
  readonly summary: string
  /** Makes the value of the text after the flag; throws `UsageError`. Absent for flags that take nothing. */
  readonly parse?: (text: string) => T
  readonly completes?: Completes
}

/** One row for each field of the options' type. */
export type OptionRows<O> = { readonly [N in keyof O]-?: OptionRow<NonNullable<O[N]>> }

export interface CommandRow<O = object> {
  readonly name: string
  /** One line, without a full stop. */
  readonly summary: string
  /** More for `help NAME`: paragraphs and examples. */
  readonly details?: string
  readonly arguments: readonly ArgumentRow[]
  readonly options: OptionRows<O>
  /** `session`: only typed into a session; `shell`: only one-shot. */
  readonly place?: 'session' | 'shell'
  /** Whether results can be long enough for a pager. */
  readonly long?: boolean
  run(context: CommandContext, args: readonly string[], options: O): Promise<ExitCode>
}

/** How data goes to stdout. `pretty` is for people, `raw` for pipes; these two are chosen by themselves. */
export type OutputFormat = 'pretty' | 'raw' | 'json' | 'csv' | 'hex'

/** What a command gets to work with. */
export interface CommandContext {
  readonly host: Host
  /** Data, to stdout. */
  readonly output: Output
  /** Everything else, to stderr. */
  readonly talk: Talk
  readonly format: OutputFormat
  /** Colours and width of `output`. */
  readonly style: TextStyle
  /** Aborted by Ctrl-C and by signals. */
  readonly signal: AbortSignal
  /** Whether commands are typed or read from stdin, which is then not the commands' to read. */
  readonly inSession: boolean
  readonly storePath: string
  /** The store, which must be there. */
  existingStore(): Promise<OpenStore>
  /** The store, made when there is none. */
  createdStore(): Promise<OpenStore>
  /** The bytes of a key or value that the user typed. Throws `UsageError`. */
  bytesOf(word: string): Uint8Array
  /** The user's answer, or `undefined` when nobody can be asked. */
  ask(question: string): Promise<string | undefined>
  /** Help about everything or about one command. */
  helpText(command?: string): string
  /** Ends the session after this command. */
  leave(): void
}

export type ByteRange = RangeOptions<Uint8Array>
