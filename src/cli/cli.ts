/**
 * The command-line tool. `run` takes what stands behind `varve` and answers with the exit code; one command, a
 * session on a terminal, or commands from a pipe. Everything outside comes in by the `Host`.
 */
import { createInterface } from 'node:readline/promises'
import { describeFailure, OutputClosedError } from './cli-error.ts'
import type { Invocation, Place } from './command-line.ts'
import { CommandLine } from './command-line.ts'
import { CommandRunner } from './command-runner.ts'
import { commandTable } from './command-table.ts'
import { ExitCode } from './exit-code.ts'
import type { GlobalFlags } from './global-options.ts'
import type { Host } from './host.ts'
import { Interrupts } from './interrupts.ts'
import { createLogger } from './logger.ts'
import { Repl } from './session/repl.ts'
import { runScript } from './session/script.ts'
import { StoreHandle } from './store-handle.ts'
import { Output } from './terminal/output.ts'
import { Talk } from './terminal/talk.ts'
import { styleOf } from './terminal/text-style.ts'

const defaultStore = 'varve-data'

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
    const { flags } = invocation
    const talk = this.#talk(flags)
    const store = this.#storeHandle(flags, talk)
    try {
      const code =
        invocation.kind === 'session'
          ? await this.#runSession(flags, talk, store, interrupts)
          : await this.#runOne(invocation, commandLine, talk, store, interrupts)
      await store.close()
      return code
    } catch (error) {
      await store.close().catch(() => undefined)
      return this.#fail(talk, error)
    }
  }

  #runOne(
    invocation: Extract<Invocation, { kind: 'command' }>,
    commandLine: CommandLine,
    talk: Talk,
    store: StoreHandle,
    interrupts: Interrupts,
  ): Promise<ExitCode> {
    const { flags } = invocation
    const runner = new CommandRunner({
      host: this.#host,
      store,
      talk,
      logger: createLogger(flags.logLevel ?? 'silent', this.#host.stderr),
      interrupts,
      commandLine,
      flags,
      inSession: false,
      ask: (question, signal) => this.#ask(question, signal),
      leave: () => {},
    })
    return runner.run(invocation)
  }

  #runSession(flags: GlobalFlags, talk: Talk, store: StoreHandle, interrupts: Interrupts): Promise<ExitCode> {
    const host = this.#host
    const commandLine = this.#commandLine('session', flags.color)
    let isLeaving = false
    let repl: Repl | undefined
    const runner = new CommandRunner({
      host,
      store,
      talk,
      logger: createLogger(flags.logLevel ?? 'silent', host.stderr),
      interrupts,
      commandLine,
      flags,
      inSession: true,
      ask: async (question) => repl?.ask(question),
      leave: () => {
        isLeaving = true
      },
    })
    const commands = commandTable.filter((command) => command.place !== 'shell')
    const parts = { host, talk, store, interrupts, commands, commandLine, runner, isLeaving: () => isLeaving }
    if (host.stdin.isTTY !== true) return runScript(parts, flags.exitOnError === true)
    repl = new Repl(parts, flags.color)
    return repl.run()
  }

  #commandLine(place: Place, color?: boolean): CommandLine {
    const { stdout, env, version } = this.#host
    return new CommandLine(commandTable, place, version, styleOf(stdout, env, color))
  }

  #talk(flags: GlobalFlags): Talk {
    const { stderr, env } = this.#host
    return new Talk(stderr, styleOf(stderr, env, flags.color), flags.quiet === true)
  }

  #storeHandle(flags: GlobalFlags, talk: Talk): StoreHandle {
    const { env, stderr } = this.#host
    const path = flags.store ?? (env.VARVE_STORE || defaultStore)
    const logger = createLogger(flags.logLevel ?? 'silent', stderr)
    return new StoreHandle(this.#host, { path, durability: flags.durability, logger }, talk)
  }

  async #ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    const { stdin, stderr } = this.#host
    if (stdin.isTTY !== true || stderr.isTTY !== true) return undefined
    const reader = createInterface({ input: stdin, output: stderr })
    try {
      return await reader.question(question, { signal })
    } finally {
      reader.close()
    }
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
