/**
 * Replacing a small file whole, so that a reader (or the next start after a crash) finds the old content or the
 * new, never a mixture and never nothing. The steps are those of CURRENT and CLOSED.
 */
import { CorruptionError, systemCodeOf } from '../errors.ts'
import { joinPath, temporaryFileName } from './file-names.ts'
import type { File, FileSystem } from './file-system.ts'

/**
 * Gives the file `name` in `directory` the content `bytes`. When it throws before the rename, the old content
 * stands and the temporary file is gone; when syncing the directory throws, either content may survive a crash.
 */
export async function writeFileAtomically(
  fs: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  await replaceFile(fs, directory, name, bytes)
  // The rename is a change of the directory; until it is synced a crash may bring back the old content.
  await fs.syncDirectory(directory)
}

/**
 * {@link writeFileAtomically} without the last step: until the directory is synced, either content may survive a
 * crash. When it throws, the old content stands.
 */
export async function replaceFile(
  fs: FileSystem,
  directory: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const path = joinPath(directory, name)
  const temporaryPath = joinPath(directory, temporaryFileName(name))
  // Under a name of its own, so that a crash leaves the old content reachable.
  const file = await createAfresh(fs, temporaryPath)
  try {
    try {
      await file.write(bytes, 0)
      // Before the rename: otherwise the name could become durable ahead of the content.
      await file.sync()
    } finally {
      // Windows does not rename an open file.
      await file.close()
    }
    // Atomic: at every moment the name leads to one of the two contents.
    await fs.rename(temporaryPath, path)
  } catch (error) {
    await fs.unlink(temporaryPath).catch(() => undefined)
    throw error
  }
}

/**
 * Reads a file that is known to be small, blocking: four trips through the thread pool take longer by far.
 *
 * @throws {CorruptionError} when it holds more than `limitBytes`: whatever it is, we did not write it.
 */
export async function readWholeFile(fs: FileSystem, path: string, limitBytes: number): Promise<Uint8Array> {
  const file = fs.openSync(path, 'read')
  try {
    const size = file.sizeSync()
    if (size > limitBytes) {
      throw new CorruptionError(`file holds ${size} bytes, at most ${limitBytes} expected`, path, limitBytes)
    }
    const bytes = new Uint8Array(size)
    const length = file.readSync(bytes, 0)
    return bytes.subarray(0, length)
  } finally {
    file.closeSync()
  }
}

/** Creates a file, removing the one that a crash in the middle of the same work left behind. */
async function createAfresh(fs: FileSystem, path: string): Promise<File> {
  try {
    return await fs.open(path, 'create')
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error
  }
  await fs.unlink(path)
  return fs.open(path, 'create')
}
