/**
 * Errors as users of abstract-level expect them: told apart by `code`, with what the store said as `cause`. What
 * abstract-level itself refuses (a closed database, a busy iterator …) never comes this far.
 */
import {
  ClosedError,
  CorruptionError,
  DiskFullError,
  InvalidArgumentError,
  LockedError,
  StorageError,
  StoreError,
  UnsupportedFormatError,
} from '../../errors.ts'

export type LevelErrorCode =
  | 'LEVEL_ABORTED'
  | 'LEVEL_CORRUPTION'
  | 'LEVEL_DATABASE_NOT_OPEN'
  | 'LEVEL_INVALID_ARGUMENT'
  | 'LEVEL_IO_ERROR'
  | 'LEVEL_LOCKED'
  | 'LEVEL_NOT_SUPPORTED'

/** What VarveLevel throws; `cause` is the store's own error, with its details (holder of the lock, file …). */
export class LevelError extends Error {
  override readonly name: string
  readonly code: LevelErrorCode

  constructor(code: LevelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = code === 'LEVEL_ABORTED' ? 'AbortError' : 'LevelError'
  }
}

/** An error of the store in the clothes of Level; others (of an encoding, of a callback) stay as they are. */
export function asLevelError(error: unknown): unknown {
  const code = codeOf(error)
  return code === undefined ? error : new LevelError(code, (error as Error).message, { cause: error })
}

/** What `call` gives; what it throws is translated. */
export function inTermsOfLevel<R>(call: () => R): R {
  try {
    return call()
  } catch (error) {
    throw asLevelError(error)
  }
}

/** For `catch` of a promise. */
export function throwLevelError(error: unknown): never {
  throw asLevelError(error)
}

function codeOf(error: unknown): LevelErrorCode | undefined {
  if (error instanceof InvalidArgumentError) return 'LEVEL_INVALID_ARGUMENT'
  if (error instanceof ClosedError) return 'LEVEL_DATABASE_NOT_OPEN'
  if (error instanceof LockedError) return 'LEVEL_LOCKED'
  if (error instanceof CorruptionError) return 'LEVEL_CORRUPTION'
  if (error instanceof UnsupportedFormatError) return 'LEVEL_NOT_SUPPORTED'
  if (error instanceof DiskFullError || error instanceof StorageError) return 'LEVEL_IO_ERROR'
  return error instanceof StoreError ? 'LEVEL_IO_ERROR' : undefined
}
