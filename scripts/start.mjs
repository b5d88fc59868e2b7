// `npm start -- <arguments>`: installs and builds if needed, then is the command-line tool: same process, so
// that stdin, signals and the exit code need no passing on.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureInstalled, root } from './prepare.mjs'

ensureInstalled()
ensureBuilt()

const tool = join(root, 'dist', 'cli', 'varve.js')
process.argv[1] = tool
await import(pathToFileURL(tool).href)
