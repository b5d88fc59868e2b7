/** The real file system, whole: files, and the lock, which needs sockets and more. */
import { lockDirectory } from './directory-lock.ts'
import type { FileSystem } from './file-system.ts'
import { nodeFiles } from './node-files.ts'

/** Files on the disk, of the process that runs. */
export const nodeFileSystem: FileSystem = { ...nodeFiles, lock: (path) => lockDirectory(path) }
