/**
 * A stream that shows what fits on the screen at once and hands everything longer to a pager. Nothing is started
 * before the first screen is full, so short results need no pager that knows when to leave by itself.
 */
import { Writable } from 'node:stream'
import type { Host, PagerProcess } from '../host.ts'

type Done = (error?: Error | null) => void

/** The pager that the environment asks for, or `undefined` for none. */
export function pagerCommand(
  env: Readonly<Record<string, string | undefined>>,
  platform: string,
): string | undefined {
  const chosen = env.PAGER?.trim()
  if (chosen === '' || chosen === 'cat') return undefined
  return chosen ?? (platform === 'win32' ? undefined : 'less -FRX')
}

export class PagedStream extends Writable {
  readonly #host: Host
  readonly #command: string
  #held: Buffer[] = []
  #heldRows = 0
  #pager: PagerProcess | undefined
  #isDirect = false

  constructor(host: Host, command: string) {
    super()
    this.#host = host
    this.#command = command
  }

  /** Shows the rest and resolves when the user has left the pager. */
  async finish(): Promise<void> {
    if (this.#pager === undefined) {
      await this.#writeDirectly(this.#takeHeld())
      return
    }
    this.#pager.input.end()
    await this.#pager.ended
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#take(chunk).then(() => done(), done)
  }

  async #take(chunk: Buffer): Promise<void> {
    if (this.#pager !== undefined) return writeTo(this.#pager.input, chunk)
    if (this.#isDirect) return this.#writeDirectly(chunk)
    this.#held.push(chunk)
    this.#heldRows += rowsOf(chunk, this.#host.stdout.columns || 80)
    if (this.#heldRows < (this.#host.stdout.rows || 24)) return
    this.#pager = await this.#host.startPager(this.#command)
    this.#isDirect = this.#pager === undefined
    await this.#take(this.#takeHeld())
  }

  #takeHeld(): Buffer {
    const held = Buffer.concat(this.#held)
    this.#held = []
    return held
  }

  #writeDirectly(bytes: Buffer): Promise<void> {
    return writeTo(this.#host.stdout, bytes)
  }
}

/** Rows of a terminal that the text takes; a few too many, since colours count as text. */
function rowsOf(chunk: Buffer, width: number): number {
  const lines = chunk.toString().split('\n')
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / width)), -1)
}

function writeTo(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
