/**
 * Gives disk space back: removes segments that no picture names and logs whose entries are all in segments. The
 * edit that dropped them is durable already; before they are removed, a synced record behind that edit, and
 * CURRENT, prove it. A removal that fails is tried again later and harms nobody; what is left at the end, the next opening
 * removes.
 */
import { systemCodeOf } from '../errors.ts'
import type { FileSystem } from '../fs/file-system.ts'
import type { WriteAheadLog } from '../log/write-ahead-log.ts'
import type { Segment } from '../segment/segment.ts'
import type { Scheduler } from '../time/scheduler.ts'

export interface ObsoleteFilesParts {
  readonly fs: FileSystem
  readonly scheduler: Scheduler
  /** Makes it provable that the edits which dropped the files are on stable storage. */
  readonly proveDropped: () => Promise<void>
  /** Resolves when no sync of a log is under way. */
  readonly logsIdle: () => Promise<void>
  readonly onFailed: (error: unknown, path: string) => void
  /** The proof could not be written; nothing was removed. */
  readonly onManifestFailed: (error: unknown) => void
}

const retryDelayMs = 5000

interface ObsoleteFile {
  readonly path: string
  readonly sizeBytes: number
  close(): Promise<void>
}

export class ObsoleteFiles {
  readonly #parts: ObsoleteFilesParts
  #waiting: ObsoleteFile[] = []
  #removing: Promise<void> | undefined
  #cancelRetry: (() => void) | undefined
  #isClosed = false

  constructor(parts: ObsoleteFilesParts) {
    this.#parts = parts
  }

  get sizeBytes(): number {
    return this.#waiting.reduce((sum, file) => sum + file.sizeBytes, 0)
  }

  addSegments(segments: readonly Segment[]): void {
    this.#add(
      segments.map((segment) => ({
        path: segment.path,
        sizeBytes: segment.meta.sizeBytes,
        close: () => segment.close(),
      })),
    )
  }

  addLogs(logs: readonly WriteAheadLog[]): void {
    this.#add(
      logs.map((log) => ({
        path: log.path,
        sizeBytes: log.file.sizeBytes,
        close: () => this.#closeLog(log),
      })),
    )
  }

  /** Files of an earlier life of the store, not open. */
  addPaths(files: readonly { readonly path: string; readonly sizeBytes: number }[]): void {
    this.#add(files.map((file) => ({ ...file, close: () => Promise.resolve() })))
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await this.#removing
  }

  /** Waits for what is under way and tries the rest once more. Changes nothing in the folder afterwards. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#cancelRetry?.()
    await this.#removing
    this.#start()
    await this.#removing
    this.#isClosed = true
    this.#cancelRetry?.()
    for (const file of this.#waiting) void file.close().catch(() => undefined)
  }

  /** After `close` the folder does not change any more: what comes then is closed, and left to the next opening. */
  #add(files: readonly ObsoleteFile[]): void {
    if (files.length === 0) return
    if (this.#isClosed) {
      for (const file of files) void file.close().catch(() => undefined)
      return
    }
    this.#waiting.push(...files)
    this.#start()
  }

  #start(): void {
    if (this.#removing === undefined && this.#waiting.length > 0) this.#removing = this.#removeAll()
  }

  /** Is over in the same synchronous stretch in which it finds nothing more, so that what comes later begins anew. */
  async #removeAll(): Promise<void> {
    const failed: ObsoleteFile[] = []
    try {
      while (this.#waiting.length > 0) failed.push(...(await this.#removeWaiting()))
    } catch (error) {
      this.#parts.onManifestFailed(error)
      this.#retryLater()
    }
    this.#removing = undefined
    this.#waiting.push(...failed)
    if (failed.length > 0) this.#retryLater()
  }

  /** Removes the files that wait now; of those that come meanwhile nothing is proven yet. Returns what is left. */
  async #removeWaiting(): Promise<ObsoleteFile[]> {
    const files = [...this.#waiting]
    await this.#parts.proveDropped()
    const failed: ObsoleteFile[] = []
    for (const file of files) {
      if (!(await this.#remove(file))) failed.push(file)
      this.#waiting.shift()
    }
    return failed
  }

  async #remove(file: ObsoleteFile): Promise<boolean> {
    try {
      await file.close()
      await this.#parts.fs.unlink(file.path)
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return true
      this.#parts.onFailed(error, file.path)
      return false
    }
    return true
  }

  async #closeLog(log: WriteAheadLog): Promise<void> {
    await this.#parts.logsIdle()
    await log.close()
  }

  #retryLater(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = this.#parts.scheduler.timer(retryDelayMs, () => this.#start())
  }
}
