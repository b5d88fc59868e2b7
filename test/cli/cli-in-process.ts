/**
 * Runs the command-line tool inside the test, on stores in memory: streams, environment, signals and clock are the
 * test's. A `Desk` is what stays from one run to the next: its stores, its environment.
 */
import { PassThrough } from 'node:stream'
import { CLI } from '../../src/cli/cli.ts'
import type { Host, OpenStore, OutputStream, SignalName } from '../../src/cli/host.ts'
import { ClosedError } from '../../src/errors.ts'
import type { FileInspection } from '../../src/fs/file-inspection.ts'
import type { RepairOptions } from '../../src/repair/repair.ts'
import type { RepairReport } from '../../src/repair/repair-report.ts'
import { InMemoryStore } from '../../src/store/in-memory-store.ts'
import type { StoreOptions } from '../../src/store/settings.ts'
import type { CheckReport } from '../../src/store/store-status.ts'
import { statusOf } from './status-sample.ts'

export interface Run {
  readonly code: number
  readonly out: string
  readonly outBytes: Buffer
  readonly err: string
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array
  /** Whether stdout and stderr are terminals. */
  readonly terminal?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Called once the run has started. */
  readonly during?: (desk: Desk) => void
}

/** What a test can see and set on a store of its desk. */
interface DeskTools {
  readonly calls: string[]
  report: CheckReport
  /** Told before each batch; throws to make it fail. */
  beforeBatch: (length: number) => void
}

export type DeskStore = OpenStore & DeskTools

/** A store in memory with the tools that the real one has; `close` leaves it for the next run. */
function openDeskStore(path: string): DeskStore {
  const memory = InMemoryStore.open<Uint8Array, Uint8Array>({
    keyEncoding: 'bytes',
    valueEncoding: 'bytes',
  })
  const writeBatch = memory.batch.bind(memory) as (...args: unknown[]) => never
  const calls: string[] = []
  const store = Object.assign(memory, {
    calls,
    report: { ok: true, fileCount: 3, byteCount: 4_096, entryCount: 2, problems: [] } as CheckReport,
    beforeBatch: (_length: number): void => {},
    status: () => statusOf(path),
    check: async () => store.report,
    flush: async () => void calls.push('flush'),
    compact: async (bounds: object = {}) => void calls.push(`compact ${JSON.stringify(Object.keys(bounds))}`),
    on: () => {},
    batch: (...args: unknown[]): never => {
      store.beforeBatch((args[0] as readonly unknown[] | undefined)?.length ?? 0)
      return writeBatch(...args)
    },
    close: async () => void calls.push('close'),
  })
  return store
}

export class Desk {
  readonly stores: Map<string, DeskStore> = new Map()
  readonly openedWith: StoreOptions<Uint8Array, Uint8Array>[] = []
  readonly inspections: Map<string, FileInspection> = new Map()
  readonly exits: number[] = []
  openError: Error | undefined
  /** What `repair` does. */
  repair: (path: string, options: RepairOptions) => Promise<RepairReport> = (path) =>
    Promise.reject(new Error(`unexpected repair of ${path}`))
  openLevel: Host['openLevel'] = (path) => Promise.reject(new Error(`unexpected ${path}`))
  #signal: ((signal: SignalName) => void) | undefined

  /** The store at `path`, made if there is none. */
  store(path: string = 'varve-data'): DeskStore {
    const store = this.stores.get(path) ?? openDeskStore(path)
    this.stores.set(path, store)
    return store
  }

  signal(name: SignalName): void {
    this.#signal?.(name)
  }

  async run(words: readonly string[], options: RunOptions = {}): Promise<Run> {
    const stdin = new PassThrough()
    if (options.stdin !== undefined) stdin.end(options.stdin)
    const out = collect(options.terminal === true)
    const err = collect(options.terminal === true)
    const running = new CLI(this.host(stdin, out.stream, err.stream, options.env ?? {})).run(words)
    options.during?.(this)
    const code = await running
    const outBytes = Buffer.concat(out.chunks)
    return { code, out: outBytes.toString(), outBytes, err: Buffer.concat(err.chunks).toString() }
  }

  host(stdin: PassThrough, stdout: OutputStream, stderr: OutputStream, env: Record<string, string>): Host {
    return {
      stdin,
      stdout,
      stderr,
      env,
      platform: 'linux',
      homeDirectory: '/nowhere',
      version: '9.8.7',
      clock: { monotonicMs: () => 0, wallTimeMs: () => 0 },
      openStore: async (path, options) => {
        this.openedWith.push(options)
        if (this.openError !== undefined) throw this.openError
        if (options.createIfMissing === false && !this.stores.has(path)) throw new ClosedError('missing')
        return this.store(path)
      },
      storeExists: async (path) => this.stores.has(path) || this.openError !== undefined,
      inspectFile: async (path) =>
        this.inspections.get(path) ?? Promise.reject(new Error(`unexpected ${path}`)),
      repair: (path, options) => this.repair(path, options),
      openLevel: (path) => this.openLevel(path),
      startPager: async () => undefined,
      onSignal: (listener) => {
        this.#signal = listener
        return () => {
          this.#signal = undefined
        }
      },
      exit: (code) => {
        this.exits.push(code)
      },
    }
  }
}

function collect(isTerminal: boolean): { stream: OutputStream; chunks: Buffer[] } {
  const chunks: Buffer[] = []
  const stream: PassThrough & { isTTY?: boolean } = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (isTerminal) stream.isTTY = true
  return { stream, chunks }
}
