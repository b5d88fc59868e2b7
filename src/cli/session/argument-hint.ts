/** Shows in grey, behind the cursor, what the command being typed still takes. */
import type { Interface } from 'node:readline'
import type { InputStream, OutputStream } from '../host.ts'
import type { Colors } from '../terminal/text-style.ts'

const eraseToEnd = '\x1b[0K'

export class ArgumentHint {
  readonly #input: InputStream
  readonly #screen: OutputStream
  readonly #line: Interface
  readonly #colors: Colors
  readonly #hintOf: (line: string) => string
  #isShown = false
  /** False while something else than a command is asked for. */
  isEnabled = true

  constructor(
    input: InputStream,
    screen: OutputStream,
    line: Interface,
    colors: Colors,
    hintOf: (line: string) => string,
  ) {
    this.#input = input
    this.#screen = screen
    this.#line = line
    this.#colors = colors
    this.#hintOf = hintOf
    // Before readline acts on a key the hint goes, or it would stay on the screen; afterwards the new one comes.
    input.prependListener('keypress', this.#erase)
    input.on('keypress', this.#onKey)
  }

  stop(): void {
    this.#erase()
    this.#input.off('keypress', this.#erase)
    this.#input.off('keypress', this.#onKey)
  }

  readonly #erase = (): void => {
    if (this.#isShown) this.#screen.write(eraseToEnd)
    this.#isShown = false
  }

  readonly #onKey = (_text: string, key: { name?: string }): void => {
    // What Tab offers comes later, and would be written over the hint.
    if (key.name !== 'tab') this.show()
  }

  /** Shows the hint for the line as it is now. */
  show(): void {
    const { line, cursor } = this.#line
    if (!this.isEnabled || cursor !== line.length || line === '') return
    const { rows, cols } = this.#line.getCursorPos()
    const room = (this.#screen.columns || 80) - cols - 1
    const hint = this.#hintOf(line)
    if (hint === '' || room < 4 || rows > 0) return
    const shown = hint.length <= room ? hint : `${hint.slice(0, room - 1)}…`
    this.#screen.write(`${this.#colors.gray(shown)}\x1b[${shown.length}D`)
    this.#isShown = true
  }
}
