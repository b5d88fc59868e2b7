/**
 * Lines of a session into words, shell-like: `'…'` is literal, `"…"` knows the escapes below, a backslash outside
 * quotes takes the next character as it is. What `quoteBytes` writes, this reads.
 */
import { UsageError } from '../cli-error.ts'
import { wordOfBytes } from '../words.ts'

const escapes: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  b: 8,
  f: 12,
  a: 7,
  v: 11,
  e: 27,
  '0': 0,
}
/** One word of a line: what it means and where it stands. */
export interface LineWord {
  readonly text: string
  /** Place in the line of its first character, quotes included, and of the one after its last. */
  readonly start: number
  readonly end: number
  /** Whether its closing quote is missing. Only while a line is being typed. */
  readonly isOpen: boolean
}

/** The words of a finished line. Throws `UsageError` where a quote is not closed or an escape is unknown. */
export function splitLine(line: string): string[] {
  const words = readWords(line, true)
  const open = words.find((word) => word.isOpen)
  if (open !== undefined) {
    throw new UsageError(
      `the quote at character ${open.start + 1} is not closed`,
      'Close it, or write \\ before it.',
    )
  }
  return words.map((word) => word.text)
}

/** The words of a line that is still being typed: nothing is an error yet. */
export function readTypedWords(line: string): LineWord[] {
  return readWords(line, false)
}

function readWords(line: string, isStrict: boolean): LineWord[] {
  const words: LineWord[] = []
  const reader = new WordReader(line, isStrict)
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word)
  return words
}

class WordReader {
  readonly #line: string
  readonly #isStrict: boolean
  #place = 0
  #parts: Buffer[] = []

  constructor(line: string, isStrict: boolean) {
    this.#line = line
    this.#isStrict = isStrict
  }

  next(): LineWord | undefined {
    while (isSpace(this.#peek())) this.#place++
    if (this.#place >= this.#line.length) return undefined
    const start = this.#place
    this.#parts = []
    let isOpen = false
    while (this.#place < this.#line.length && !isSpace(this.#peek())) {
      const char = this.#peek()
      if (char === "'" || char === '"') isOpen = !this.#readQuoted(char)
      else this.#readPlain(char)
    }
    return { text: wordOfBytes(Buffer.concat(this.#parts)), start, end: this.#place, isOpen }
  }

  #readPlain(char: string): void {
    if (char === '\\' && this.#place + 1 < this.#line.length) this.#place++
    this.#takeCharacter()
  }

  /** Whether the quote was closed. */
  #readQuoted(quote: string): boolean {
    this.#place++
    while (this.#place < this.#line.length) {
      const char = this.#peek()
      if (char === quote) {
        this.#place++
        return true
      }
      if (char === '\\' && quote === '"') this.#readEscape()
      else this.#takeCharacter()
    }
    return false
  }

  #readEscape(): void {
    const rest = this.#line.slice(this.#place)
    const byte = /^\\x([0-9a-fA-F]{2})/.exec(rest)
    const point = /^\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/.exec(rest)
    const char = rest[1] ?? ''
    const simple = escapes[char]
    if (byte) this.#takeBytes(Buffer.of(Number.parseInt(byte[1] as string, 16)), 4)
    else if (point)
      this.#takeCodePoint(Number.parseInt((point[1] ?? point[2]) as string, 16), point[0].length)
    else if (simple !== undefined) this.#takeBytes(Buffer.of(simple), 2)
    else if (/["\\'$` ]/.test(char)) this.#takeBytes(Buffer.from(char), 2)
    else if (this.#isStrict && char !== '') {
      throw new UsageError(
        `unknown escape \\${char} at character ${this.#place + 1}`,
        'In double quotes: \\n \\t \\r \\0 \\e \\" \\\\ \\xNN \\uNNNN \\u{N…}. In single quotes nothing is an escape.',
      )
    } else this.#takeCharacter()
  }

  #takeCodePoint(point: number, length: number): void {
    const isSurrogate = point >= 0xd800 && point <= 0xdfff
    if (point <= 0x10ffff && !isSurrogate) this.#takeBytes(Buffer.from(String.fromCodePoint(point)), length)
    else if (!this.#isStrict) this.#place += length
    else
      throw new UsageError(`there is no character \\u{${point.toString(16)}} (character ${this.#place + 1})`)
  }

  #takeCharacter(): void {
    const char = String.fromCodePoint(this.#line.codePointAt(this.#place) as number)
    this.#takeBytes(Buffer.from(char), char.length)
  }

  /** `length` is what stands for the bytes in the line. */
  #takeBytes(bytes: Buffer, length: number): void {
    this.#parts.push(bytes)
    this.#place += length
  }

  #peek(): string {
    return this.#line[this.#place] ?? ''
  }
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n'
}
