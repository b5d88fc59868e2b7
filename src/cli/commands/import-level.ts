/**
 * `import --from level`: everything from a LevelDB, in key order. So the store's last key says how far an import that
 * was stopped came, and the next one goes on behind it.
 */
import { compareBytes } from '../../bytes/compare-bytes.ts'
import { describeBytes } from '../../bytes/describe-bytes.ts'
import { keyLengthMax, valueLengthMax } from '../../entry/entry.ts'
import type { BatchOperation } from '../../store/key-value-store.ts'
import { CommandError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import type { LevelDatabase, OpenStore } from '../host.ts'
import { counted, formatBytes, formatDuration } from '../terminal/amounts.ts'
import { Progress } from '../terminal/progress.ts'

export interface LevelImportOptions {
  /** From the first key, whatever the store has. */
  readonly restart: boolean
  /** Leave out what no store takes, and go on. */
  readonly skipInvalid: boolean
}

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** Imports the database in the folder `path`. */
export async function importLevel(
  context: CommandContext,
  path: string,
  options: LevelImportOptions,
): Promise<void> {
  const level = await context.host.openLevel(path)
  try {
    await new LevelImport(context, level, path, options).run()
  } finally {
    await level.close()
  }
}

class LevelImport {
  readonly #context: CommandContext
  readonly #level: LevelDatabase
  readonly #path: string
  readonly #options: LevelImportOptions
  #importedCount = 0
  #skippedCount = 0
  #bytes = 0

  constructor(context: CommandContext, level: LevelDatabase, path: string, options: LevelImportOptions) {
    this.#context = context
    this.#level = level
    this.#path = path
    this.#options = options
  }

  async run(): Promise<void> {
    const { talk, host } = this.#context
    const store = await this.#context.createdStore()
    const start = this.#options.restart ? undefined : await this.#lastImported(store)
    if (start !== undefined) talk.say(`going on behind ${describeBytes(start)}; --restart begins anew`)
    const totalBytes = await this.#level.sizeUpTo(undefined)
    const progress = new Progress(talk, host.clock, 'importing', totalBytes === 0 ? undefined : totalBytes)
    try {
      for await (const entries of this.#level.portionsAfter(start)) {
        await this.#write(store, entries)
        const doneBytes = talk.isTerminal ? await this.#level.sizeUpTo(entries.at(-1)?.[0]) : 0
        progress.update(this.#importedCount, this.#bytes, doneBytes)
      }
    } catch (error) {
      progress.end()
      const amount = counted(this.#importedCount, 'entry', 'entries')
      talk.say(`imported ${amount} before that; they stay, and the same command goes on behind them`)
      throw error
    }
    progress.end()
    await this.#report(Math.round(progress.elapsedMs))
  }

  /** The last key of the store, which must be one that an import brought there. */
  async #lastImported(store: OpenStore): Promise<Uint8Array | undefined> {
    const [last] = await store.entries({ reverse: true, limit: 1 }).nextMany(1)
    if (last === undefined) return undefined
    const [key, value] = last
    const original = await this.#level.get(key)
    if (original !== undefined && compareBytes(original, value) === 0) return key
    throw new CommandError(
      `the last key of the store, ${describeBytes(key)}, does not come from ${this.#path}`,
      'Import into a store of its own, or give --restart: all that LevelDB has is then written over what is there.',
    )
  }

  async #write(store: OpenStore, entries: readonly Entry[]): Promise<void> {
    this.#context.signal.throwIfAborted()
    const operations: BatchOperation<Uint8Array, Uint8Array>[] = []
    for (const [key, value] of entries) {
      if (this.#isRefused(key, value)) continue
      operations.push({ type: 'put', key, value })
      this.#bytes += key.length + value.length
    }
    await store.batch(operations)
    this.#importedCount += operations.length
  }

  #isRefused(key: Uint8Array, value: Uint8Array): boolean {
    if (key.length <= keyLengthMax && value.length <= valueLengthMax) return false
    const [what, length, most] =
      key.length > keyLengthMax ? ['key', key.length, keyLengthMax] : ['value', value.length, valueLengthMax]
    const problem = `${describeBytes(key.subarray(0, 100))}: the ${what} has ${length} bytes, ${most} is the most`
    if (!this.#options.skipInvalid) throw new CommandError(problem, '--skip-invalid leaves such entries out.')
    this.#context.talk.warn(`${problem}; skipped`)
    this.#skippedCount++
    return true
  }

  async #report(milliseconds: number): Promise<void> {
    const { format, output, talk } = this.#context
    const [imported, skipped, bytes] = [this.#importedCount, this.#skippedCount, this.#bytes]
    if (format === 'json') {
      await output.write(`${JSON.stringify({ imported, skipped, bytes, milliseconds })}\n`)
      return
    }
    const left = skipped === 0 ? '' : `, skipped ${counted(skipped, 'entry', 'entries')}`
    const amount = `${counted(imported, 'entry', 'entries')} (${formatBytes(bytes)})`
    talk.say(`imported ${amount} in ${formatDuration(milliseconds)}${left}`)
  }
}
