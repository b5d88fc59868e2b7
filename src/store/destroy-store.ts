/**
 * Removes a store for good. Under its lock, so nobody has it open; only names that Varve gives to its files, so
 * nothing of others goes with it. The data go before CURRENT: until the last file is gone, a store that is opened
 * in between says that something is missing, and does not pass for an empty one.
 */
import { InvalidArgumentError, systemCodeOf } from '../errors.ts'
import { currentFileName, joinPath, parseFileName } from '../fs/file-names.ts'
import type { FileSystem } from '../fs/file-system.ts'
import { refuseForeignFolder } from './store-folder.ts'
import { asStoreError } from './store-health.ts'

/** See `LogStructuredStore.destroy`. */
export async function destroyStore(fs: FileSystem, path: string): Promise<void> {
  try {
    const names = await namesIn(fs, path)
    refuseForeignFolder(path, names)
    if (!names.some(isOfStore)) return
    const lock = await fs.lock(path)
    try {
      await removeFiles(fs, path)
    } finally {
      await lock.release()
    }
  } catch (error) {
    throw asStoreError(error, `the store ${path} could not be removed`)
  }
}

/** None where there is no folder. */
async function namesIn(fs: FileSystem, path: string): Promise<string[]> {
  try {
    return (await fs.list(path)).map(({ name }) => name)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOENT') return []
    if (code !== 'ENOTDIR') throw error
    throw new InvalidArgumentError(`${path} is a file; a store is a folder`, { cause: error })
  }
}

async function removeFiles(fs: FileSystem, path: string): Promise<void> {
  const names = (await namesIn(fs, path)).filter(isOfStore)
  for (const name of names) if (name !== currentFileName) await fs.unlink(joinPath(path, name))
  if (names.includes(currentFileName)) await fs.unlink(joinPath(path, currentFileName))
  await fs.syncDirectory(path)
}

/** Whether a name is a file of a store; who has the lock sees to the names of locks. */
function isOfStore(name: string): boolean {
  const kind = parseFileName(name)?.kind
  return kind !== undefined && kind !== 'lock'
}
