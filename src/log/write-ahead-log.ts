/**
 * One log: commit groups in the order of their sequence numbers, appended until the MemTables they fill are
 * sealed. Read only when a store opens. The first record of a log that continues another links to it, so that
 * recovery knows their order and notices a hole between them.
 */
import { joinPath, logFileName } from '../fs/file-names.ts'
import type { File, FileSystem } from '../fs/file-system.ts'
import { AppendFile } from './append-file.ts'
import { encodeFileHeader, fileHeaderSizeBytes, type StoreId } from './file-header.ts'
import {
  encodeLink,
  encodeRecord,
  type LogLink,
  linkPayloadSizeBytes,
  RecordType,
  type SyncedPosition,
} from './record-format.ts'

export class WriteAheadLog {
  readonly number: number
  readonly path: string
  readonly file: AppendFile
  readonly #fs: FileSystem
  readonly #storeId: StoreId
  /** Bytes known to be on stable storage. */
  syncedLength: number = fileHeaderSizeBytes
  /** Its length right after a sync mark was appended, 0 when there is none. */
  markedLength: number = 0
  /** The last sequence number in it, or, while it is empty, the last one before it. */
  lastSequence: number = 0

  private constructor(fs: FileSystem, number: number, path: string, file: AppendFile, storeId: StoreId) {
    this.#fs = fs
    this.number = number
    this.path = path
    this.file = file
    this.#storeId = storeId
  }

  /** Creates the file with its header and makes both durable; nothing in it counts until a manifest names it. */
  static async create(
    fs: FileSystem,
    directory: string,
    number: number,
    storeId: StoreId,
  ): Promise<WriteAheadLog> {
    const path = joinPath(directory, logFileName(number))
    const file = await fs.open(path, 'create')
    try {
      await file.write(encodeFileHeader({ kind: 'log', number, storeId }), 0)
      await file.sync()
      await fs.syncDirectory(directory)
      const blocking = await fs.open(path, 'update')
      const appended = new AppendFile(file, fileHeaderSizeBytes, blocking)
      return new WriteAheadLog(fs, number, path, appended, storeId)
    } catch (error) {
      await discard(fs, file)
      throw error
    }
  }

  /** {@link create}, blocking. */
  static createSync(fs: FileSystem, directory: string, number: number, storeId: StoreId): WriteAheadLog {
    const path = joinPath(directory, logFileName(number))
    const file = fs.openSync(path, 'create')
    try {
      file.writeSync(encodeFileHeader({ kind: 'log', number, storeId }), 0)
      file.syncSync()
      fs.syncDirectorySync(directory)
      const appended = new AppendFile(file, fileHeaderSizeBytes, fs.openSync(path, 'update'))
      return new WriteAheadLog(fs, number, path, appended, storeId)
    } catch (error) {
      void discard(fs, file)
      throw error
    }
  }

  /** Whether it holds nothing but its header. */
  get isEmpty(): boolean {
    return this.file.position === fileHeaderSizeBytes
  }

  /** The first record, or nothing: what this log continues. */
  encodeLink(link: LogLink, synced: SyncedPosition): Uint8Array {
    const payload = new Uint8Array(linkPayloadSizeBytes)
    encodeLink(link, payload, 0)
    const firstSequence = link.lastSequence + 1
    return encodeRecord(
      { type: RecordType.link, fileNumber: this.number, firstSequence, entryCount: 0, synced },
      payload,
      this.#storeId,
    )
  }

  /** A record that says nothing but how far the disk holds everything. */
  encodeSyncMark(synced: SyncedPosition): Uint8Array {
    const header = {
      type: RecordType.syncMark,
      fileNumber: this.number,
      firstSequence: this.lastSequence + 1,
      entryCount: 0,
      synced,
    }
    return encodeRecord(header, new Uint8Array(0), this.#storeId)
  }

  /** Removes a log that no manifest came to name. What is left when that fails does no harm. */
  async discard(): Promise<void> {
    await discard(this.#fs, this.file)
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

/** Lets go of a file that did not become a log; what stays of it is an empty log that opening ignores. */
async function discard(fs: FileSystem, file: File | AppendFile): Promise<void> {
  try {
    await file.close()
    await fs.unlink(file.path)
  } catch {
    // Nothing was acknowledged in it, so it does no harm.
  }
}
