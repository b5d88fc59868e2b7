/**
 * Checks of our own assumptions. A failed invariant is a bug in Varve, never an answer to bad input or to a
 * bad disk: those have the classes in `errors.ts`.
 */

/** A promise that the code made to itself was broken. Please report it with the message and the stack. */
export class InvariantError extends Error {
  override readonly name: string = 'InvariantError'

  constructor(message: string) {
    super(`bug in varve: ${message}`)
  }
}

/** Throws {@link InvariantError} unless `condition` holds. `message` says what should have been true. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}
