/**
 * What the tool says on stderr: results in words, warnings, errors, and a single line that is redrawn while
 * something long runs. Nothing here is data; `--quiet` leaves only warnings and errors.
 */
import type { Failure } from '../cli-error.ts'
import type { OutputStream } from '../host.ts'
import { escapeInvisible } from '../words.ts'
import { survive } from './output.ts'
import type { Colors, TextStyle } from './text-style.ts'

/** Messages quote what users and files contain: none of it may steer the terminal. */
function visible(message: string): string {
  return escapeInvisible(message, (char) =>
    char === '\n' ? char : `\\u{${(char.codePointAt(0) as number).toString(16)}}`,
  )
}

export class Talk {
  readonly colors: Colors
  /** Whether a person may be watching, so that lines can be redrawn. */
  readonly isTerminal: boolean
  readonly #stream: OutputStream
  readonly #isQuiet: boolean
  #passing = ''

  constructor(stream: OutputStream, style: TextStyle, isQuiet: boolean) {
    this.#stream = stream
    survive(stream)
    this.#isQuiet = isQuiet
    this.colors = style.colors
    this.isTerminal = style.isTerminal
  }

  say(line: string): void {
    if (!this.#isQuiet) this.#line(line)
  }

  warn(line: string): void {
    this.#line(`${this.colors.yellow('warning:')} ${visible(line)}`)
  }

  /** `place` says where the failed command stood, when it was one of many. */
  fail(failure: Failure, place?: string): void {
    const where = place === undefined ? '' : `${place}: `
    this.#line(`${this.colors.red('error:')} ${where}${visible(failure.message)}`)
    if (failure.hint !== undefined) this.#line(this.colors.dim(failure.hint))
  }

  /** Shows `line` until the next one, in place; the empty string removes it. Only on a terminal. */
  showPassing(line: string): void {
    if (!this.isTerminal || this.#isQuiet || line === this.#passing) return
    const width = (this.#stream.columns || 80) - 1
    this.#passing = line
    this.#stream.write(`\r\x1b[2K${line.slice(0, width)}`)
  }

  #line(line: string): void {
    const passing = this.#passing
    this.showPassing('')
    this.#stream.write(`${line}\n`)
    if (passing !== '') this.showPassing(passing)
  }
}
