/**
 * The errors that callers meet, few in number and sorted by what the caller should do next. Each has a stable
 * `code`; messages are for people and may improve: what failed, on what, what was expected and found, what to
 * do. The system's own error stays reachable as `cause`.
 */

/** Base of every error that the store reports on purpose. */
export abstract class StoreError extends Error {
  /** Stable across releases; compare with this, not with the message. */
  abstract readonly code: string
}

/** The call was wrong: fix the call. Nothing was written. */
export class InvalidArgumentError extends StoreError {
  override readonly name: string = 'InvalidArgumentError'
  readonly code = 'STORE_INVALID_ARGUMENT'
}

/** The store, snapshot or iterator was closed before the call, or while it waited: open it again. */
export class ClosedError extends StoreError {
  override readonly name: string = 'ClosedError'
  readonly code = 'STORE_CLOSED'
}

/** Who holds the lock of a store, as far as it could be found out. */
export interface LockHolder {
  readonly pid?: number
  readonly host?: string
  /** The command line of the holder. */
  readonly command?: string
  /** When the holder opened the store, ISO 8601. */
  readonly since?: string
}

/** Another process (or another handle in this one) has the store open: find it, or close it. */
export class LockedError extends StoreError {
  override readonly name: string = 'LockedError'
  readonly code = 'STORE_LOCKED'
  readonly holder: LockHolder

  constructor(message: string, holder: LockHolder, options?: ErrorOptions) {
    super(message, options)
    this.holder = holder
  }
}

/** Bytes on disk are not what was written: run `check`, restore from a backup. Wrong data is never served. */
export class CorruptionError extends StoreError {
  override readonly name: string = 'CorruptionError'
  readonly code = 'STORE_CORRUPTION'
  /** The damaged file. */
  readonly path: string
  /** Where the damage was noticed, in bytes from the start of the file. */
  readonly offset: number

  constructor(message: string, path: string, offset: number, options?: ErrorOptions) {
    super(`${message} (${path}, offset ${offset})`, options)
    this.path = path
    this.offset = offset
  }
}

/** The folder or file has a format that this release does not know: upgrade Varve, or check the path. */
export class UnsupportedFormatError extends StoreError {
  override readonly name: string = 'UnsupportedFormatError'
  readonly code = 'STORE_UNSUPPORTED_FORMAT'
}

/** The disk or the quota is full: make room. Reads go on; writing resumes by itself in the same process. */
export class DiskFullError extends StoreError {
  override readonly name: string = 'DiskFullError'
  readonly code = 'STORE_DISK_FULL'
}

/** The storage failed (`cause` is the system's error): repair it, then open the store again. */
export class StorageError extends StoreError {
  override readonly name: string = 'StorageError'
  readonly code = 'STORE_STORAGE'
}

/** The system's short name of an error (`ENOSPC`), or `undefined` for errors that bear none. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : undefined
}

/** Whether an error of the system says that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCodeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}
