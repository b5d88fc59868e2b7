/**
 * The comparisons of the suite, independent of any test runner. A check that fails throws an `Error` with `actual`
 * and `expected`, which runners show as a difference.
 */
import type { StoreError } from '../errors.ts'

class CheckError extends Error {
  override readonly name: string = 'CheckError'
  readonly actual: unknown
  readonly expected: unknown

  constructor(message: string, actual: unknown, expected: unknown) {
    super(message)
    this.actual = actual
    this.expected = expected
  }
}

/** Both are the same value: bytes by content, dates by time, arrays and objects by what is in them. */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  if (!isSame(actual, expected)) throw new CheckError(`${what} is not what it should be`, actual, expected)
}

/** The sentence holds. */
export function checkThat(holds: boolean, sentence: string): void {
  if (!holds) throw new CheckError(`not so: ${sentence}`, false, true)
}

/** How an error is told: its stable code and something that its message must say. */
export interface ExpectedError {
  readonly code: StoreError['code']
  readonly says?: RegExp | undefined
}

/** `call` throws this error, or the promise that it returns rejects with it. */
export async function checkFails(call: () => unknown, expected: ExpectedError, what: string): Promise<void> {
  let result: unknown
  try {
    result = await call()
  } catch (error) {
    checkError(error, expected, what)
    return
  }
  throw new CheckError(`${what} did not fail`, result, expected)
}

/** `call` throws this very value, or its promise rejects with it. */
export async function checkFailsWith(call: () => unknown, reason: unknown, what: string): Promise<void> {
  try {
    await call()
  } catch (error) {
    checkThat(error === reason, `${what} fails with the reason given (it was ${String(error)})`)
    return
  }
  throw new CheckError(`${what} did not fail`, undefined, reason)
}

function checkError(error: unknown, { code, says }: ExpectedError, what: string): void {
  const actual =
    error instanceof Error ? { code: (error as Partial<StoreError>).code, message: error.message } : error
  const fits =
    error instanceof Error &&
    (error as Partial<StoreError>).code === code &&
    (says?.test(error.message) ?? true)
  if (!fits) throw new CheckError(`${what} failed otherwise than it should: ${error}`, actual, { code, says })
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || Array.isArray(a)) {
    if (a instanceof Uint8Array !== b instanceof Uint8Array) return false
    return isSameList(a as ArrayLike<unknown>, b as ArrayLike<unknown>)
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime()
  const names = Object.keys(a)
  if (Array.isArray(b) || names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && isSame(memberOf(a, name), memberOf(b, name)))
}

function isSameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!isSame(a[i], b[i])) return false
  return true
}

function memberOf(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name]
}
