/**
 * Data on its way to stdout (or a pager, or a file). Small pieces are gathered; `flush` resolves when the stream
 * has taken them, which is how a slow reader slows the command down instead of filling the memory.
 */
import type { Writable } from 'node:stream'
import { systemCodeOf } from '../../errors.ts'
import { CommandError, OutputClosedError } from '../cli-error.ts'

export type Piece = string | Uint8Array

/** In bytes or characters; this only has to be about right. */
const gatheredLengthMax = 64 * 1024

export class Output {
  readonly #stream: Writable
  #gathered: Buffer[] = []
  /** Text behind `#gathered`, turned into bytes at once later: pieces are small and many. */
  #text = ''
  #gatheredLength = 0

  constructor(stream: Writable) {
    this.#stream = stream
    survive(stream)
  }

  /** Takes pieces in their order; waits for the stream now and then. */
  async write(...pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) this.#gather(piece)
    if (this.#gatheredLength >= gatheredLengthMax) await this.flush()
  }

  /** Resolves when the stream has taken everything so far. */
  async flush(): Promise<void> {
    if (this.#gatheredLength === 0) return
    this.#encodeText()
    const bytes = this.#gathered.length === 1 ? (this.#gathered[0] as Buffer) : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredLength = 0
    await this.#send(bytes)
  }

  #gather(piece: Piece): void {
    this.#gatheredLength += piece.length
    if (typeof piece === 'string') {
      this.#text += piece
      return
    }
    this.#encodeText()
    this.#gathered.push(asBuffer(piece))
  }

  #encodeText(): void {
    if (this.#text === '') return
    this.#gathered.push(Buffer.from(this.#text))
    this.#text = ''
  }

  #send(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) reject(asOutputError(error))
        else resolve()
      })
    })
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function asOutputError(error: Error): Error {
  const code = systemCodeOf(error)
  const isClosed = ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'EOF'].includes(code ?? '')
  if (isClosed) return new OutputClosedError()
  return new CommandError(`cannot write the output: ${error.message}`, undefined, { cause: error })
}

const surviving = new WeakSet<Writable>()

/**
 * Keeps the `error` event of a stream, which comes after the callback of write() has told us, from ending the
 * process.
 */
export function survive(stream: Writable): void {
  if (surviving.has(stream)) return
  surviving.add(stream)
  stream.on('error', () => {})
}
