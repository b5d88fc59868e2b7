/**
 * Everything the command line touches outside itself: streams, environment, signals, the opening of stores.
 * `main` hands in the real ones; tests hand in their own and so run whole sessions in one process.
 */
import type { Readable, Writable } from 'node:stream'
import type { FileInspection } from '../fs/file-inspection.ts'
import type { RepairOptions } from '../repair/repair.ts'
import type { RepairReport } from '../repair/repair-report.ts'
import type { KeyBounds, SyncKeyValueStore } from '../store/key-value-store.ts'
import type { StoreOptions } from '../store/settings.ts'
import type { StoreEventListener, StoreEventName } from '../store/store-events.ts'
import type { CheckReport, StoreStatus } from '../store/store-status.ts'
import type { Clock } from '../time/clock.ts'

/** What the commands use of an open store; keys and values are bytes. */
export interface OpenStore extends SyncKeyValueStore<Uint8Array, Uint8Array> {
  status(): StoreStatus
  check(): Promise<CheckReport>
  flush(): Promise<void>
  compact(bounds?: KeyBounds<Uint8Array>): Promise<void>
  on<N extends StoreEventName>(name: N, listener: StoreEventListener<N>): unknown
}

/** A LevelDB that is read, not written to; keys and values are bytes. */
export interface LevelDatabase {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** About how many bytes on disk all entries before `key` take, or all entries. */
  sizeUpTo(key: Uint8Array | undefined): Promise<number>
  /** The entries behind `key`, or all, in key order. */
  portionsAfter(key: Uint8Array | undefined): AsyncIterable<[Uint8Array, Uint8Array][]>
  close(): Promise<void>
}

export interface InputStream extends Readable {
  readonly isTTY?: boolean
  setRawMode?(mode: boolean): unknown
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  /** 0 where the terminal does not say. */
  readonly columns?: number
  readonly rows?: number
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** A program that shows long results page by page. */
export interface PagerProcess {
  readonly input: Writable
  /** Resolves when the user has left it. */
  readonly ended: Promise<void>
}

export interface Host {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  readonly homeDirectory: string
  /** The version of Varve. */
  readonly version: string
  readonly clock: Clock
  openStore(path: string, options: StoreOptions<Uint8Array, Uint8Array>): Promise<OpenStore>
  /** Whether a store lies at `path`. */
  storeExists(path: string): Promise<boolean>
  inspectFile(path: string): Promise<FileInspection>
  repair(path: string, options: RepairOptions): Promise<RepairReport>
  /** Opens a LevelDB that is there. */
  openLevel(path: string): Promise<LevelDatabase>
  /** Starts a pager by its command line; `undefined` when it cannot be started. */
  startPager(command: string): Promise<PagerProcess | undefined>
  /** Calls `listener` for each signal until the returned function is called. */
  onSignal(listener: (signal: SignalName) => void): () => void
  /** Ends the process at once: the user asked a second time. */
  exit(code: number): void
}
