/**
 * What ends a command early, apart from the store's own errors: the user's mistake, something the tool itself
 * could not do, a signal, or a reader of our output that has gone. `describeFailure` turns every error into the
 * words and the exit code that the user gets.
 */
import {
  ClosedError,
  CorruptionError,
  DiskFullError,
  LockedError,
  StorageError,
  StoreError,
  systemCodeOf,
  UnsupportedFormatError,
} from '../errors.ts'
import { ExitCode } from './exit-code.ts'

/** The command could not do its work. `hint` says what to do next. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.hint = hint
  }
}

/** The command line was wrong; nothing was done. */
export class UsageError extends CommandError {
  override readonly name: string = 'UsageError'
}

/** A signal, or Ctrl-C in a session, ended the command. */
export class InterruptedError extends Error {
  override readonly name: string = 'InterruptedError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode = ExitCode.interrupted) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

/** Nobody reads our output any more (`varve scan | head`): reason to stop, not to complain. */
export class OutputClosedError extends Error {
  override readonly name: string = 'OutputClosedError'

  constructor() {
    super('the reader of the output has gone')
  }
}

/** What a user is told about an error. */
export interface Failure {
  readonly message: string
  readonly hint: string | undefined
  readonly exitCode: ExitCode
}

/** Puts an error into a user's words: what, why, what next. Never a stack trace. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError)
    return { message: error.message, hint: error.hint, exitCode: ExitCode.usage }
  if (error instanceof CommandError) return failed(error.message, error.hint)
  if (error instanceof StoreError) return failed(messageWithCause(error), hintFor(error))
  if (systemCodeOf(error) !== undefined) return failed((error as Error).message, undefined)
  const message = error instanceof Error ? error.message : String(error)
  return failed(
    message.startsWith('bug in varve') ? message : `bug in varve: ${message}`,
    'Please report it with what you typed; --log-level debug shows where it happened.',
  )
}

function failed(message: string, hint: string | undefined): Failure {
  return { message, hint, exitCode: ExitCode.failed }
}

/** The system's own words help the user, unless the message has them already. */
function messageWithCause(error: StoreError): string {
  const { cause, message } = error
  if (!(cause instanceof Error) || message.includes(cause.message)) return message
  return `${message}: ${cause.message}`
}

function hintFor(error: StoreError): string | undefined {
  if (error instanceof LockedError) return 'Another store is named with --store DIR.'
  if (error instanceof CorruptionError) {
    const places = "'varve check' lists all damage, 'varve inspect FILE' shows one file"
    if (error.message.includes('varve repair')) return `${places}.`
    return `${places}; restore the store from a backup, or save what is whole with 'varve repair TARGET'.`
  }
  if (error instanceof UnsupportedFormatError)
    return 'Upgrade Varve, or check that --store names the right folder.'
  if (error instanceof DiskFullError)
    return 'Make room on the disk and repeat the command; what was stored before is safe.'
  if (error instanceof StorageError)
    return 'Check the disk and the permissions of the folder, then repeat the command.'
  if (error instanceof ClosedError) return 'The store was closed meanwhile; start again.'
  return undefined
}
