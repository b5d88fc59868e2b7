/** The new store of a repair while it is written: entries in the order of their keys, in batches. */
import type { EntryView } from '../entry/entry.ts'
import { joinPath } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import type { BatchOperation } from '../store/key-value-store.ts'
import { LogStructuredStore, type OptionsWithoutEncodings } from '../store/log-structured-store.ts'

const batchSizeBytesMax = 1024 * 1024
const batchLengthMax = 1000

type BytesStore = LogStructuredStore<Uint8Array, Uint8Array>

export class TargetWriter {
  readonly #store: BytesStore
  readonly #fs: FileSystem
  readonly #path: string
  #batch: BatchOperation<Uint8Array, Uint8Array>[] = []
  #batchSizeBytes = 0
  entryCount = 0
  byteCount = 0
  doubtfulCount = 0

  private constructor(store: BytesStore, fs: FileSystem, path: string) {
    this.#store = store
    this.#fs = fs
    this.#path = path
  }

  /** Makes the store in the folder `path`, which has none. */
  static async open(path: string, fs: FileSystem, options: OptionsWithoutEncodings): Promise<TargetWriter> {
    const store = await LogStructuredStore.open<'bytes', 'bytes'>(path, {
      ...options,
      keyEncoding: 'bytes',
      valueEncoding: 'bytes',
      errorIfExists: true,
    })
    return new TargetWriter(store, fs, path)
  }

  /** The entry's bytes must stay as they are until the batch is written. */
  async add(entry: EntryView, isDoubtful: boolean): Promise<void> {
    const { keyBytes, keyStart, keyLength, valueBytes, valueStart, valueLength } = entry
    this.#batch.push({
      type: 'put',
      key: keyBytes.subarray(keyStart, keyStart + keyLength),
      value: valueBytes.subarray(valueStart, valueStart + valueLength),
    })
    this.#batchSizeBytes += keyLength + valueLength
    this.entryCount += 1
    this.byteCount += keyLength + valueLength
    if (isDoubtful) this.doubtfulCount += 1
    if (this.#batchSizeBytes >= batchSizeBytesMax || this.#batch.length >= batchLengthMax)
      await this.#writeBatch()
  }

  /** Writes what is left and closes the store, so that all of it is on stable storage. */
  async finish(): Promise<void> {
    await this.#writeBatch()
    await this.#store.close()
  }

  /** Closes the store and removes its files: half a store must not look like a whole one. */
  async discard(): Promise<void> {
    await this.#store.close().catch(() => undefined)
    for (const { name } of await this.#fs.list(this.#path).catch(() => []))
      await this.#fs.unlink(joinPath(this.#path, name)).catch(() => undefined)
  }

  async #writeBatch(): Promise<void> {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#batchSizeBytes = 0
    await this.#store.batch(batch)
  }
}
