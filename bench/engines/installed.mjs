/** Which version of a rival is installed in bench/node_modules. */
import { readFileSync } from 'node:fs'

/**
 * @param {string} name
 * @returns {string}
 */
export function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}
