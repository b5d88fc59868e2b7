/**
 * The session on a terminal. Lines are edited in raw mode; while a command runs the terminal is in its usual mode,
 * so that Ctrl-C is a signal that stops the command, and pagers and questions work as everywhere.
 */
import { createInterface, type Interface } from 'node:readline'
import { describeFailure } from '../cli-error.ts'
import { ExitCode } from '../exit-code.ts'
import type { OutputStream } from '../host.ts'
import { counted, formatBytes } from '../terminal/amounts.ts'
import { styleOf } from '../terminal/text-style.ts'
import { ArgumentHint } from './argument-hint.ts'
import { History, historyLengthMax, historyPath } from './history.ts'
import { runLine, type SessionParts } from './session-parts.ts'
import { completeLine } from './tab-completion.ts'
import { hintOf } from './typed-line.ts'

export class Repl {
  readonly #parts: SessionParts
  readonly #history: History
  readonly #reader: Interface
  readonly #hint: ArgumentHint
  /** Lines that were pasted while a command ran. */
  readonly #waiting: string[] = []
  #resolveLine: ((line: string | undefined) => void) | undefined
  #cancelQuestion: (() => void) | undefined
  #isClosed = false
  #wasInterrupted = false

  constructor(parts: SessionParts, color: boolean | undefined) {
    const { host, talk, commands, store } = parts
    this.#parts = parts
    this.#history = new History(historyPath(host), (message) => talk.warn(message))
    const screen = screenOf(parts)
    const { colors } = styleOf(screen, host.env, color)
    this.#reader = createInterface({
      input: host.stdin,
      output: screen,
      terminal: true,
      prompt: `${colors.bold('varve>')} `,
      history: this.#history.load(),
      historySize: historyLengthMax,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        completeLine(line, commands, store.opened)
          .then(
            (completion) => done(null, completion),
            () => done(null, [[], line]),
          )
          .finally(() => setImmediate(() => this.#hint.show()))
      },
    })
    this.#hint = new ArgumentHint(host.stdin, screen, this.#reader, colors, (line) => hintOf(line, commands))
    this.#listen()
  }

  /** Resolves when the user leaves. */
  async run(): Promise<ExitCode> {
    const { interrupts, runner } = this.#parts
    interrupts.sparesSession = true
    try {
      await this.#welcome()
      while (!this.#isClosed && !this.#parts.isLeaving()) {
        const line = await this.#nextLine()
        if (line === undefined) break
        this.#wasInterrupted = false
        await this.#withUsualTerminal(() => runLine(this.#parts, line))
      }
    } catch (error) {
      return runner.report(error)
    } finally {
      // From here on Ctrl-C is about the closing of the store.
      interrupts.sparesSession = false
      this.#hint.stop()
      this.#reader.close()
    }
    return interrupts.exitCode ?? ExitCode.ok
  }

  /** Asks the user while a command runs. Ctrl-C answers with nothing. */
  async ask(question: string): Promise<string> {
    const cancelling = new AbortController()
    this.#hint.isEnabled = false
    this.#editLines(true)
    try {
      return await new Promise<string>((resolve) => {
        this.#cancelQuestion = () => {
          cancelling.abort()
          resolve('')
        }
        this.#reader.question(question, { signal: cancelling.signal }, resolve)
      })
    } finally {
      this.#cancelQuestion = undefined
      this.#editLines(false)
      this.#hint.isEnabled = true
    }
  }

  async #welcome(): Promise<void> {
    const { host, talk, store } = this.#parts
    const { colors } = talk
    const path = colors.bold(store.path)
    if (await store.exists()) {
      const { sequenceNumber, disk } = (await store.existing()).status()
      const amount =
        sequenceNumber === 0
          ? 'empty'
          : `${formatBytes(disk.segmentBytes + disk.logBytes)}, ${counted(sequenceNumber, 'write')} so far`
      talk.say(`Varve ${host.version}, store ${path} (${amount})`)
    } else talk.say(`Varve ${host.version}, store ${path} (not there yet; the first put makes it)`)
    talk.say(colors.dim("Tab completes, 'help' lists the commands, Ctrl-D leaves."))
  }

  #listen(): void {
    const { interrupts } = this.#parts
    const reader = this.#reader
    reader.on('line', (line) => this.#takeLine(line))
    reader.on('SIGINT', () => this.#onInterrupt())
    // After Ctrl-Z and fg, readline has paused its input and waits for somebody to go on.
    reader.on('SIGCONT', () => reader.prompt(true))
    reader.on('history', (lines: string[]) => {
      if (this.#cancelQuestion !== undefined || !this.#history.keeps(lines[0] ?? '')) lines.shift()
    })
    reader.on('close', () => {
      this.#isClosed = true
      this.#cancelQuestion?.()
      this.#resolveLine?.(undefined)
    })
    interrupts.ending.addEventListener('abort', () => reader.close(), { once: true })
  }

  #nextLine(): Promise<string | undefined> {
    const line = this.#waiting.shift()
    if (line !== undefined) return Promise.resolve(line)
    this.#reader.prompt()
    return new Promise((resolve) => {
      this.#resolveLine = (next) => {
        this.#resolveLine = undefined
        if (next === undefined) screenOf(this.#parts).write('\n')
        resolve(next)
      }
    })
  }

  #takeLine(line: string): void {
    this.#history.add(line)
    if (this.#resolveLine === undefined) this.#waiting.push(line)
    else this.#resolveLine(line)
  }

  /** Ctrl-C while a line is edited: clears it; the second on an empty line leaves. */
  #onInterrupt(): void {
    const reader = this.#reader
    const screen = screenOf(this.#parts)
    if (this.#cancelQuestion !== undefined) {
      screen.write('\n')
      this.#cancelQuestion()
      return
    }
    if (reader.line !== '') {
      reader.write(null, { ctrl: true, name: 'e' })
      reader.write(null, { ctrl: true, name: 'u' })
      this.#wasInterrupted = false
    } else if (this.#wasInterrupted) reader.close()
    else {
      this.#wasInterrupted = true
      screen.write('\n')
      this.#parts.talk.say(this.#parts.talk.colors.dim('Ctrl-C again or Ctrl-D leaves.'))
      reader.prompt()
    }
  }

  async #withUsualTerminal(work: () => Promise<unknown>): Promise<void> {
    this.#editLines(false)
    try {
      await work()
    } catch (error) {
      this.#parts.talk.fail(describeFailure(error))
    } finally {
      if (!this.#isClosed) this.#editLines(true)
    }
  }

  #editLines(isEditing: boolean): void {
    if (this.#isClosed) return
    const { stdin } = this.#parts.host
    stdin.setRawMode?.(isEditing)
    if (isEditing) this.#reader.resume()
    else this.#reader.pause()
  }
}

/** Where the prompt goes: data may be going elsewhere. */
function screenOf({ host }: SessionParts): OutputStream {
  return host.stdout.isTTY ? host.stdout : host.stderr
}
