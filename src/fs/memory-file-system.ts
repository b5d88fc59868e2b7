/**
 * A file system in memory that behaves like a real one, down to its error codes, and that can die like one:
 * `killed()` is what the next process finds after this one was killed, `crashed()` what the disk may hold after
 * the power failed. Tests take such copies at any operation, through `onOperation`, and open them.
 *
 * Every operation takes effect during the call, the asynchronous ones too; only their answer waits for the next
 * microtask. So the order of calls is the order of effects, and one seed is one run.
 */
import type { FileOperation, OperationDetails } from './file-operation.ts'
import type { DirectoryEntry, DirectoryLock, File, FileSystem, OpenMode } from './file-system.ts'
import { MemoryDirectory } from './memory-directory.ts'
import { MemoryFile, type MemoryFileOwner } from './memory-file.ts'
import { MemoryInode } from './memory-inode.ts'
import { MemoryLock } from './memory-lock.ts'
import { type CrashOptions, isBelow, MemoryTree, partsOf } from './memory-tree.ts'
import { createSystemError } from './system-error.ts'

export interface MemoryFileSystemOptions {
  /**
   * Called before each operation. What it throws is what the operation throws, having done nothing; after a
   * `sync` that failed so, nothing unsynced in that file can ever become durable. Of a `write` that fails with an
   * error whose `bytesWritten` is a number, so many bytes are written nevertheless. May take copies.
   */
  readonly onOperation?: (operation: FileOperation) => void
  /** How many bytes all files together may hold; a write past it writes what fits and fails with `ENOSPC`. */
  readonly capacityBytes?: number
}

