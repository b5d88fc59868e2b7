/**
 * The one door to the disk. Everything the engine does with files goes through these interfaces, so that
 * the real file system, the one in memory and those that inject faults are interchangeable. Each operation
 * exists twice, blocking and not: the write path, the worker thread and the `*Sync` calls of the API block on
 * purpose, and so does what is done sooner than a thread of the pool answers; everything else waits without
 * blocking. Errors are the system's own, with their `code` (`ENOSPC`, `ENOENT` …); the layers above translate them.
 */

/**
 * How a file is opened: `read` an existing one, read only; `update` an existing one for reading and writing;
 * `create` a new one for reading and writing, failing with `EEXIST` when the name is taken (never follows a
 * symbolic link, mode 0600).
 */
export type OpenMode = 'read' | 'update' | 'create'

/** What came of {@link File.beginWriteBack}: it has begun, another is under way, or the file has no such thing. */
export type WriteBack = 'begun' | 'busy' | 'none'

/** An open file. All offsets are absolute; there is no file position. */
export interface File {
  readonly path: string
  /** Reads until `target` is full or the file ends; returns the bytes read. */
  readSync(target: Uint8Array, position: number): number
  read(target: Uint8Array, position: number): Promise<number>
  /** Writes all of `source` (short writes are continued) or throws; then any prefix of it may be in the file. */
  writeSync(source: Uint8Array, position: number): void
  write(source: Uint8Array, position: number): Promise<void>
  /** Returns when content and size are on stable storage. Never retried by anybody after a failure. */
  syncSync(): void
  sync(): Promise<void>
  /**
   * Begins to bring to the disk what is written so far and does not wait, so that a later sync has less to do. Proves
   * nothing: what fails is told by that sync.
   */
  beginWriteBack(): WriteBack
  sizeSync(): number
  size(): Promise<number>
  /** Safe to call twice. */
  closeSync(): void
  close(): Promise<void>
}

/** A name in a directory and what it stands for. */
export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
}

/** What holds a directory for one owner; let go exactly once, automatically when the process dies. */
export interface DirectoryLock {
  /** Throws `LockedError` when the lock is no longer ours. Called before each edit of the manifest. */
  verify(): Promise<void>
  verifySync(): void
  /** Lets go. Safe to call twice. */
  release(): Promise<void>
}

/** What can be done with files and folders by whoever has them. */
export interface Files {
  /**
   * Whether a thread of its own can open the same paths (true for a real disk): decides if flushes and
   * compactions may run in the worker.
   */
  readonly reachableFromWorkers: boolean
  open(path: string, mode: OpenMode): Promise<File>
  openSync(path: string, mode: OpenMode): File
  /** Names in a directory, in no particular order. `ENOENT` when it is missing, `ENOTDIR` for a file. */
  list(path: string): Promise<DirectoryEntry[]>
  /** Creates the directory and missing parents (mode 0700), syncing each parent; fine when it is there. */
  makeDirectory(path: string): Promise<void>
  /** Atomically gives `from` the name `to`, replacing what had it. Durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>
  renameSync(from: string, to: string): void
  /** Removes a name. `ENOENT` when there is none. */
  unlink(path: string): Promise<void>
  unlinkSync(path: string): void
  /** Makes creations, renames and removals in the directory durable (a no-op where the platform has none). */
  syncDirectory(path: string): Promise<void>
  syncDirectorySync(path: string): void
}

export interface FileSystem extends Files {
  /** Takes the directory for this process. `LockedError` names the holder. */
  lock(path: string): Promise<DirectoryLock>
}
