// `npm start -- <arguments>`: installs and builds if needed, then is the command-line tool: same process, so
// that stdin, signals and the exit code need no passing on.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureInstalled, root } from './prepare.mjs'

ensureInstalled()
ensureBuilt()
if (process.env.npm_lifecycle_event === 'start') endWithShell()

const tool = join(root, 'dist', 'cli', 'varve.js')
process.argv[1] = tool
await import(pathToFileURL(tool).href)

/**
 * npm runs us through a shell and passes signals on to that shell alone. Where the shell does not hand its place
 * to us, a SIGTERM to npm would end npm and the shell and leave us behind; so their end is ours, too.
 */
function endWithShell() {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 100)
  watch.unref()
}
