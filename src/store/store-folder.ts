/** The folder of a store before it is opened: whether it is one, what is in it, and what is refused. */
import { CorruptionError, InvalidArgumentError, StorageError, StoreError, systemCodeOf } from '../errors.ts'
import { parseFileName } from '../fs/file-names.ts'
import type { DirectoryEntry, FileSystem } from '../fs/file-system.ts'
import type { Settings } from './settings.ts'

/** Makes the folder when that is wanted; refuses what is no place for a store. */
export async function prepareFolder(fs: FileSystem, path: string, settings: Settings): Promise<void> {
  try {
    const names = (await fs.list(path)).map(({ name }) => name)
    refuseForeignFolder(path, names)
    if (!settings.createIfMissing && !names.includes('CURRENT') && !names.some(isStoreFile))
      throw missingStore(path)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'ENOTDIR')
      throw new InvalidArgumentError(`${path} is a file; a store is a folder`, { cause: error })
    if (code !== 'ENOENT') throw asOpenError(error, path)
    if (!settings.createIfMissing) throw missingStore(path)
    await fs.makeDirectory(path).catch((cause: unknown) => {
      throw asOpenError(cause, path)
    })
  }
}

export function missingStore(path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `the store ${path} does not exist; open it with createIfMissing to make one`,
  )
}

/** A folder with files of others in it and none of ours is most likely the wrong one. */
export function refuseForeignFolder(path: string, names: readonly string[]): void {
  if (names.some((name) => parseFileName(name) !== undefined && !isLockFile(name))) return
  const foreign = names.find((name) => !isLockFile(name) && !name.startsWith('.') && name !== 'lost+found')
  if (foreign === undefined) return
  throw new InvalidArgumentError(
    `${path} is no store and not empty (it has "${foreign}"); choose a folder of its own`,
  )
}

function isLockFile(name: string): boolean {
  return parseFileName(name)?.kind === 'lock'
}

/** Whether a file holds data, or proves that some was there. */
export function isStoreFile(name: string): boolean {
  const kind = parseFileName(name)?.kind
  return kind === 'log' || kind === 'segment' || kind === 'closed'
}

/** What opening reports when the system refused something. */
export function asOpenError(error: unknown, path: string): StoreError {
  if (error instanceof CorruptionError && !error.message.includes('backup')) {
    error.message +=
      '; restore the store from a backup, or save what is whole of it with repair() or `varve repair`'
  }
  if (error instanceof StoreError) return error
  const code = systemCodeOf(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const reason = code === 'EROFS' ? 'the file system is read-only' : 'permission is denied'
    return new StorageError(`cannot open the store ${path}: ${reason} (${code})`, { cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new StorageError(`cannot open the store ${path}: ${message}`, { cause: error })
}

/** The names in a store's folder, sorted out. */
export interface FolderContent {
  readonly names: ReadonlySet<string>
  readonly logs: readonly number[]
  readonly segments: readonly number[]
  readonly manifests: readonly number[]
  readonly highestNumber: number
}

export function contentOf(entries: readonly DirectoryEntry[]): FolderContent {
  const logs: number[] = []
  const segments: number[] = []
  const manifests: number[] = []
  for (const { name } of entries) {
    const parsed = parseFileName(name)
    if (parsed?.kind === 'log') logs.push(parsed.number)
    else if (parsed?.kind === 'segment') segments.push(parsed.number)
    else if (parsed?.kind === 'manifest') manifests.push(parsed.number)
  }
  logs.sort((a, b) => a - b)
  return {
    names: new Set(entries.map(({ name }) => name)),
    logs,
    segments,
    manifests,
    highestNumber: Math.max(0, ...logs, ...segments, ...manifests),
  }
}
