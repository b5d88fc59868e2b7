/**
 * The files of the real file system, over `node:fs`: all that the maintenance thread needs of it. Windows differs in
 * three places: it cannot sync a directory, has no O_NOFOLLOW, and may refuse to remove or rename a file for a moment.
 */
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemCodeOf } from '../errors.ts'
import { retryWhileBusy, retryWhileBusySync } from './busy-retry.ts'
import type { DirectoryEntry, File, Files, OpenMode } from './file-system.ts'
import { NodeFile } from './node-file.ts'
import { createSystemError } from './system-error.ts'

const isWindows = process.platform === 'win32'

// A symbolic link in place of a file of ours was put there by somebody else: not followed, in no mode.
const noFollow = isWindows ? 0 : fs.constants.O_NOFOLLOW
const openFlags: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY | noFollow,
  update: fs.constants.O_RDWR | noFollow,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL | noFollow,
}
/** So many names of a folder are read blocking, in about a millisecond: sooner than the thread pool may answer. */
const namesReadAtOnce = 1024
const fileMode = 0o600
const directoryMode = 0o700

/** Files on the disk, of the process that runs. */
export const nodeFiles: Files = {
  reachableFromWorkers: true,

  async open(path: string, mode: OpenMode): Promise<File> {
    return new NodeFile(path, await openDescriptor(path, openFlags[mode]))
  },

  openSync(path: string, mode: OpenMode): File {
    return new NodeFile(path, fs.openSync(path, openFlags[mode], fileMode))
  },

  async list(path: string): Promise<DirectoryEntry[]> {
    const directory = fs.opendirSync(path, { bufferSize: namesReadAtOnce })
    try {
      const found: DirectoryEntry[] = []
      for (;;) {
        const isBlocking = found.length < namesReadAtOnce
        const entry = isBlocking ? directory.readSync() : await directory.read()
        if (entry === null) return found
        found.push({ name: entry.name, kind: kindOf(entry) })
      }
    } finally {
      directory.closeSync()
    }
  },

  async makeDirectory(path: string): Promise<void> {
    const target = resolve(path)
    // Level by level: the recursive mkdir of Node never returns in places like /proc, where a directory can be
    // neither found nor made.
    const missing = await missingDirectories(target)
    for (const directory of missing) {
      await makeOneDirectory(directory)
      await syncDirectory(dirname(directory))
    }
    if (missing.length === 0) await syncParentOfExisting(target)
  },

  async rename(from: string, to: string): Promise<void> {
    return retryWhileBusy(() => fs.promises.rename(from, to))
  },

  renameSync(from: string, to: string): void {
    retryWhileBusySync(() => fs.renameSync(from, to))
  },

  async unlink(path: string): Promise<void> {
    return retryWhileBusy(() => fs.promises.unlink(path))
  },

  unlinkSync(path: string): void {
    retryWhileBusySync(() => fs.unlinkSync(path))
  },

  syncDirectory,

  syncDirectorySync(path: string): void {
    if (isWindows) return
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
    try {
      fs.fsyncSync(descriptor)
    } catch (error) {
      if (!isDirectorySyncMissing(error)) throw error
    } finally {
      fs.closeSync(descriptor)
    }
  },
}

async function syncDirectory(path: string): Promise<void> {
  if (isWindows) return
  const directory = await fs.promises.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
  try {
    await directory.sync()
  } catch (error) {
    if (!isDirectorySyncMissing(error)) throw error
  } finally {
    await directory.close()
  }
}

/**
 * Some file systems (over the network, in user space) have no such operation and say so; PostgreSQL lets that
 * pass as well (`fsync_fname`). A sync that was tried and failed says something else.
 */
function isDirectorySyncMissing(error: unknown): boolean {
  const code = systemCodeOf(error)
  return code === 'EINVAL' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS'
}

/** The directory and its parents as far as they are missing, outermost first. */
async function missingDirectories(target: string): Promise<string[]> {
  const missing: string[] = []
  for (let directory = target; !(await isDirectory(directory)); directory = dirname(directory)) {
    missing.unshift(directory)
    if (directory === dirname(directory)) break
  }
  return missing
}

/** `false` when nothing has the name. Throws `EEXIST` when something else than a directory has it. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await fs.promises.stat(path)).isDirectory()) return true
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false
    throw error
  }
  throw createSystemError('EEXIST', 'mkdir', path)
}

/** Fine when somebody else has made it meanwhile. */
async function makeOneDirectory(path: string): Promise<void> {
  try {
    await fs.promises.mkdir(path, { mode: directoryMode })
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST' || !(await isDirectory(path))) throw error
  }
}

/**
 * A directory that is there may be the work of a process that died before it synced the parent; everything in
 * it would go with the parent's entry. Where we may not look at the parent, somebody else made the directory.
 */
async function syncParentOfExisting(path: string): Promise<void> {
  try {
    await syncDirectory(dirname(path))
  } catch (error) {
    const code = systemCodeOf(error)
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error
  }
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, fileMode, (error, descriptor) => {
      if (error === null) resolve(descriptor)
      else reject(error)
    })
  })
}

function kindOf(entry: fs.Dirent): DirectoryEntry['kind'] {
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'directory' : 'other'
}
