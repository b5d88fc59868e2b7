/** Installs the rivals into bench/node_modules, by bench's own lock. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { npm } from '../../scripts/prepare.mjs'

const folder = fileURLToPath(new URL('..', import.meta.url))

/**
 * A rival that cannot be installed is reported as missing later on, when it cannot be loaded.
 *
 * @param {readonly { name: string }[]} engines
 * @returns {string | undefined} what went wrong
 */
export function installRivals(engines) {
  if (engines.every(({ name }) => name.startsWith('varve') || name === 'nothing')) return undefined
  if (isInstalled()) return undefined
  console.error('Installing the other stores into bench/node_modules …')
  const [program = '', ...first] = npm()
  const result = spawnSync(program, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32' && program === 'npm',
  })
  return result.status === 0
    ? undefined
    : `npm ci in bench/ failed: ${result.stderr?.trim().split('\n').at(-1)}`
}

function isInstalled() {
  const wanted = `${folder}package-lock.json`
  const present = `${folder}node_modules/.package-lock.json`
  if (!existsSync(present)) return false
  const versionsIn = (/** @type {string} */ file) => {
    /** @type {Record<string, { version?: string, optional?: boolean }>} */
    const packages = JSON.parse(readFileSync(file, 'utf8')).packages
    return packages
  }
  const there = versionsIn(present)
  return Object.entries(versionsIn(wanted)).every(
    ([path, { version, optional }]) =>
      path === '' || (there[path]?.version ?? (optional ? version : '')) === version,
  )
}
