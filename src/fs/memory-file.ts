/** An open file of the memory file system. It keeps its content alive after the last name is gone. */
import type { FileOperation, OperationDetails } from './file-operation.ts'
import type { File, OpenMode, WriteBack } from './file-system.ts'
import type { MemoryInode } from './memory-inode.ts'
import { closedFileError, createSystemError } from './system-error.ts'

/** What an open file asks of its file system. */
export interface MemoryFileOwner {
  /** Says what is about to happen; throws what is to happen instead. */
  announce(name: FileOperation['name'], path: string, details?: OperationDetails): void
  /** Takes room for `bytes` more; returns how many of them there is room for. */
  claimRoom(bytes: number): number
  /** The file is no longer open here. */
  dropReference(inode: MemoryInode): void
  /** Some file was synced. */
  commitJournal(): void
}

export class MemoryFile implements File {
  readonly path: string
  readonly #owner: MemoryFileOwner
  readonly #inode: MemoryInode
  readonly #mode: OpenMode
  #isClosed = false
  /** Up to which failed sync of the file this handle was told. */
  #toldFailures: number

  /** The caller has counted the reference. */
  constructor(owner: MemoryFileOwner, path: string, inode: MemoryInode, mode: OpenMode) {
    this.#owner = owner
    this.path = path
    this.#inode = inode
    this.#mode = mode
    this.#toldFailures = inode.failedSyncCount
  }

  readSync(target: Uint8Array, position: number): number {
    this.#assertOpen('read')
    this.#owner.announce('read', this.path, { position, length: target.length })
    return this.#inode.read(target, position)
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    return this.readSync(target, position)
  }

  writeSync(source: Uint8Array, position: number): void {
    this.#assertOpen('write')
    try {
      this.#owner.announce('write', this.path, { position, length: source.length })
    } catch (error) {
      this.#write(source.subarray(0, bytesWrittenBefore(error)), position)
      throw error
    }
    this.#write(source, position)
  }

  #write(source: Uint8Array, position: number): void {
    if (source.length === 0) return
    if (this.#mode === 'read') throw createSystemError('EBADF', 'write', this.path)
    const missing = Math.max(0, position + source.length - this.#inode.size)
    const granted = this.#owner.claimRoom(missing)
    if (granted === missing) {
      this.#inode.write(source, position)
      return
    }
    // As on a real disk: what fits is there, then comes the error.
    const fitting = Math.max(0, this.#inode.size + granted - position)
    this.#inode.write(source.subarray(0, fitting), position)
    throw createSystemError('ENOSPC', 'write', this.path)
  }

  async write(source: Uint8Array, position: number): Promise<void> {
    this.writeSync(source, position)
  }

  syncSync(): void {
    this.#assertOpen('fdatasync')
    try {
      this.#owner.announce('sync', this.path)
    } catch (error) {
      this.#inode.failSync()
      this.#toldFailures = this.#inode.failedSyncCount
      throw error
    }
    if (this.#toldFailures < this.#inode.failedSyncCount) {
      this.#toldFailures = this.#inode.failedSyncCount
      throw createSystemError('EIO', 'fdatasync', this.path)
    }
    this.#inode.sync()
    this.#owner.commitJournal()
  }

  async sync(): Promise<void> {
    this.syncSync()
  }

  beginWriteBack(): WriteBack {
    this.#assertOpen('fdatasync')
    return 'none'
  }

  sizeSync(): number {
    this.#assertOpen('fstat')
    this.#owner.announce('size', this.path)
    return this.#inode.size
  }

  async size(): Promise<number> {
    return this.sizeSync()
  }

  closeSync(): void {
    if (this.#isClosed) return
    // Even a close that reports an error closes.
    this.#isClosed = true
    this.#owner.dropReference(this.#inode)
    this.#owner.announce('close', this.path)
  }

  async close(): Promise<void> {
    this.closeSync()
  }

  #assertOpen(syscall: string): void {
    if (this.#isClosed) throw closedFileError(syscall, this.path)
  }
}

/** How much of a failing write still reaches the file. */
function bytesWrittenBefore(error: unknown): number {
  const { bytesWritten } = error as { readonly bytesWritten?: unknown }
  return typeof bytesWritten === 'number' ? bytesWritten : 0
}
