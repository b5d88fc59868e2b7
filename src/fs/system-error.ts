/**
 * Errors in the shape in which Node reports those of the operating system, for what we notice ourselves: a
 * closed file, and everything in the memory file system.
 */

const descriptions = {
  EBADF: 'bad file descriptor',
  EEXIST: 'file already exists',
  EINVAL: 'invalid argument',
  EIO: 'i/o error',
  EISDIR: 'illegal operation on a directory',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
} as const

export type SystemErrorCode = keyof typeof descriptions

/** An error of the system, with the fields that Node gives it. */
export interface SystemError extends Error {
  readonly code: string
  /** The operation that failed, by its name in the system: `open`, `write` … */
  readonly syscall: string
  readonly path: string
}

/** Makes an error as the system would report it; `detail` replaces the system's own words. */
export function createSystemError(
  code: SystemErrorCode,
  syscall: string,
  path: string,
  detail: string = descriptions[code],
): SystemError {
  return Object.assign(new Error(`${code}: ${detail}, ${syscall} '${path}'`), { code, syscall, path })
}

/** What any use of a file after its `close()` throws. */
export function closedFileError(syscall: string, path: string): SystemError {
  return createSystemError('EBADF', syscall, path, 'the file was closed')
}
