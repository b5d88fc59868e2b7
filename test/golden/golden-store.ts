/**
 * The store of a golden script, and the commands that a script may use. Nothing here is left to chance: the files
 * are in memory, time stands still, the identity of the store is fixed, and after each command all work in the
 * background is let end.
 */
import { describeBytes } from '../../src/bytes/describe-bytes.ts'
import { StoreError } from '../../src/errors.ts'
import { joinPath } from '../../src/fs/file-names.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import type { EntryIterator, ReadOptions, Snapshot } from '../../src/store/key-value-store.ts'
import { LogStructuredStore } from '../../src/store/log-structured-store.ts'
import type { StoreOptions } from '../../src/store/settings.ts'
import { StillTime } from '../support/still-time.ts'
import { optionOf, parseOperations, parseRange, snapshotNameOf } from './script-arguments.ts'
import { readBytes, showFiles, showHex, showLevels, showParts } from './show-files.ts'

const folder = '/store'
const storeIdWords = [0x0123_4567, 0x89ab_cdef]
const turnsToSettleMax = 10_000
/** So long a command may take without that time passes. */
const patientTurnCount = 1_000

type Command = (words: readonly string[]) => Promise<string[]> | Promise<undefined> | string[] | undefined

export class GoldenStore {
  readonly #time = new StillTime()
  #disk = new MemoryFileSystem()
  #store: LogStructuredStore | undefined
  readonly #snapshots = new Map<string, Snapshot>()
  readonly #iterators = new Map<string, EntryIterator<string, [string, string]>>()
  /** What the store told since the last `events`. */
  #told: string[] = []

  readonly #commands: { readonly [name: string]: Command } = {
    open: (words) => this.#open(words),
    close: () => this.#close(),
    reopen: async (words) => {
      await this.#close()
      return this.#open(words)
    },
    // The process dies, and leaves what it wrote.
    kill: () => this.#dieWith(this.#disk.killed()),
    // The power fails, and leaves what was synced and what the seed says of the rest.
    crash: ([seed]) => this.#dieWith(this.#disk.crashed({ seed: Number(seed), profile: 'posix' })),
    put: (words) => this.#batch(words),
    delete: (words) => this.#batch(words.map((word) => (word.includes('=') ? word : `-${word}`))),
    batch: (words) => this.#batch(words),
    fill: (words) => this.#fill(words),
    clear: (words) => this.#quiet(this.#openStore.clear(parseRange(words))),
    get: (words) => this.#get(words),
    scan: (words) => this.#scan(words),
    snapshot: ([name = '']) => void this.#snapshots.set(name, this.#openStore.snapshot()),
    release: ([name = '']) => this.#snapshots.get(name)?.close() as undefined,
    iterate: ([name = '', ...words]) =>
      void this.#iterators.set(name, this.#openStore.entries(parseRange(words))),
    next: ([name = '', count]) => this.#next(name, Number(count)),
    flush: () => this.#quiet(this.#openStore.flush()),
    compact: (words) => this.#quiet(this.#openStore.compact(parseRange(words))),
    wait: ([ms]) => this.#time.pass(Number(ms)) as undefined,
    room: ([bytes]) => this.#setRoom(Number(bytes)),
    levels: () => showLevels(this.#disk, folder, this.#openStore.status().levels),
    memory: () => this.#showMemory(),
    files: () => showFiles(this.#disk, folder),
    parts: ([name = '']) => showParts(this.#disk, joinPath(folder, name)),
    hex: ([name = '']) => showHex(this.#disk, joinPath(folder, name)),
    cut: ([name = '', count]) =>
      this.#rewrite(name, (bytes) => bytes.subarray(0, bytes.length - Number(count))),
    flip: ([name = '', offset]) => this.#rewrite(name, (bytes) => flipped(bytes, Number(offset))),
    remove: ([name = '']) => this.#quiet(this.#disk.unlink(joinPath(folder, name))),
    check: () => this.#check(),
    events: () => this.#told.splice(0),
  }

  /** Carries out a command, lets everything that it started end, and gives what it prints. */
  async run(line: string): Promise<string[]> {
    const [name = '', ...words] = line.split(/\s+/)
    const command = this.#commands[name]
    if (command === undefined) throw new Error(`there is no command ${name}`)
    try {
      return (await this.#ended(command(words))) ?? []
    } catch (error) {
      if (error instanceof StoreError) return [describeError(error)]
      throw new Error(`the command "${line}" failed`, { cause: error })
    } finally {
      await this.#settle()
    }
  }

  async end(): Promise<void> {
    await this.#store?.close()
  }

  get #openStore(): LogStructuredStore {
    if (this.#store === undefined) throw new Error('the store is not open')
    return this.#store
  }

  async #open(words: readonly string[]): Promise<string[]> {
    const idWords = [...storeIdWords]
    const told: string[] = []
    const store = await LogStructuredStore.open(folder, {
      ...optionsOf(words),
      logger: { ...silent, warn: (event) => told.push(warningOf(event)) },
      fileSystem: this.#disk,
      clock: this.#time,
      scheduler: this.#time,
      random: () => idWords.shift() ?? 0,
    })
    this.#store = store
    this.#listen(store)
    return told
  }

  #listen(store: LogStructuredStore): void {
    store.on('flushEnd', ({ segments }) => this.#told.push(`flushed to ${segments.join(' ')}`))
    store.on('compactionBegin', ({ level, outputLevel, segments, reason }) =>
      this.#told.push(`compaction (${reason}): L${level} ${segments.join(' ')} → L${outputLevel}`),
    )
    store.on('compactionEnd', ({ segments }) =>
      this.#told.push(`compacted to ${segments.join(' ') || 'nothing'}`),
    )
    store.on('full', ({ error }) => this.#told.push(describeError(error)))
    store.on('resumed', () => this.#told.push('resumed'))
    store.on('error', ({ error }) => this.#told.push(describeError(error)))
  }

  async #close(): Promise<undefined> {
    await this.#store?.close()
    this.#store = undefined
  }

  /** The process is gone; the next one finds this disk. */
  async #dieWith(disk: MemoryFileSystem): Promise<undefined> {
    await this.#close()
    this.#disk = disk
  }

  async #batch(words: readonly string[]): Promise<undefined> {
    const { operations, options } = parseOperations(words)
    await this.#openStore.batch(operations, options)
  }

  /** `fill k 100 50`: k000 to k099, each with a value of 50 bytes, one batch. */
  async #fill([prefix = '', count = '0', length = '0', ...words]: readonly string[]): Promise<undefined> {
    const digits = String(Number(count) - 1).length
    const operations = Array.from({ length: Number(count) }, (_, index) => {
      const key = `${prefix}${String(index).padStart(digits, '0')}`
      return { type: 'put' as const, key, value: key.repeat(Number(length)).slice(0, Number(length)) }
    })
    await this.#openStore.batch(operations, parseOperations(words).options)
  }

  async #get(words: readonly string[]): Promise<string[]> {
    const keys = words.filter((word) => !word.startsWith('@'))
    const values = await this.#openStore.getMany(keys, this.#readOptions(words))
    return keys.map((key, index) => describePair(key, values[index]))
  }

  async #scan(words: readonly string[]): Promise<string[]> {
    const lines: string[] = []
    const scan = this.#openStore.entries({ ...parseRange(words), ...this.#readOptions(words) })
    for await (const [key, value] of scan) lines.push(describePair(key, value))
    return lines.length > 0 ? lines : ['nothing']
  }