export class MemoryFileSystem implements FileSystem {
  readonly reachableFromWorkers = false
  /** May be changed at any time; below {@link usedBytes} nothing can grow. */
  capacityBytes: number
  readonly #onOperation: ((operation: FileOperation) => void) | undefined
  #tree = new MemoryTree()
  #usedBytes = 0
  #operationCount = 0
  readonly #locks = new Map<string, MemoryLock>()
  readonly #owner: MemoryFileOwner = {
    announce: (name, path, details) => this.#announce(name, path, details),
    claimRoom: (bytes) => this.#claimRoom(bytes),
    dropReference: (inode) => this.#dropReference(inode),
    commitJournal: () => this.#tree.names.commitJournal(),
  }

  constructor(options: MemoryFileSystemOptions = {}) {
    this.#onOperation = options.onOperation
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
  }

  /** What all files hold together, those included that have no name any more but are open. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /**
   * What the next process finds if this one is killed now: everything written is there, and what was not synced
   * can still be lost by a crash. Independent of this file system; without its locks, and with a hook and a
   * capacity of its own.
   */
  killed(options?: MemoryFileSystemOptions): MemoryFileSystem {
    return MemoryFileSystem.#of(this.#tree.killed(), options)
  }

  /**
   * What the disk may hold if the power fails now: everything synced, and of the rest what the seed chooses.
   * Independent of this file system; without its locks, and with a hook and a capacity of its own.
   */
  crashed(crash: CrashOptions, options?: MemoryFileSystemOptions): MemoryFileSystem {
    return MemoryFileSystem.#of(this.#tree.crashed(crash), options)
  }

  static #of(tree: MemoryTree, options?: MemoryFileSystemOptions): MemoryFileSystem {
    const fs = new MemoryFileSystem(options)
    fs.#tree = tree
    fs.#usedBytes = tree.sizeBytes()
    return fs
  }

  openSync(path: string, mode: OpenMode): File {
    this.#announce('open', path, { mode })
    const place = this.#tree.placeOf(path, 'open')
    let node = this.#tree.nodeAt(place)
    if (mode === 'create') {
      if (node !== undefined) throw createSystemError('EEXIST', 'open', path)
      node = new MemoryInode()
      node.referenceCount++
      this.#tree.names.apply({ ...place, after: node })
    }
    if (node === undefined) throw createSystemError('ENOENT', 'open', path)
    if (node instanceof MemoryDirectory) throw createSystemError('EISDIR', 'open', path)
    node.referenceCount++
    return new MemoryFile(this.#owner, path, node, mode)
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    return this.openSync(path, mode)
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    this.#announce('list', path)
    const directory = this.#tree.directoryAt(path, 'scandir')
    return [...directory.entries].map(([name, node]) => ({
      name,
      kind: node instanceof MemoryDirectory ? 'directory' : 'file',
    }))
  }

  async makeDirectory(path: string): Promise<void> {
    this.#announce('makeDirectory', path)
    let directory = this.#tree.root
    const parts = partsOf(path)
    for (const [index, part] of parts.entries()) {
      let node = directory.entries.get(part)
      if (node === undefined) {
        node = new MemoryDirectory()
        this.#tree.names.apply({ directory, name: part, after: node })
      } else if (node instanceof MemoryInode) {
        throw createSystemError(index === parts.length - 1 ? 'EEXIST' : 'ENOTDIR', 'mkdir', path)
      }
      this.#tree.names.syncDirectory(directory)
      directory = node
    }
  }

  renameSync(from: string, to: string): void {
    this.#announce('rename', from, { to })
    const source = this.#tree.placeOf(from, 'rename')
    const target = this.#tree.placeOf(to, 'rename')
    const node = this.#tree.nodeAt(source)
    const replaced = this.#tree.nodeAt(target)
    if (node === undefined) throw createSystemError('ENOENT', 'rename', from)
    if (isBelow(to, from)) throw createSystemError('EINVAL', 'rename', to)
    if (isBelow(from, to)) throw createSystemError('ENOTEMPTY', 'rename', to)
    if (node === replaced) return
    if (node instanceof MemoryDirectory) {
      if (replaced instanceof MemoryInode) throw createSystemError('ENOTDIR', 'rename', to)
      if (replaced !== undefined && replaced.entries.size > 0) {
        throw createSystemError('ENOTEMPTY', 'rename', to)
      }
    } else if (replaced instanceof MemoryDirectory) {
      throw createSystemError('EISDIR', 'rename', to)
    }
    this.#tree.names.apply({ ...target, after: node }, { ...source, after: undefined })
    if (replaced instanceof MemoryInode) this.#dropReference(replaced)
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameSync(from, to)
  }

  unlinkSync(path: string): void {
    this.#announce('unlink', path)
    const place = this.#tree.placeOf(path, 'unlink')
    const node = this.#tree.nodeAt(place)
    if (node === undefined) throw createSystemError('ENOENT', 'unlink', path)
    if (node instanceof MemoryDirectory) throw createSystemError('EISDIR', 'unlink', path)
    this.#tree.names.apply({ ...place, after: undefined })
    this.#dropReference(node)
  }

  async unlink(path: string): Promise<void> {
    this.unlinkSync(path)
  }

  syncDirectorySync(path: string): void {
    this.#announce('syncDirectory', path)
    this.#tree.names.syncDirectory(this.#tree.directoryAt(path, 'open'))
  }

  async syncDirectory(path: string): Promise<void> {
    this.syncDirectorySync(path)
  }

  async lock(path: string): Promise<DirectoryLock> {
    this.#announce('lock', path)
    this.#tree.directoryAt(path, 'open')
    return new MemoryLock(path, partsOf(path).join('/'), this.#locks)
  }

  #announce(name: FileOperation['name'], path: string, details?: OperationDetails): void {
    this.#operationCount++
    this.#onOperation?.({ name, path, sequence: this.#operationCount, ...details })
  }

  #claimRoom(bytes: number): number {
    const granted = Math.max(0, Math.min(bytes, this.capacityBytes - this.#usedBytes))
    this.#usedBytes += granted
    return granted
  }

  /** A name or an open file less; the last one gives the room back. */
  #dropReference(inode: MemoryInode): void {
    inode.referenceCount--
    if (inode.referenceCount === 0) this.#usedBytes -= inode.size
  }
}
