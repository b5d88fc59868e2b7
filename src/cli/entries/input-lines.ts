/** Bytes arriving in chunks into numbered lines of text, one chunk's lines at a time. */
import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { CommandError } from '../cli-error.ts'
import { formatBytes } from '../terminal/amounts.ts'

const newline = 10

/**
 * Longer lines (and records of several lines) would not fit into one string. The longest that an export writes is a
 * value of 64 MiB with six characters for each byte (`\u0000`).
 */
export const lineBytesMax: number = 500 * 1024 * 1024

export interface InputLine {
  /** From 1. */
  readonly number: number
  /** Without its LF; `undefined` when the bytes are no UTF-8. */
  readonly text: string | undefined
  /** Bytes of input up to and with this line. */
  readonly endOffset: number
}

/** Thrown for a line that cannot be held. */
export class LineTooLongError extends CommandError {
  override readonly name: string = 'LineTooLongError'

  constructor(number: number) {
    super(`line ${number} is longer than ${lineBytesMax / 1024 / 1024} MiB`)
  }
}

/**
 * Splits at LF; a CR before it stays, because it may stand inside a field of CSV. A byte order mark at the start is
 * dropped; the last line needs no end.
 */
export class LineSplitter {
  #number = 0
  #offset = 0
  #rest: Buffer[] = []
  #restBytes = 0

  /** The lines that `chunk` completes. Throws `LineTooLongError`. */
  push(chunk: Buffer): InputLine[] {
    const lines: InputLine[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(this.#complete(chunk.subarray(start, end), 1))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** The line without an end, if there is one. */
  end(): InputLine[] {
    return this.#restBytes === 0 ? [] : [this.#complete(Buffer.alloc(0), 0)]
  }

  #keep(bytes: Buffer): void {
    this.#rest.push(bytes)
    this.#restBytes += bytes.length
    if (this.#restBytes > lineBytesMax) throw new LineTooLongError(this.#number + 1)
  }

  #complete(last: Buffer, endLength: number): InputLine {
    const whole = this.#rest.length === 0 ? last : Buffer.concat([...this.#rest, last])
    this.#rest = []
    this.#restBytes = 0
    this.#number++
    this.#offset += whole.length + endLength
    return { number: this.#number, text: this.#textOf(whole), endOffset: this.#offset }
  }

  #textOf(line: Buffer): string | undefined {
    if (!isUtf8(line)) return undefined
    const text = line.toString()
    return this.#number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text
  }
}

/** All lines of a stream, in the portions that arrive. Ends with the signal's reason when it is aborted. */
export async function* readLines(stream: Readable, signal: AbortSignal): AsyncGenerator<InputLine[]> {
  const splitter = new LineSplitter()
  for await (const chunk of readChunks(stream, signal)) yield splitter.push(chunk)
  yield splitter.end()
}

/** Everything that a stream gives. Throws `CommandError` past `bytesMax`. */
export async function readAll(stream: Readable, signal: AbortSignal, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of readChunks(stream, signal)) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > bytesMax)
      throw new CommandError(`stdin gives more than ${formatBytes(bytesMax)}, the most for a value`)
  }
  return Buffer.concat(chunks)
}

/** The chunks of a stream. When `signal` is aborted, the stream is destroyed and the signal's reason thrown. */
async function* readChunks(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const abort = (): void => void stream.destroy(signal.reason as Error)
  signal.throwIfAborted()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
