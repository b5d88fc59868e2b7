/** Logs of a store on a memory disk, with a manifest, and without the store. */
import type { FileOperation } from '../../src/fs/file-operation.ts'
import { MemoryFileSystem } from '../../src/fs/memory-file-system.ts'
import { encodeRecord, RecordType } from '../../src/log/record-format.ts'
import { Manifest } from '../../src/manifest/manifest.ts'
import { emptyManifestState } from '../../src/manifest/manifest-state.ts'
import { LogSet } from '../../src/store/log-set.ts'
import { logStoreId } from './log-files.ts'

export class LogBench {
  readonly fs: MemoryFileSystem
  readonly manifest: Manifest
  readonly logs: LogSet
  /** What went wrong while a log was made ready. */
  readonly prepareFailures: unknown[] = []
  /** Throws what the next operation shall fail with. */
  fail: ((operation: FileOperation) => void) | undefined
  #lastSequence = 0

  private constructor(fs: MemoryFileSystem, manifest: Manifest, nextFileNumber: () => number) {
    this.fs = fs
    this.manifest = manifest
    this.logs = new LogSet({
      fs,
      directory: '/store',
      storeId: logStoreId,
      manifest,
      nextFileNumber,
      onPrepareFailed: (error) => this.prepareFailures.push(error),
      beforeChangeSync: () => {},
      onFirstLog: () => {},
    })
  }

  static async create(): Promise<LogBench> {
    let bench: LogBench | undefined
    const fs = new MemoryFileSystem({ onOperation: (operation) => bench?.fail?.(operation) })
    await fs.makeDirectory('/store')
    let lastNumber = 0
    const nextFileNumber = (): number => ++lastNumber
    const lock = await fs.lock('/store')
    const parts = { fs, directory: '/store', storeId: logStoreId, lock, nextFileNumber }
    bench = new LogBench(fs, await Manifest.create(parts, emptyManifestState), nextFileNumber)
    return bench
  }

  /** The last sequence number that was written. */
  get lastSequence(): number {
    return this.#lastSequence
  }

  /** Writes a group of one entry to the current log. */
  write(): void {
    const log = this.logs.current ?? this.logs.createFirstSync(this.#lastSequence)
    const link = this.logs.pendingLink()
    if (link !== undefined) log.file.appendSync(link)
    this.#lastSequence++
    const header = {
      type: RecordType.group,
      fileNumber: log.number,
      firstSequence: this.#lastSequence,
      entryCount: 1,
      synced: this.logs.syncedPosition,
    }
    log.file.appendSync(encodeRecord(header, new Uint8Array(16), logStoreId))
    log.lastSequence = this.#lastSequence
  }

  /** Lets the log that is being made ready become so. */
  async prepared(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  async names(): Promise<string[]> {
    return (await this.fs.list('/store')).map(({ name }) => name).sort()
  }
}
