// Removes everything that the other scripts write, but not node_modules/.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './prepare.mjs'

for (const name of readdirSync(root)) {
  const written = ['dist', 'docs-api', 'coverage'].includes(name) || /^\.dist-|^varve-.*\.tgz$/.test(name)
  if (written) rmSync(join(root, name), { recursive: true, force: true })
}
