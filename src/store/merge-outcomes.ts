/** Merges that end before they begin, and what to make of those that fail. */
import type { MergeResult } from '../compaction/merge-job.ts'
import { CorruptionError, systemCodeOf } from '../errors.ts'
import type { MergeHandle } from '../worker/merge-executor.ts'

const emptyResult: MergeResult = {
  added: [],
  bytesRead: 0,
  bytesWritten: 0,
  entriesRead: 0,
  entriesDropped: 0,
}
/** What a plan that only moves segments waits for. */
export const nothingToMerge: MergeHandle = {
  done: Promise.resolve(emptyResult),
  progress: { entryBytes: 0, bytesWritten: 0 },
  finishSync: () => emptyResult,
  cancel: () => {},
  keepAlive: () => {},
}

/** A merge that could not even begin. */
export function failedMerge(error: unknown): MergeHandle {
  const done = Promise.reject(error)
  done.catch(() => undefined)
  const finishSync = (): never => {
    throw error
  }
  return { ...nothingToMerge, done, finishSync }
}

const passingCodes: readonly string[] = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']

/** Whether a merge that failed so may do better later. Not after damage, nor when the storage itself failed. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof CorruptionError) return false
  const code = systemCodeOf(error)
  return code === undefined || passingCodes.includes(code) || code.startsWith('STORE_')
}
