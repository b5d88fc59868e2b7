/** The manifest that replaces one: made whole beside it, and in force once CURRENT names it. */
import { systemCodeOf } from '../errors.ts'
import { joinPath, manifestFileName } from '../fs/file-names.ts'
import type { DirectoryLock, FileSystem } from '../fs/file-system.ts'
import { AppendFile } from '../log/append-file.ts'
import type { StoreId } from '../log/file-header.ts'
import { readCurrent, writeCurrent } from './current-file.ts'
import { encodeManifestStart } from './manifest-records.ts'
import type { ManifestState } from './manifest-state.ts'

export interface ManifestParts {
  readonly fs: FileSystem
  readonly directory: string
  readonly storeId: StoreId
  readonly lock: DirectoryLock
  /** Gives out file numbers, each once. */
  readonly nextFileNumber: () => number
}

/** A manifest under construction. */
export interface Successor {
  readonly number: number
  readonly file: AppendFile
  readonly headLength: number
  readonly headWritten: Promise<void>
  /** Bytes known to be on stable storage. */
  syncedLength: number
}

const noOp = (): void => {}

/** Creates the next manifest's file and starts to write its head. */
export function startSuccessor(parts: ManifestParts, state: ManifestState): Successor {
  const number = parts.nextFileNumber()
  const file = createFile(parts.fs, joinPath(parts.directory, manifestFileName(number)))
  const head = encodeManifestStart(number, { ...state, nextFileNumber: number + 1 }, parts.storeId)
  const headWritten = file.append(head)
  headWritten.catch(noOp)
  return { number, file, headLength: head.length, headWritten, syncedLength: 0 }
}

function createFile(fs: FileSystem, path: string): AppendFile {
  const file = fs.openSync(path, 'create')
  try {
    return new AppendFile(file, 0, fs.openSync(path, 'update'))
  } catch (error) {
    file.closeSync()
    void fs.unlink(path).catch(noOp)
    throw error
  }
}

/** Makes the manifest durable, then its name, and only then lets CURRENT name it. */
export async function finishSuccessor(parts: ManifestParts, successor: Successor): Promise<void> {
  await successor.headWritten
  await successor.file.sync()
  await parts.fs.syncDirectory(parts.directory)
  await writeCurrent(parts.fs, parts.directory, {
    storeId: parts.storeId,
    manifestNumber: successor.number,
    manifestSyncedLength: successor.headLength,
  })
}

/**
 * Lets go of a manifest that could not be finished, and removes it, unless CURRENT may name it by now.
 *
 * @returns whether the manifest of before is surely in force; else nobody knows which one a crash would leave.
 */
export async function giveUpSuccessor(parts: ManifestParts, { file, number }: Successor): Promise<boolean> {
  await file.close().catch(noOp)
  if (!(await isSurelyNotCurrent(parts, number))) return false
  await parts.fs.unlink(file.path).catch(noOp)
  return true
}

async function isSurelyNotCurrent({ fs, directory }: ManifestParts, number: number): Promise<boolean> {
  try {
    const current = await readCurrent(fs, directory)
    return current.manifestNumber !== number
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT'
  }
}
