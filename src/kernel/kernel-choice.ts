/**
 * `VARVE_KERNEL=js` in the environment rules the compiled kernel out: for tests, for measurements, and for whoever
 * suspects it.
 */
import { InvalidArgumentError } from '../errors.ts'

/** @throws {InvalidArgumentError} when `VARVE_KERNEL` is neither `wasm`, which is the default, nor `js`. */
export function isPlainKernelWanted(): boolean {
  const wanted = typeof process === 'undefined' ? undefined : process.env.VARVE_KERNEL
  if (wanted === undefined || wanted === '' || wanted === 'wasm') return false
  if (wanted === 'js') return true
  throw new InvalidArgumentError(
    `VARVE_KERNEL may be 'wasm' (the default) or 'js', got ${JSON.stringify(wanted)}`,
  )
}
