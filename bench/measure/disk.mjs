/** Folders of stores: how much of the disk one takes, and copies of one. */
import { cpSync, lstatSync, readdirSync } from 'node:fs'
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

/**
 * Copies files and folders; a socket that a killed process left behind cannot be copied, and nobody needs it.
 *
 * @param {string} from
 * @param {string} to
 */
export function copyStore(from, to) {
  cpSync(from, to, { recursive: true, filter: (path) => !lstatSync(path).isSocket() })
}
