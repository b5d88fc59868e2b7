/**
 * Which operation of a disk fails, and how: the k-th that can give such an error, once or from then on. Made to be
 * tried for every k. Knows afterwards what really failed, because a plan that never struck proves nothing.
 */
import type { FileOperation } from '../../fs/file-operation.ts'

export type FaultCode = 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EMFILE'

export interface FaultPlanOptions {
  readonly code: FaultCode
  /** How many operations that could fail so go well before; `Infinity`: all of them, and are counted. */
  readonly at: number
  /** All that could fail so fail from then on, until `heal`. Default: only that one. */
  readonly isLasting?: boolean
  /** A write that fails leaves the first half of its bytes in the file. Default: nothing of it. */
  readonly isShort?: boolean
}

export class FaultPlan {
  readonly code: FaultCode
  readonly at: number
  readonly isLasting: boolean
  readonly isShort: boolean
  /** The operations that failed. */
  readonly failed: FileOperation[] = []
  /** Operations that the error could have happened to, so far. */
  count = 0
  #isHealed = false

  constructor({ code, at, isLasting = false, isShort = false }: FaultPlanOptions) {
    this.code = code
    this.at = at
    this.isLasting = isLasting
    this.isShort = isShort
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#isHealed = true
  }

  /** Before an operation, as the `onOperation` of a disk or laboratory: throws what it shall fail with. */
  check(operation: FileOperation): void {
    if (this.#isHealed || !canFailSo(operation, this.code)) return
    const index = this.count++
    if (index !== this.at && !(this.isLasting && index > this.at)) return
    this.failed.push(operation)
    const { name, path, length = 0 } = operation
    const bytesWritten = this.isShort && name === 'write' ? length >> 1 : 0
    const message = `${this.code}: made by a fault plan, ${name} '${path}'`
    throw Object.assign(new Error(message), { code: this.code, path, bytesWritten })
  }
}

/** Which errors the system gives for which operations. */
function canFailSo({ name, mode }: FileOperation, code: FaultCode): boolean {
  if (name === 'lock' || name === 'makeDirectory') return false
  if (code === 'EIO') return true
  if (code === 'EMFILE') return name === 'open' || name === 'list' || name === 'syncDirectory'
  return (
    name === 'write' || name === 'sync' || name === 'rename' || name === 'syncDirectory' || mode === 'create'
  )
}
