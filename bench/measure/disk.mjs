/** How much of the disk a folder takes. */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Allocated bytes, so that files with holes and files reserved ahead count as what they take.
 *
 * @param {string} folder
 * @returns {number}
 */
export function diskBytes(folder) {
  let sum = 0
  for (const name of readdirSync(folder, { recursive: true })) {
    const found = lstatSync(join(folder, String(name)), { throwIfNoEntry: false })
    if (found?.isFile()) sum += found.blocks * 512
  }
  return sum
}
