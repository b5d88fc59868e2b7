/**
 * A file system in memory that behaves like a real one, down to its error codes, and that can die like one:
 * `killed()` is what the next process finds after this one was killed, `crashed()` what the disk may hold after
 * the power failed. Tests take such copies at any operation, through `onOperation`, and open them.
 *
 * Every operation takes effect during the call, the asynchronous ones too; only their answer waits for the next
 * microtask. So the order of calls is the order of effects, and one seed is one run.
 */
import { LockedError } from '../errors.ts'
import { type CrashProfile, crashImage } from './crash-image.ts'
import type { FileOperation, OperationDetails } from './file-operation.ts'
import type { DirectoryEntry, DirectoryLock, File, FileSystem, OpenMode } from './file-system.ts'
import { MemoryDirectory, type MemoryNode, NameHistory } from './memory-directory.ts'
import { MemoryFile, type MemoryFileOwner } from './memory-file.ts'
import { MemoryInode } from './memory-inode.ts'
import { SeededRandom } from './seeded-random.ts'
import { createSystemError } from './system-error.ts'

export interface MemoryFileSystemOptions {
  /**
   * Called before each operation. What it throws is what the operation throws, having done nothing; after a
   * `sync` that failed so, nothing unsynced in that file can ever become durable. May take copies.
   */
  readonly onOperation?: (operation: FileOperation) => void
  /** How many bytes all files together may hold; a write past it writes what fits and fails with `ENOSPC`. */
  readonly capacityBytes?: number
}

export interface CrashOptions {
  /** The same seed gives the same disk. */
  readonly seed: number
  readonly profile: CrashProfile
}

export class MemoryFileSystem implements FileSystem {
  readonly reachableFromWorkers = false
  /** May be changed at any time; below {@link usedBytes} nothing can grow. */
  capacityBytes: number
  readonly #onOperation: ((operation: FileOperation) => void) | undefined
  #root = new MemoryDirectory()
  #names = new NameHistory()
  #usedBytes = 0
  #operationCount = 0
  readonly #locks = new Map<string, MemoryDirectoryLock>()
  readonly #owner: MemoryFileOwner = {
    announce: (name, path, details) => this.#announce(name, path, details),
    claimRoom: (bytes) => this.#claimRoom(bytes),
    dropReference: (inode) => this.#dropReference(inode),
    commitJournal: () => this.#names.commitJournal(),
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
   * can still be lost by a crash. Independent of this file system; without its hook, capacity and locks.
   */
  killed(): MemoryFileSystem {
    const copy = new MemoryFileSystem()
    const copies = new Map<MemoryNode, MemoryNode>()
    const copyOf = (node: MemoryNode): MemoryNode => {
      const known = copies.get(node)
      if (known !== undefined) return known
      if (node instanceof MemoryInode) {
        const inode = node.copy()
        copies.set(node, inode)
        return inode
      }
      const directory = new MemoryDirectory()
      copies.set(node, directory)
      for (const [name, child] of node.entries) directory.entries.set(name, copyOf(child))
      return directory
    }
    copy.#root = copyOf(this.#root) as MemoryDirectory
    copy.#names = this.#names.copy(copyOf)
    copy.#countReferences(copy.#root)
    return copy
  }

  /**
   * What the disk may hold if the power fails now: everything synced, and of the rest what the seed chooses.
   * Independent of this file system; without its hook, capacity and locks.
   */
  crashed(options: CrashOptions): MemoryFileSystem {
    const { profile } = options
    const random = new SeededRandom(options.seed)
    const listings = this.#names.afterCrash(random, profile)
    const copies = new Map<MemoryNode, MemoryNode>()
    const imageOf = (node: MemoryNode): MemoryNode => {
      const known = copies.get(node)
      if (known !== undefined) return known
      if (node instanceof MemoryInode) {
        const inode = node.isSynced
          ? node.copy()
          : new MemoryInode(crashImage(node.history(), random, profile))
        copies.set(node, inode)
        return inode
      }
      const directory = new MemoryDirectory()
      copies.set(node, directory)
      for (const [name, child] of listings.get(node) ?? node.entries) {
        directory.entries.set(name, imageOf(child))
      }
      return directory
    }
    const copy = new MemoryFileSystem()
    copy.#root = imageOf(this.#root) as MemoryDirectory
    copy.#countReferences(copy.#root)
    return copy
  }

