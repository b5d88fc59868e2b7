/** Runs one invocation: gives the command its surroundings, waits for its output, and reports how it failed. */
import type { Logger } from '../store/store-events.ts'
import { describeFailure, InterruptedError, OutputClosedError, UsageError } from './cli-error.ts'
import type { CommandContext, OutputFormat } from './command.ts'
import type { CommandLine, Invocation } from './command-line.ts'
import { ExitCode } from './exit-code.ts'
import { chosenFormat, type GlobalFlags } from './global-options.ts'
import type { Host } from './host.ts'
import type { Interrupts } from './interrupts.ts'
import type { StoreHandle } from './store-handle.ts'
import { Output } from './terminal/output.ts'
import { PagedStream, pagerCommand } from './terminal/pager.ts'
import type { Talk } from './terminal/talk.ts'
import { styleOf } from './terminal/text-style.ts'
import { bytesOfWord } from './words.ts'

export type CommandInvocation = Extract<Invocation, { kind: 'command' }>

export interface RunnerParts {
  readonly host: Host
  readonly store: StoreHandle
  readonly talk: Talk
  readonly logger: Logger
  readonly interrupts: Interrupts
  readonly commandLine: CommandLine
  /** The flags that the process was started with; each invocation may add its own. */
  readonly flags: GlobalFlags
  readonly inSession: boolean
  ask(question: string, signal: AbortSignal): Promise<string | undefined>
  leave(): void
}

export class CommandRunner {
  readonly #parts: RunnerParts
  #isOutputClosed = false

  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  /** Whether nobody reads the output any more. */
  get isOutputClosed(): boolean {
    return this.#isOutputClosed
  }

  /** Never rejects: errors are told and become exit codes. `place` says where the command stood. */
  async run(invocation: CommandInvocation, place?: string): Promise<ExitCode> {
    const { host, interrupts } = this.#parts
    const signal = interrupts.begin()
    const paged = this.#pagedStream(invocation)
    const output = new Output(paged ?? host.stdout)
    try {
      const context = this.#context(invocation, output, signal)
      const code = await invocation.command.run(context, invocation.args, invocation.options)
      await output.flush()
      return code
    } catch (error) {
      await output.flush().catch(() => undefined)
      return this.report(error, place)
    } finally {
      await paged?.finish().catch(() => undefined)
      interrupts.end()
    }
  }

  /** Tells the user about an error and gives its exit code. */
  report(error: unknown, place?: string): ExitCode {
    const { talk, logger } = this.#parts
    // The reader has what it wanted.
    if (error instanceof OutputClosedError) {
      this.#isOutputClosed = true
      return ExitCode.ok
    }
    if (error instanceof InterruptedError) {
      talk.say(talk.colors.dim('interrupted'))
      return error.exitCode
    }
    const failure = describeFailure(error)
    talk.fail(failure, place)
    logger.debug({ error }, 'the command failed')
    return failure.exitCode
  }

  #context({ flags }: CommandInvocation, output: Output, signal: AbortSignal): CommandContext {
    const { host, store, talk, commandLine, inSession, ask, leave } = this.#parts
    const format = this.#format(flags)
    return {
      host,
      output,
      talk,
      format,
      style: styleOf(host.stdout, host.env, this.#parts.flags.color),
      signal,
      inSession,
      storePath: store.path,
      existingStore: () => store.existing(),
      createdStore: () => store.created(),
      bytesOf: (word) =>
        (flags.fromHex ?? this.#parts.flags.fromHex) ? bytesOfHex(word) : bytesOfWord(word),
      ask: (question) => ask(question, signal),
      helpText: (command) => commandLine.helpText(command),
      leave,
    }
  }

  #format(flags: GlobalFlags): OutputFormat {
    const isTerminal = this.#parts.host.stdout.isTTY === true
    return chosenFormat(flags) ?? chosenFormat(this.#parts.flags) ?? (isTerminal ? 'pretty' : 'raw')
  }

  #pagedStream({ command }: CommandInvocation): PagedStream | undefined {
    const { host, flags } = this.#parts
    if (command.long !== true || host.stdout.isTTY !== true || flags.pager === false) return undefined
    const pager = pagerCommand(host.env, host.platform)
    return pager === undefined ? undefined : new PagedStream(host, pager)
  }
}

function bytesOfHex(word: string): Uint8Array {
  if (/^(?:[0-9a-fA-F]{2})*$/.test(word)) return Buffer.from(word, 'hex')
  throw new UsageError(`${JSON.stringify(word)} is no hexadecimal, which --from-hex asks for`)
}
