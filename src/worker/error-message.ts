/**
 * Errors on their way between threads. A structured clone would make plain `Error`s of them and lose codes, so
 * they travel as data and are made anew: same class, message, code, path, offset, stack and cause.
 */
import {
  ClosedError,
  CorruptionError,
  DiskFullError,
  InvalidArgumentError,
  StorageError,
  UnsupportedFormatError,
} from '../errors.ts'
import { InvariantError } from '../invariant.ts'

export interface ErrorMessage {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Its own properties that are text or numbers: `code`, `errno`, `syscall`, `path`, `offset` … */
  readonly details: Readonly<Record<string, string | number>>
  readonly cause: ErrorMessage | undefined
}

/** Causes are followed so far: nobody reads more, and a ring would have no end. */
const causeDepthMax = 8

export function encodeError(error: unknown, depth: number = 0): ErrorMessage {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, details: {}, cause: undefined }
  }
  const { name, message, stack, cause } = error
  const hasCause = cause !== undefined && depth < causeDepthMax
  return {
    name,
    message,
    stack,
    details: detailsOf(error),
    cause: hasCause ? encodeError(cause, depth + 1) : undefined,
  }
}

export function decodeError(encoded: ErrorMessage): Error {
  const cause = encoded.cause === undefined ? undefined : decodeError(encoded.cause)
  const error = createError(encoded, cause === undefined ? {} : { cause })
  const own = { writable: true, enumerable: false, configurable: true }
  // The constructors of some classes add to the message, which is complete already.
  Object.defineProperty(error, 'message', { ...own, value: encoded.message })
  if (encoded.stack !== undefined) Object.defineProperty(error, 'stack', { ...own, value: encoded.stack })
  return error
}

function detailsOf(error: Error): Record<string, string | number> {
  const details: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(error)) {
    if (name === 'name') continue
    if (typeof value === 'string' || typeof value === 'number') details[name] = value
  }
  return details
}

function createError({ name, message, details }: ErrorMessage, options: ErrorOptions): Error {
  switch (name) {
    case 'CorruptionError':
      return new CorruptionError(message, String(details.path), Number(details.offset), options)
    case 'UnsupportedFormatError':
      return new UnsupportedFormatError(message, options)
    case 'DiskFullError':
      return new DiskFullError(message, options)
    case 'StorageError':
      return new StorageError(message, options)
    case 'ClosedError':
      return new ClosedError(message, options)
    case 'InvalidArgumentError':
      return new InvalidArgumentError(message, options)
    case 'InvariantError':
      return new InvariantError(message)
    case 'RangeError':
      return Object.assign(new RangeError(message, options), details)
    case 'TypeError':
      return Object.assign(new TypeError(message, options), details)
    default:
      return Object.assign(new Error(message, options), details)
  }
}