  async #next(name: string, count: number): Promise<string[]> {
    const entries = (await this.#iterators.get(name)?.nextMany(count)) ?? []
    return entries.length > 0 ? entries.map(([key, value]) => describePair(key, value)) : ['the end']
  }

  #setRoom(bytes: number): undefined {
    this.#disk.capacityBytes = Number.isNaN(bytes) ? Number.POSITIVE_INFINITY : this.#disk.usedBytes + bytes
  }

  #showMemory(): string[] {
    const { activeEntryCount, sealedCount, sealedEntryCount } = this.#openStore.status().memTables
    return [
      `active: ${activeEntryCount} entries; sealed: ${sealedEntryCount} entries in ${sealedCount} tables`,
    ]
  }

  async #check(): Promise<string[]> {
    const { ok, entryCount, problems } = await this.#openStore.check()
    return [`${ok ? 'good' : 'damaged'}: ${entryCount} entries`, ...problems.map(({ message }) => message)]
  }

  /** Puts other bytes in the place of a file's, durably. */
  async #rewrite(name: string, change: (bytes: Uint8Array) => Uint8Array): Promise<undefined> {
    const path = joinPath(folder, name)
    const bytes = change(await readBytes(this.#disk, path))
    await this.#disk.unlink(path)
    const file = await this.#disk.open(path, 'create')
    await file.write(bytes, 0)
    await file.sync()
    await file.close()
    await this.#disk.syncDirectory(folder)
  }

  #readOptions(words: readonly string[]): ReadOptions {
    const snapshot = this.#snapshots.get(snapshotNameOf(words) ?? '')
    return snapshot === undefined ? {} : { snapshot }
  }

  async #quiet(act: Promise<void>): Promise<undefined> {
    await act
  }

  /** Lets time pass only where nothing else would let the command go on. */
  async #ended<R>(act: Promise<R> | R): Promise<R> {
    let isOver = false
    const ended = Promise.resolve(act).finally(() => {
      isOver = true
    })
    for (let turn = 1; !isOver; turn++) {
      await Promise.race([ended, new Promise((resolve) => setImmediate(resolve))])
      if (turn > patientTurnCount) this.#time.pass(1)
    }
    return ended
  }

  async #settle(): Promise<void> {
    for (let quietTurns = 0, turn = 0; quietTurns < 20 && turn < turnsToSettleMax; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      const status = this.#store?.status()
      const isBusy = status !== undefined && status.flushes.running + status.compactions.running > 0
      quietTurns = isBusy ? 0 : quietTurns + 1
    }
  }
}

const ignore = (): void => {}
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** Small memory and blocks, so that a story of a few lines reaches every place; `open` may say otherwise. */
function optionsOf(words: readonly string[]): StoreOptions {
  const compaction = optionOf(words, 'compaction') === 'size-tiered' ? 'size-tiered' : 'leveled'
  const tuning = Object.fromEntries(
    words
      .filter((word) => !word.startsWith('compaction='))
      .map((word) => word.split('='))
      .map(([name = '', value]) => [name, Number(value)]),
  )
  return { compaction, tuning: { arenaSizeBytes: 65_536, ...tuning } }
}

function describePair(key: string, value: string | undefined): string {
  if (value === undefined) return `${key}: absent`
  const bytes = Buffer.from(value)
  return bytes.length > 24 ? `${key} = ${describeBytes(bytes, 12)}` : `${key} = ${value}`
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

function warningOf(event: object): string {
  return 'message' in event ? `warning: ${String(event.message)}` : 'warning'
}

function flipped(bytes: Uint8Array, offset: number): Uint8Array {
  const changed = new Uint8Array(bytes)
  const at = offset < 0 ? changed.length + offset : offset
  changed[at] = (changed[at] as number) ^ 1
  return changed
}
