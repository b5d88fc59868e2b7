/**
 * The command-line tool. `run` takes what stands behind `varve` and answers with the exit code; one command, a
 * session on a terminal, or commands from a pipe. Everything outside comes in by the `Host`.
 */
import { describeFailure, OutputClosedError } from './cli-error.ts'
import type { Invocation, Place } from './command-line.ts'
import { CommandLine } from './command-line.ts'
import { type CommandInvocation, CommandRunner, type RunnerParts } from './command-runner.ts'
import { commandTable } from './command-table.ts'
import { ExitCode } from './exit-code.ts'
import type { GlobalFlags } from './global-options.ts'
import type { Host } from './host.ts'
import { Interrupts } from './interrupts.ts'
import { createLogger } from './logger.ts'
import { Repl } from './session/repl.ts'
import { runScript } from './session/script.ts'
import { StoreHandle } from './store-handle.ts'
import { askOnTerminal } from './terminal/ask.ts'
import { Output } from './terminal/output.ts'
import { Talk } from './terminal/talk.ts'
import { styleOf } from './terminal/text-style.ts'

const defaultStore = 'varve-data'

/** What one run works with, one-shot or session. */
type Tools = Pick<RunnerParts, 'host' | 'flags' | 'talk' | 'logger' | 'store' | 'interrupts'>

export class CLI {
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  /** Never rejects; the promise resolves when the store is closed and the output written. */
  async run(words: readonly string[]): Promise<ExitCode> {
    const commandLine = this.#commandLine('shell')
    let invocation: Invocation
    try {
      invocation = commandLine.parse(words)
    } catch (error) {
      return this.#fail(this.#talk({}), error)
    }
    if (invocation.kind === 'text') return this.#print(invocation.text)
    const interrupts = new Interrupts(this.#host)
    try {
      const code = await this.#invoke(invocation, commandLine, interrupts)
      return interrupts.exitCode ?? code
    } finally {
      interrupts.stopListening()
    }
  }

  async #invoke(
    invocation: Exclude<Invocation, { kind: 'text' }>,
    commandLine: CommandLine,
    interrupts: Interrupts,
  ): Promise<ExitCode> {
    const tools = this.#tools(invocation.flags, interrupts)
    try {
      const code =
        invocation.kind === 'session'
          ? await this.#runSession(tools)
          : await this.#runOne(invocation, commandLine, tools)
      await tools.store.close()
      return code
    } catch (error) {
      await tools.store.close().catch(() => undefined)
      return this.#fail(tools.talk, error)
    }
  }

  #runOne(invocation: CommandInvocation, commandLine: CommandLine, tools: Tools): Promise<ExitCode> {
    const runner = new CommandRunner({
      ...tools,
      commandLine,
      inSession: false,
      ask: (question, signal) => askOnTerminal(this.#host, question, signal),
      leave: () => {},
    })
    return runner.run(invocation)
  }

  #runSession(tools: Tools): Promise<ExitCode> {
    const { host, flags } = tools
    const commandLine = this.#commandLine('session', flags.color)
    let isLeaving = false
    let repl: Repl | undefined
    const runner = new CommandRunner({
      ...tools,
      commandLine,
      inSession: true,
      ask: async (question) => repl?.ask(question),
      leave: () => {
        isLeaving = true
      },
    })
    const commands = commandTable.filter((command) => command.place !== 'shell')
    const parts = { ...tools, commands, commandLine, runner, isLeaving: () => isLeaving }
    if (host.stdin.isTTY !== true) return runScript(parts, flags.exitOnError === true)
    repl = new Repl(parts, flags.color)
    return repl.run()
  }

  #tools(flags: GlobalFlags, interrupts: Interrupts): Tools {
    const host = this.#host
    const talk = this.#talk(flags)
    const logger = createLogger(flags.logLevel ?? 'silent', host.stderr)
    const path = flags.store ?? (host.env.VARVE_STORE || defaultStore)
    const store = new StoreHandle(host, { path, durability: flags.durability, logger }, talk)
    return { host, flags, talk, logger, store, interrupts }
  }

  #commandLine(place: Place, color?: boolean): CommandLine {
    const { stdout, env, version } = this.#host
    return new CommandLine(commandTable, place, version, styleOf(stdout, env, color))
  }

  #talk(flags: GlobalFlags): Talk {
    const { stderr, env } = this.#host
    return new Talk(stderr, styleOf(stderr, env, flags.color), flags.quiet === true)
  }

  async #print(text: string): Promise<ExitCode> {
    const output = new Output(this.#host.stdout)
    try {
      await output.write(text)
      await output.flush()
      return ExitCode.ok
    } catch (error) {
      return this.#fail(this.#talk({}), error)
    }
  }

  #fail(talk: Talk, error: unknown): ExitCode {
    if (error instanceof OutputClosedError) return ExitCode.ok
    const failure = describeFailure(error)
    talk.fail(failure)
    return failure.exitCode
  }
}
