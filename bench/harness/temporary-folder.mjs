/** The folder of a run: gone when the run ends, also by Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopJobs } from './run-job.mjs'

/**
 * @template T
 * @param {string | undefined} parent
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withTemporaryFolder(parent, use) {
  const folder = mkdtempSync(join(parent ?? tmpdir(), 'varve-bench-'))
  const remove = () => {
    stopJobs()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const end = (/** @type {number} */ code) => () => {
    remove()
    process.exit(code)
  }
  process.on('SIGINT', end(130))
  process.on('SIGTERM', end(143))
  try {
    return await use(folder)
  } finally {
    remove()
  }
}