  openSync(path: string, mode: OpenMode): File {
    this.#announce('open', path, { mode })
    const { directory, name } = this.#parentOf(path, 'open')
    let node = name === '' ? directory : directory.entries.get(name)
    if (mode === 'create') {
      if (node !== undefined) throw createSystemError('EEXIST', 'open', path)
      node = new MemoryInode()
      node.referenceCount++
      this.#names.apply({ directory, name, after: node })
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
    const directory = this.#directoryAt(path, 'scandir')
    return [...directory.entries].map(([name, node]) => ({
      name,
      kind: node instanceof MemoryDirectory ? 'directory' : 'file',
    }))
  }

  async makeDirectory(path: string): Promise<void> {
    this.#announce('makeDirectory', path)
    let directory = this.#root
    const parts = partsOf(path)
    for (const [index, part] of parts.entries()) {
      let node = directory.entries.get(part)
      if (node === undefined) {
        node = new MemoryDirectory()
        this.#names.apply({ directory, name: part, after: node })
      } else if (node instanceof MemoryInode) {
        throw createSystemError(index === parts.length - 1 ? 'EEXIST' : 'ENOTDIR', 'mkdir', path)
      }
      this.#names.syncDirectory(directory)
      directory = node
    }
  }

  renameSync(from: string, to: string): void {
    this.#announce('rename', from, { to })
    const source = this.#parentOf(from, 'rename')
    const target = this.#parentOf(to, 'rename')
    const node = source.directory.entries.get(source.name)
    const replaced = target.directory.entries.get(target.name)
    if (node === undefined) throw createSystemError('ENOENT', 'rename', from)
    if (node === replaced) return
    if (node instanceof MemoryDirectory) {
      if (replaced instanceof MemoryInode) throw createSystemError('ENOTDIR', 'rename', to)
      if (replaced !== undefined && replaced.entries.size > 0)
        throw createSystemError('ENOTEMPTY', 'rename', to)
      if (`${partsOf(to).join('/')}/`.startsWith(`${partsOf(from).join('/')}/`)) {
        throw createSystemError('EINVAL', 'rename', to)
      }
    } else if (replaced instanceof MemoryDirectory) {
      throw createSystemError('EISDIR', 'rename', to)
    }
    this.#names.apply({ ...target, after: node }, { ...source, after: undefined })
    if (replaced instanceof MemoryInode) this.#dropReference(replaced)
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameSync(from, to)
  }

  unlinkSync(path: string): void {
    this.#announce('unlink', path)
    const { directory, name } = this.#parentOf(path, 'unlink')
    const node = name === '' ? directory : directory.entries.get(name)
    if (node === undefined) throw createSystemError('ENOENT', 'unlink', path)
    if (node instanceof MemoryDirectory) throw createSystemError('EISDIR', 'unlink', path)
    this.#names.apply({ directory, name, after: undefined })
    this.#dropReference(node)
  }

  async unlink(path: string): Promise<void> {
    this.unlinkSync(path)
  }

  syncDirectorySync(path: string): void {
    this.#announce('syncDirectory', path)
    this.#names.syncDirectory(this.#directoryAt(path, 'open'))
  }

  async syncDirectory(path: string): Promise<void> {
    this.syncDirectorySync(path)
  }

  async lock(path: string): Promise<DirectoryLock> {
    this.#announce('lock', path)
    this.#directoryAt(path, 'open')
    const key = partsOf(path).join('/')
    if (this.#locks.has(key)) throw lockedInMemory(path)
    const lock = new MemoryDirectoryLock(path, key, this.#locks)
    this.#locks.set(key, lock)
    return lock
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

  #directoryAt(path: string, syscall: string): MemoryDirectory {
    let directory = this.#root
    for (const part of partsOf(path)) {
      const node = directory.entries.get(part)
      if (node === undefined) throw createSystemError('ENOENT', syscall, path)
      if (node instanceof MemoryInode) throw createSystemError('ENOTDIR', syscall, path)
      directory = node
    }
    return directory
  }

  /** The directory that holds the last name of `path`, and that name; an empty one for the root itself. */
  #parentOf(path: string, syscall: string): { directory: MemoryDirectory; name: string } {
    const parts = partsOf(path)
    const name = parts.pop() ?? ''
    return { directory: this.#directoryAt(parts.join('/'), syscall), name }
  }

  #countReferences(directory: MemoryDirectory): void {
    for (const node of directory.entries.values()) {
      if (node instanceof MemoryDirectory) {
        this.#countReferences(node)
      } else {
        if (node.referenceCount === 0) this.#usedBytes += node.size
        node.referenceCount++
      }
    }
  }
}

/** One owner per path and file system object. */
class MemoryDirectoryLock implements DirectoryLock {
  readonly #path: string
  readonly #key: string
  readonly #locks: Map<string, MemoryDirectoryLock>

  constructor(path: string, key: string, locks: Map<string, MemoryDirectoryLock>) {
    this.#path = path
    this.#key = key
    this.#locks = locks
  }

  verifySync(): void {
    if (this.#locks.get(this.#key) !== this) throw lockedInMemory(this.#path)
  }

  async verify(): Promise<void> {
    this.verifySync()
  }

  async release(): Promise<void> {
    if (this.#locks.get(this.#key) === this) this.#locks.delete(this.#key)
  }
}

function lockedInMemory(path: string): LockedError {
  return new LockedError(`'${path}' (in memory) is open in this process already: close it first`, {
    pid: process.pid,
  })
}

/** The names on the way to `path`, from the root; there is no current directory, so all paths start there. */
function partsOf(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}
