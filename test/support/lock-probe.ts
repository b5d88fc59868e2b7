/**
 * A process for the tests of the lock: `node --import tsx lock-probe.ts DIRECTORY [without-gate]`. Tries to take
 * the lock, prints one line of JSON about how that went, and stays for orders on its input: `verify`, `spawn` (a
 * child that outlives it), `worker` (a thread that tries too), `release` (and end). The end of its input ends it.
 */
import { spawn } from 'node:child_process'

import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { systemCodeOf } from '../../src/errors.ts'
import { lockDirectory } from '../../src/fs/directory-lock.ts'

const [directory = '', gate, user] = process.argv.slice(2)
// Root may write everywhere; what others may not is tested as somebody else.
if (user !== undefined) process.setuid?.(Number(user))
const input = createInterface({ input: process.stdin })

try {
  const lock = await lockDirectory(directory, { withoutGate: gate === 'without-gate' })
  say({ isOwner: true })
  input.on('line', async (line) => {
    if (line === 'verify') {
      say(
        await lock.verify().then(
          () => ({ isOurs: true }),
          (error) => ({ isOurs: false, message: String(error) }),
        ),
      )
    }
    if (line === 'spawn') say({ childPid: spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).pid })
    if (line === 'worker') new Worker(await threadSource(), { eval: true }).on('message', say)
    if (line === 'release') {
      await lock.release()
      say({ released: true })
      process.exit()
    }
  })
} catch (error) {
  const { message, holder } = error as Error & { holder?: unknown }
  say({ isOwner: false, code: systemCodeOf(error), message, holder })
}
input.on('close', () => process.exit())

/** What a thread runs to try the lock. Threads do not read TypeScript, so it is bundled for them. */
async function threadSource(): Promise<string> {
  const entry = fileURLToPath(new URL('../../src/fs/directory-lock.ts', import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'iife',
    globalName: 'lock',
    write: false,
  })
  return `
    ${outputFiles[0]?.text}
    const { parentPort } = require('node:worker_threads')
    lock.lockDirectory(${JSON.stringify(directory)}).then(
      () => parentPort.postMessage({ isOwner: true }),
      ({ code, message, holder }) => parentPort.postMessage({ isOwner: false, code, message, holder }),
    )
  `
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
