/**
 * Reads every file of an open store and verifies every checksum and invariant. Finds everything it can and
 * reports it; stops at nothing but a closed store.
 */
import { CorruptionError } from '../errors.ts'
import type { StoreEngine } from './store-engine.ts'
import type { CheckProblem, CheckReport } from './store-status.ts'

export async function checkStore<K, V>(engine: StoreEngine<K, V>): Promise<CheckReport> {
  const problems: CheckProblem[] = []
  let fileCount = 0
  let byteCount = 0
  let entryCount = 0
  const view = engine.views.hold()
  try {
    for (const segment of view.segments) {
      fileCount++
      byteCount += segment.meta.sizeBytes
      try {
        const steps = segment.verify()
        for (let step = steps.next(); !step.done; step = steps.next()) await engine.turns.nextTurn()
        entryCount += segment.meta.entryCount
      } catch (error) {
        problems.push(problemOf(error, segment.path))
      }
    }
  } finally {
    engine.views.release(view)
  }
  return { ok: problems.length === 0, fileCount, byteCount, entryCount, problems }
}

function problemOf(error: unknown, path: string): CheckProblem {
  if (error instanceof CorruptionError)
    return { path: error.path, offset: error.offset, message: error.message }
  return { path, offset: undefined, message: error instanceof Error ? error.message : String(error) }
}
